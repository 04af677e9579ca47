"""A recording against its label, and what of it a model may learn from."""

from data_prep.records import Rejected

COMPARED = ("rate", "channels", "bits", "duration")
LABEL_CHECKS = tuple(f"label_{field}" for field in COMPARED)

SILENT = 10 ** (-60 / 20)  # of full scale: 32 steps of 16 bits
# Of samples. In real speech so much is reached 10 to 12 dB beyond full scale,
# where what is cut off lies some 10 dB below the speech, like the loudest noise
# of the SNR groups. Children shout: what clips less is part of their speech.
MOST_CLIPPED = 0.05
# Seconds: what one decimal can leave out, and less than a syllable lasts.
DURATION_TOLERANCE = 0.1


def check_recording(facts, fields, values, ignored=frozenset()):
    """Refuse a recording that is damaged, silent, or not as its label says.

    Arguments
    ---------
    facts : dict
        From `data_prep.samples.inspect_recording`.
    fields : dict
        What the corpus says; of it `rate`, `channels`, `bits` and `duration`
        (seconds) are compared.
    values : ValueReader
        Reads them, and counts those that it does not understand.
    ignored : set of str
        Members of `LABEL_CHECKS` that are not made.

    Raises
    ------
    Rejected
        The facts' own reason, `audio_silent`, or one of `LABEL_CHECKS`.

    Example
    -------
    >>> facts = {"rate": 16000, "channels": 1, "bits": 16, "frames": 16000}
    >>> from data_prep.values import ValueReader
    >>> values = ValueReader()
    >>> check_recording(facts, {"rate": "16 kHz", "duration": "1.00"}, values)
    >>> check_recording(facts, {"rate": "48000"}, values)
    Traceback (most recent call last):
    data_prep.records.Rejected: label_rate: label 48000, recording 16000
    """
    if "reason" in facts:
        raise Rejected(facts["reason"], facts["detail"])
    if facts.get("peak", 1) < SILENT:
        raise Rejected("audio_silent", f"peak {facts['peak']:.2g} of 1")
    for field in COMPARED:
        said = values(field, fields.get(field, ""))
        if said is not None and f"label_{field}" not in ignored:
            _compare(field, said, facts)


def check_clipped(facts):
    """Refuse a recording that is clipped too much to learn from.

    Arguments
    ---------
    facts : dict
        Of a recording whose samples were read, else nothing is known.

    Raises
    ------
    Rejected
        `audio_clipped`

    Example
    -------
    >>> check_clipped({"clipped": 0.01})
    >>> check_clipped({"clipped": 0.2})
    Traceback (most recent call last):
    data_prep.records.Rejected: audio_clipped: 20.0% of the samples
    """
    share = facts.get("clipped", 0)
    if share > MOST_CLIPPED:
        raise Rejected("audio_clipped", f"{share:.1%} of the samples")


def _compare(field, said, facts):
    if field == "duration":
        found = facts["frames"] / facts["rate"]
        differs = abs(said - found) > DURATION_TOLERANCE
    else:
        found = facts[field]
        differs = said != found
    # A coding that loses some of the samples keeps no bits of them.
    if differs and not (field == "bits" and found == 0):
        raise Rejected(
            f"label_{field}", f"label {said:g}, recording {found:.6g}"
        )
