"""A recording against its label, and what of it a model may learn from."""

import re

from data_prep.records import Rejected, nfc

COMPARED = ("rate", "channels", "bits", "duration")
LABEL_CHECKS = tuple(f"label_{field}" for field in COMPARED)

SILENT = 10 ** (-60 / 20)  # of full scale: 32 steps of 16 bits
# Of samples. In real speech so much is reached 10 dB beyond full scale, where
# what is cut off lies 10 dB below the speech, like the loudest noise of the
# SNR groups. Children shout: what clips less is part of their speech.
MOST_CLIPPED = 0.05
# Seconds: what one decimal can leave out, and less than a syllable lasts.
DURATION_TOLERANCE = 0.1

# Words for numbers and what each unit multiplies by, in lower case.
NUMBER = re.compile(r"\+?(\d+(?:\.\d+)?)[ -]?(\D*)")
UNITS = {
    "rate": {"": 1, "hz": 1, "k": 1000, "khz": 1000},
    "channels": {"": 1, "ch": 1, "channel": 1, "channels": 1, "채널": 1},
    "bits": {"": 1, "bit": 1, "bits": 1, "비트": 1},
    "duration": {"": 1, "s": 1, "sec": 1, "seconds": 1, "초": 1, "ms": 0.001},
}
NAMES = {"mono": 1.0, "모노": 1.0, "stereo": 2.0, "스테레오": 2.0}


def parse_quantity(field, text):
    """Read a number that a label gives of its recording.

    Arguments
    ---------
    field : str
        `rate`, `channels`, `bits` or `duration`.
    text : str
        With or without a unit.

    Returns
    -------
    quantity : float
        In Hz or seconds; None where it is not understood.

    Example
    -------
    >>> parse_quantity("rate", "+16 kHz"), parse_quantity("bits", "16-bit")
    (16000.0, 16.0)
    >>> parse_quantity("channels", "mono"), parse_quantity("duration", "N/A")
    (1.0, None)
    """
    text = nfc(text).strip().casefold()
    if field == "channels" and text in NAMES:
        return NAMES[text]
    found = NUMBER.fullmatch(text)
    factor = found and UNITS[field].get(found[2])
    return factor and float(found[1]) * factor


def check_recording(facts, fields, ignored=frozenset()):
    """Refuse a recording that is damaged, silent, or not as its label says.

    Arguments
    ---------
    facts : dict
        From `data_prep.samples.inspect_recording`.
    fields : dict
        What the corpus says; of it `rate`, `channels`, `bits` and `duration`
        (seconds) are compared, where they are understood.
    ignored : set of str
        Members of `LABEL_CHECKS` that are not made.

    Raises
    ------
    Rejected
        The facts' own reason, `audio_silent`, or one of `LABEL_CHECKS`.

    Example
    -------
    >>> facts = {"rate": 16000, "channels": 1, "bits": 16, "frames": 16000}
    >>> check_recording(facts, {"rate": "16 kHz", "duration": "1.00"})
    >>> check_recording(facts, {"rate": "48000"})
    Traceback (most recent call last):
    data_prep.records.Rejected: label_rate: label 48000, recording 16000
    """
    if "reason" in facts:
        raise Rejected(facts["reason"], facts["detail"])
    if facts.get("peak", 1) < SILENT:
        raise Rejected("audio_silent", f"peak {facts['peak']:.2g} of 1")
    for field in COMPARED:
        if f"label_{field}" not in ignored and fields.get(field):
            _compare(field, fields[field], facts)


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


def _compare(field, text, facts):
    said = parse_quantity(field, text)
    if field == "duration":
        found = facts["frames"] / facts["rate"]
        differs = said is not None and abs(said - found) > DURATION_TOLERANCE
    else:
        found = facts[field]
        differs = said not in (None, found)
    # A coding that loses some of the samples keeps no bits of them.
    if differs and not (field == "bits" and found == 0):
        raise Rejected(
            f"label_{field}", f"label {said:g}, recording {found:.6g}"
        )
