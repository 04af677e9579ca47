"""JSON labels in AI Hub 540's form."""

import json

from data_prep.records import Rejected

# Our field -> object and keys in the label; "LableText" is a documented typo.
KEYS = {
    "text": ("Transcription", ("LabelText", "LableText")),
    "age": ("Speaker", ("Age",)),
    "gender": ("Speaker", ("Gender",)),
    "snr": ("Wav", ("SignalToNoiseRatio",)),
    "version": ("Basic", ("Version",)),
}


def read_label(path):
    """Read the fields that a metadata file may lack, and the version.

    Arguments
    ---------
    path : Path
        The label.

    Returns
    -------
    fields : dict
        The fields of KEYS as strings, empty where the label has none.

    Raises
    ------
    Rejected
        `label_missing` or `label_unreadable`.
    """
    try:
        label = json.loads(path.read_text(encoding="utf-8-sig"))
        return {
            field: _first(label.get(group) or {}, names)
            for field, (group, names) in KEYS.items()
        }
    except FileNotFoundError:
        raise Rejected("label_missing", path.name) from None
    except (OSError, ValueError, AttributeError) as error:
        raise Rejected("label_unreadable", f"{path.name}: {error}") from error


def _first(group, names):
    values = [group[name] for name in names if group.get(name) is not None]
    return str(values[0]) if values else ""
