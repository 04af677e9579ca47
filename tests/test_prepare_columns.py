"""Metadata files with other column names and encodings."""

import corpora
import pytest

from childasr.errors import InputError
from data_prep.columns import CsvFile
from data_prep.prepare import prepare

METADATA = "subset_metadata_with_test.csv"


def write_renamed(root, clips, names, encoding="utf-8"):
    """Write the metadata with only the columns in `names`, renamed."""
    rows = [
        {name: clip.row()[field] for field, name in names.items()}
        for clip in clips
    ]
    corpora.write_rows(root / METADATA, rows, encoding)


ENGLISH = {
    "split": "Subset",
    "wav_path": "Audio Path",
    "speaker_id": "SpeakerID",
    "age": "Speaker.Age",
    "gender": "sex",
    "snr": "SNR (dB)",
    "style": "speech_style",
    "text": "Transcription.LabelText",
}
KOREAN = {
    "split": "분할",
    "wav_path": "파일경로",
    "speaker_id": "화자ID",
    "age": "나이",
    "gender": "성별",
    "snr": "SNR",
    "style": "발화유형",
    "text": "전사",
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
@pytest.mark.parametrize("names", [ENGLISH, KOREAN], ids=["english", "korean"])
def test_usual_names_are_recognised(names, encoding, root, clips, tmp_path):
    prepare(root, tmp_path / "before")
    write_renamed(root, clips, names, encoding)
    prepare(root, tmp_path / "after")
    for name in ("train.csv", "valid.csv", "test.csv"):
        before = (tmp_path / "before" / name).read_bytes()
        assert (tmp_path / "after" / name).read_bytes() == before


def test_unusual_names_are_given_and_recorded(root, clips, tmp_path):
    write_renamed(
        root, clips, {"wav_path": "where", "speaker_id": "who", "age": "age"}
    )
    columns = {"wav_path": "where", "speaker_id": "who", "age": ""}
    summary = prepare(root, tmp_path / "M", layout={"columns": columns})
    assert summary["columns"] == {"wav_path": "where", "speaker_id": "who"}
    # An age that the file is said not to have comes from the label.
    assert "unknown" not in summary["splits"]["train"]["distributions"]["age"]


@pytest.mark.parametrize("missing", ["speaker_id", "wav_path"])
def test_missing_column_is_an_error_that_lists_those_found(
    missing, root, clips, tmp_path
):
    names = {"wav_path": "wav", "speaker_id": "spk", "text": "text"}
    write_renamed(root, clips, {**names, missing: "mystery"})
    found = {**names, missing: "mystery"}.values()
    with pytest.raises(InputError) as error:
        prepare(root, tmp_path / "M")
    assert str(error.value).endswith(
        f"--columns {missing}=COLUMN; columns found in {METADATA}: "
        + ", ".join(found)
    )


def test_given_column_that_is_not_there_lists_those_found(
    root, clips, tmp_path
):
    with pytest.raises(InputError, match="no column 'who'; columns found"):
        prepare(root, tmp_path / "M", layout={"columns": {"speaker_id": "who"}})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has no rows"),
        (b"wav,speaker\n", "has no rows"),
        (b"wav,speaker\n\xff\xff\xff,\x81\n", "neither UTF-8 nor CP949"),
    ],
)
def test_metadata_that_cannot_be_read(content, message, root, tmp_path):
    root.mkdir()
    (root / METADATA).write_bytes(content)
    with pytest.raises(InputError, match=message):
        prepare(root, tmp_path / "M")


def test_metadata_that_the_system_does_not_give_is_not_called_malformed(
    tmp_path,
):
    with pytest.raises(InputError) as error:
        CsvFile(tmp_path)
    assert str(error.value).startswith(
        f"cannot read {tmp_path} (Is a directory): give this user the right"
    )


def test_quote_that_never_ends_is_an_error(root, clips, tmp_path):
    with open(root / METADATA, "a", encoding="utf-8") as file:
        file.write('train,"' + "x" * 200_000)
    with pytest.raises(InputError, match="is not a CSV file"):
        prepare(root, tmp_path / "M")


@pytest.mark.parametrize(
    "after",
    ["b.wav,나\nc.wav,다\n", 'b.wav,"나"\nc.wav,다\n', 'b.wav,"나\nc.wav,다\n'],
    ids=["no_other", "closed", "open"],
)
def test_quote_that_is_not_closed_names_its_line(after, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(f'wav,text\na.wav,"두\n줄"\nx.wav,"가\n{after}', "utf-8")
    with pytest.raises(InputError) as error:
        CsvFile(path)
    said = str(error.value)
    assert f"{path} is not a CSV file: the row at line 4: " in said
    assert said.endswith("close each quote, and double those in a cell")


def test_quoted_cells_hold_commas_line_ends_and_quotes(tmp_path):
    path = tmp_path / "list.csv"
    text = 'wav,text\r\n"a.wav","가, ""나""\r\n다"\r\nb.wav,2"\r\nc.wav,""\r\n'
    path.write_text(text, "utf-8", newline="")
    assert [row["text"] for row in CsvFile(path)] == [
        '가, "나"\r\n다',
        '2"',
        "",
    ]
