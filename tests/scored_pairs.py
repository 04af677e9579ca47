"""Scored utterances from what was said and what was heard."""

from childasr.evaluation.report import score
from childasr.manifest import Utterance


def scored_pairs(*pairs, confidence=0.9, duration=2.5):
    """Score pairs of reference and hypothesis, named u0, u1 and so on.

    Arguments
    ---------
    *pairs : tuple of str
    confidence, duration : float
        Of every utterance.

    Returns
    -------
    scored : list of Scored
    """
    utterances = [
        Utterance(
            ID=f"u{number}",
            duration=duration,
            wav="x.wav",
            spk_id="s1",
            age="7",
            gender="F",
            snr="20",
            style="read",
            text=ref,
        )
        for number, (ref, _) in enumerate(pairs)
    ]
    hypotheses = [hyp for _, hyp in pairs]
    return score(utterances, hypotheses, [confidence] * len(pairs))
