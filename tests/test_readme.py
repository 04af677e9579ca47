"""What the READMEs tell people to run does what they say, and no harm."""

import re

import corpora
import evaluation_data
import pytest
from projects import RECIPE, ROOT

WRITTEN = re.compile(
    r"(?:--output_(?:dir|folder)|^output_folder:|\"--output_dir\", default=)"
    r"[ \"]([a-z]\w+)",
    re.MULTILINE,
)
DOCUMENTS = [
    *ROOT.glob("*.md"),
    *ROOT.glob("data_prep/*.md"),
    *ROOT.glob("childasr/*/*.md"),
    *ROOT.glob("hparams/*.yaml"),
    *RECIPE.glob("*.md"),
    *RECIPE.glob("*.py"),
]


def folders_written():
    texts = [path.read_text(encoding="utf-8") for path in DOCUMENTS]
    return {name for text in texts for name in WRITTEN.findall(text)}


def test_folders_that_commands_write_are_found():
    assert {"data", "report", "selection", "plan"} <= folders_written()


@pytest.mark.parametrize("folder", ["/", "/recipes/ChildASR/"])
def test_childrens_words_that_commands_write_are_not_committed(folder):
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    written = {f"{folder}{name}/" for name in folders_written()}
    assert not written - set(ignored)


def test_the_example_of_a_model_reads_a_recording(
    tmp_path, monkeypatch, capsys
):
    text = (RECIPE / "README.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")  # no ffmpeg
    evaluation_data.write_model(tmp_path / "checkpoints" / "phase3_100h")
    corpora.write_sound(tmp_path / "a.wav", corpora.make_clips()[0])
    exec(example, {})
    assert capsys.readouterr().out.strip()
