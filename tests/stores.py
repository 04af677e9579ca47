"""Stores filled by hand, for what works on their tables alone."""

import random

from childasr.text.group_labels import duration_group, snr_group
from data_prep.store import COLUMNS, Store

DEFAULTS = {
    **{"split": "train", "speaker": "1", "age": 9, "gender": "F"},
    **{"snr": 20.0, "snr_source": "label", "style": "read"},
    **{"duration": 2.0, "text": "가", "content": "", "label": None},
    **{"defect": "", "defect_detail": ""},
}


def stored(folder, utterances):
    """A store with some utterances: dicts with `place` and what differs."""
    store = Store(folder)
    rows = []
    for utterance in utterances:
        row = DEFAULTS | utterance
        row = {"id": row["place"], "wav": row["place"]} | row
        row["snr_group"] = snr_group(row["snr"])
        row["duration_group"] = duration_group(row["duration"])
        rows.append(tuple(row[name] for name in COLUMNS))
    store.add_utterances(rows)
    return store


def made(count, seed=0):
    """A training split as the corpus has it: read speech comes first."""
    draw = random.Random(seed)
    for number in range(count):
        speaker = draw.randrange(60)
        style = ("read", "free")[2 * number // count]
        yield {
            "place": f"{style != 'read'}/{number:06d}.wav",
            "speaker": str(speaker),
            "age": 5 + speaker % 8,
            "gender": "FM"[speaker % 2],
            "snr": draw.gauss(20, 10),
            "style": style,
            "duration": draw.uniform(1, 15),
        }
