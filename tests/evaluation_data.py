"""A manifest and a tiny model to evaluate, made for tests."""

import corpora
import tiny_models

from childasr.text.files import write_json
from childasr.text.units import TextUnits


def write_manifest(folder, clips, synthetic=True):
    """Write recordings, `test.csv` and the `summary.json` beside it.

    Returns
    -------
    manifest : Path
    """
    for clip in clips:
        corpora.write_clip(folder / "corpus", clip)
    rows = [
        {
            "ID": clip.stem,
            "duration": clip.seconds,
            "wav": f"$data_root/{clip.path()}",
            "spk_id": clip.speaker,
            "age": clip.age,
            "gender": clip.gender,
            "snr": clip.snr,
            "style": {"formatted": "read"}.get(clip.style, clip.style),
            "text": clip.text,
        }
        for clip in clips
    ]
    corpora.write_rows(folder / "test.csv", rows)
    summary = {"data_root": str(folder / "corpus"), "synthetic": synthetic}
    write_json(folder / "summary.json", summary)
    return folder / "test.csv"


def write_model(folder):
    """Write a random exported model with jamo units."""
    units = TextUnits.train("jamo", corpora.TEXTS, folder / "jamo.model")
    return tiny_models.tiny_recogniser(folder / "best_model", units)
