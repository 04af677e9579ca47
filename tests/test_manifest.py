"""What a manifest holds is what its CSV file says, or it is refused."""

import csv
import pickle
import unicodedata
from functools import partial

import corpora
import evaluation_data
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from korean_text import normalised
from small_manifests import COLUMNS

from childasr.errors import InputError
from childasr.evaluation.evaluate import evaluate
from childasr.manifest import Manifest, Utterance
from childasr.manifest_csv import PIECE
from childasr.model.keyed_random import hash_ids
from childasr.text.normalise import NORMAL_FORM


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    clips = corpora.make_clips({"test": 2}, utterances=2)
    return evaluation_data.write_manifest(
        tmp_path_factory.mktemp("manifest"), clips
    )


def write_rows(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS.split(","))
        writer.writerows(rows)


cells = st.text(st.characters(codec="utf-8"), max_size=8)
names = cells.filter(lambda name: ".." not in name.split("/"))


@settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rows=st.lists(
        st.tuples(
            cells.filter(bool),
            st.floats(0.1, 30).map(str),
            names.map("$data_root/{}".format),
            cells,
            st.sampled_from(["", "7"]),
            st.sampled_from(["", "F"]),
            st.sampled_from(["", "-2.5"]),
            cells,
            cells,
        ),
        min_size=1,
        max_size=9,
        unique_by=lambda row: row[0],
    )
)
def test_rows_are_those_of_the_csv_file(tmp_path, rows):
    write_rows(tmp_path / "m.csv", rows)
    read = Manifest(tmp_path / "m.csv", "/root")
    assert [*read] == [read[row] for row in range(len(read))]
    for utterance, row in zip(read, rows, strict=True):
        expected = Utterance(*row)
        assert utterance == expected._replace(
            duration=float(expected.duration),
            wav=f"/root{expected.wav.removeprefix('$data_root')}",
        )
    assert [*read.texts()] == [row[-1] for row in rows]
    assert read.speakers() == {row[3] for row in rows} - {""}


def test_rows_of_every_piece_are_found_by_number(tmp_path):
    count = 2 * PIECE + 3
    rows = (
        [f"u{n}", 1 + n, f"{n}.wav", "s", "", "", "", "", n]
        for n in range(count)
    )
    write_rows(tmp_path / "m.csv", rows)
    read = Manifest(tmp_path / "m.csv")
    assert len(read) == count
    for n in (0, PIECE - 1, PIECE, 2 * PIECE - 1, 2 * PIECE, count - 1):
        assert (read[n].ID, read[n].text) == (f"u{n}", str(n))
    assert read[-1] == read[count - 1]
    with pytest.raises(IndexError):
        read[count]
    assert [utterance.ID for utterance in read] == [
        f"u{n}" for n in range(count)
    ]
    assert np.array_equal(read.durations, 1.0 + np.arange(count))
    ids = (f"u{n}" for n in range(count))
    assert np.array_equal(read.id_hashes, hash_ids(ids))


def test_unknown_durations_are_nan(tmp_path):
    write_rows(tmp_path / "m.csv", [["u", "", "a.wav", *[""] * 6]])
    assert np.isnan(Manifest(tmp_path / "m.csv").durations).all()


def test_a_byte_order_mark_and_further_columns_do_not_matter(tmp_path):
    text = f"{COLUMNS},colour\nu,1,a.wav,s,7,F,20,read,안녕,빨강\n\n"
    (tmp_path / "m.csv").write_text(text, encoding="utf-8-sig")
    (utterance,) = Manifest(tmp_path / "m.csv")
    assert (utterance.ID, utterance.text) == ("u", "안녕")


def test_a_pickled_manifest_is_the_same(manifest):
    read = Manifest(manifest, "/elsewhere")
    again = pickle.loads(pickle.dumps(read))
    assert [*again] == [*read]


def test_the_data_root_is_the_summarys_unless_given(manifest):
    known = Manifest(manifest)[0].wav
    assert known.startswith(str(manifest.parent / "corpus" / "3.Test"))
    given = Manifest(manifest, "/elsewhere")[0].wav
    assert given.startswith("/elsewhere/3.Test")


def test_a_manifest_alone_asks_for_the_data_root(manifest, tmp_path):
    lone = tmp_path / "lone.csv"
    lone.write_bytes(manifest.read_bytes())
    with pytest.raises(InputError, match="give --data_root"):
        Manifest(lone)[0]


def replaced(column, cell, line):
    """Change a cell of a manifest's text."""

    def change(text):
        lines = text.splitlines()
        row = lines[line - 1].split(",")
        row[COLUMNS.split(",").index(column)] = cell
        lines[line - 1] = ",".join(row)
        return "\n".join(lines)

    return change


@pytest.mark.parametrize(
    "change, complaint",
    [
        (lambda text: "", "no column ID"),
        (lambda text: text.replace("spk_id", "speaker"), "no column spk_id"),
        (lambda text: text.splitlines()[0], "no utterance"),
        (lambda text: text + text.splitlines()[1], "an ID twice"),
        (lambda text: text + "u9,1.0", "line 6: 2 fields where .* has 9"),
        (replaced("text", "나는, 간다", 4), "line 4: 10 fields where"),
        (replaced("ID", "", 3), "line 3: ID is empty"),
        (replaced("wav", "", 3), "line 3: wav is empty"),
        (replaced("snr", "loud", 2), "line 2: snr is 'loud'"),
        (replaced("age", "nan", 5), "line 5: age is 'nan'"),
        (replaced("duration", "long", 3), "line 3: duration is 'long'"),
        (replaced("duration", "-1", 3), "line 3: duration is '-1'"),
        (replaced("text", '"나는', 2), "cannot read the manifest"),
    ],
)
def test_a_broken_manifest_is_refused_by_place(
    manifest, tmp_path, change, complaint
):
    broken = tmp_path / "broken.csv"
    broken.write_text(
        change(manifest.read_text(encoding="utf-8")), encoding="utf-8"
    )
    for _ in range(2):
        with pytest.raises(InputError, match=complaint):
            Manifest(broken, "/anywhere")
    assert [*tmp_path.iterdir()] == [broken]


def test_an_id_twice_is_named_however_far_apart(tmp_path):
    ids = [*map(str, range(PIECE)), "7"]
    write_rows(
        tmp_path / "m.csv",
        ([name, 1, "a.wav", *[""] * 6] for name in ids),
    )
    with pytest.raises(InputError, match=r"an ID twice \(7\)"):
        Manifest(tmp_path / "m.csv")


def test_text_that_is_not_utf8_is_refused(manifest, tmp_path):
    broken = tmp_path / "broken.csv"
    broken.write_bytes(manifest.read_text(encoding="utf-8").encode("cp949"))
    with pytest.raises(InputError, match="cannot read the manifest"):
        Manifest(broken)


@settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        normalised()
        | normalised().map(partial(unicodedata.normalize, "NFD"))
        | st.text("가힣A' é3.\n\0ㄱ\u1100\u1161", max_size=6),
        min_size=1,
        max_size=9,
    )
)
def test_texts_that_are_not_normalised_are_counted_and_one_is_named(
    tmp_path, texts
):
    rows = ([f"u{n}", 1, "a.wav", *[""] * 5, t] for n, t in enumerate(texts))
    write_rows(tmp_path / "m.csv", rows)
    read = Manifest(tmp_path / "m.csv")
    odd = [
        f"u{number}"
        for number, text in enumerate(texts)
        if not NORMAL_FORM.fullmatch(unicodedata.normalize("NFC", text))
    ]
    if not odd:
        read.check_texts()
        return
    said = f": {len(odd)} of {len(texts)} texts .* such as that of {odd[0]}:"
    with pytest.raises(InputError, match=said):
        read.check_texts()


def test_wrong_input_leaves_no_report(manifest, tmp_path):
    model, none = evaluation_data.write_model(tmp_path), tmp_path / "none"
    given = {"model_folder": model, "manifest": manifest}
    for broken, complaint in (
        ({"manifest": none}, f"cannot read the manifest {none}"),
        ({"model_folder": none}, f"no trained model in {none}"),
        ({"data_root": none}, f"cannot read {none}/"),
    ):
        with pytest.raises(InputError, match=complaint):
            evaluate(output_folder=tmp_path / "report", **given | broken)
    assert not (tmp_path / "report").exists()
