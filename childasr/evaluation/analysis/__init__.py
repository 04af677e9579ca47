"""What goes wrong: words, letters, odd outputs and suspected labels."""

from childasr.evaluation.analysis.letters import letter_errors
from childasr.evaluation.analysis.outputs import odd_outputs
from childasr.evaluation.analysis.suspects import suspect_labels
from childasr.evaluation.analysis.words import frequent_edits


def analyse(scored):
    """All analyses of what a model gets wrong.

    Arguments
    ---------
    scored : list of Scored

    Returns
    -------
    analysis : dict
        `words` of `frequent_edits`, `letters` of `letter_errors`, `outputs`
        of `odd_outputs` and `suspects` of `suspect_labels`.
    """
    return {
        "words": frequent_edits(scored),
        "letters": letter_errors(scored),
        "outputs": odd_outputs(scored),
        "suspects": suspect_labels(scored),
    }
