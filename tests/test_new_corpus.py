"""The reader that the documentation shows is one that works."""

import re
from pathlib import Path

import corpora

from data_prep.prepare import prepare
from data_prep.readers import FORMATS

README = Path(__file__).parents[1] / "data_prep/README.md"


def shown_reader():
    (code,) = re.findall(
        r"```python\n(.*?)```", README.read_text("utf-8"), re.S
    )
    names = {}
    exec(code, names)
    return names["TextBeside"]


def test_reader_in_the_readme_prepares_its_corpus(tmp_path, monkeypatch):
    root, clips = tmp_path / "corpus", corpora.make_clips()
    for clip in clips:
        wav = root / clip.speaker / f"{clip.number}.wav"
        corpora.write_sound(wav, clip)
        wav.with_suffix(".txt").write_text(clip.text, "utf-8")
    (root / clips[0].speaker / f"{clips[0].number}.txt").unlink()
    monkeypatch.setitem(FORMATS, "text_beside", shown_reader())
    summary = prepare(
        root,
        tmp_path / "M",
        split_shares=(0.2, 0.2),
        layout={"format": "text_beside"},
    )
    assert summary["found"] == len(clips)
    assert summary["reject_reasons"] == {"text_missing": 1}
    assert sum(s["speakers"] for s in summary["splits"].values()) == 7
