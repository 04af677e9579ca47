"""The files of an error report: what programs and people read of it."""

import csv
import json
import re
import unicodedata
from urllib.parse import unquote

import corpora
import pytest
import report_data
from hypothesis import given
from hypothesis import strategies as st

from childasr.errors import InputError
from childasr.evaluation.compare_files import read_report
from childasr.evaluation.report import score
from childasr.evaluation.report_files import (
    guard,
    is_report_of,
    make_folder,
    read_hypotheses,
    trn_line,
    unguard,
    write_alignments,
    write_hypotheses,
    write_report,
)
from childasr.evaluation.screen import report_table
from childasr.evaluation.weights import weights_sha256
from childasr.manifest import Utterance
from childasr.text.files import file_sha256, write_json
from childasr.text.percent import SYNTHETIC

FILES = {
    "report.json",
    "report.html",
    "wer.txt",
    "hypotheses.csv",
    "ref.trn",
    "hyp.trn",
}
# What spreadsheets and sclite give a meaning to, among other letters.
texts = st.text(st.sampled_from("=+-@\t\r\n＝'\",;(){}/*% \u00a0가나ㅋaé"))


def utterance(name="u1", text="나는 간다", speaker="s1"):
    return Utterance(name, 2.5, "x.wav", speaker, "7", "F", "15", "read", text)


def score_one(ref, hyp, **fields):
    return score([utterance(text=ref, **fields)], [hyp])


def write(folder, scored, **changed):
    report = report_data.make_report(scored, **changed)
    write_report(folder, report, scored)
    return report


@pytest.mark.parametrize("synthetic", [True, False])
def test_a_report_has_its_files_and_says_wherever_it_is_synthetic(
    tmp_path, synthetic
):
    scored = report_data.make_scored()
    report = write(tmp_path, scored, synthetic=synthetic)
    assert {path.name for path in tmp_path.iterdir()} == FILES
    stored = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert stored == report
    shown = [
        (tmp_path / name).read_text(encoding="utf-8")
        for name in ("report.html", "wer.txt")
    ]
    for text in [*shown, report_table(report)]:
        assert (SYNTHETIC in text) == synthetic


def test_a_report_that_is_cut_short_is_not_taken_for_the_one_before(tmp_path):
    write(tmp_path, report_data.make_scored(20))
    (tmp_path / "hyp.trn").unlink()
    (tmp_path / "hyp.trn").mkdir()  # cannot be replaced
    with pytest.raises(OSError):
        write(tmp_path, report_data.make_scored(20, seed=2), model="another")
    with pytest.raises(InputError, match="cannot read the report"):
        read_report(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        pytest.param(b"[" * 100_000, id="deep"),
    ],
)
def test_a_damaged_report_is_none_and_is_made_anew(tmp_path, content):
    manifest = tmp_path / "test.csv"
    for path in (manifest, tmp_path / "model.safetensors"):
        path.write_text(path.name)
    report = {
        "manifest_sha256": file_sha256(manifest),
        "model_sha256": weights_sha256(tmp_path),
    }
    write_json(tmp_path / "report.json", report)
    assert is_report_of(tmp_path, tmp_path, manifest)
    (tmp_path / "report.json").write_bytes(content)
    assert not is_report_of(tmp_path, tmp_path, manifest)


def test_hypotheses_have_the_promised_columns(tmp_path):
    path = tmp_path / "hypotheses.csv"
    spoken = [utterance("u1", "나는, 간다"), utterance("u2", "")]
    write_hypotheses(path, score(spoken, ["나는, 가", "어"]))
    lines = path.read_bytes().decode()
    assert lines.startswith("ID,spk_id,ref,hyp,words,errors,wer,cer\r\n")
    _, first, second = csv.reader(lines.splitlines())
    assert first[:-1] == ["u1", "s1", "나는, 간다", "나는, 가", "2", "1", "0.5"]
    assert float(first[-1]) == pytest.approx(2 / 6)
    # An empty reference has errors, but no rate.
    assert second == ["u2", "s1", "", "어", "0", "1", "", ""]


@given(texts)
def test_no_cell_is_run_by_a_spreadsheet(cell):
    assert not guard(cell).startswith(tuple("=+-@\t\r\n＝＋－＠"))
    assert unguard(guard(cell)) == cell


@given(st.dictionaries(texts, st.tuples(texts, texts), min_size=1))
def test_hypotheses_are_read_as_they_were_written(tmp_path_factory, said):
    path = tmp_path_factory.mktemp("read") / "hypotheses.csv"
    spoken = [utterance(name, ref) for name, (ref, _) in said.items()]
    write_hypotheses(path, score(spoken, [hyp for _, hyp in said.values()]))
    assert read_hypotheses(path) == said


@pytest.mark.parametrize("content", [None, b"a,b\r\n1,2\r\n", b"\xff\xfe"])
def test_what_holds_no_hypotheses_is_refused_by_name(tmp_path, content):
    path = tmp_path / "hypotheses.csv"
    if content is not None:
        path.write_bytes(content)
    reason = "it is none or damaged" if content else "No such file"
    with pytest.raises(InputError, match=rf"hypotheses\.csv \({reason}"):
        read_hypotheses(path)


def test_alignments_agree_with_the_report(tmp_path):
    spoken = [utterance(f"u{n}", t) for n, t in enumerate(corpora.TEXTS)]
    scored = score(spoken, [*corpora.TEXTS[1:], ""])
    report = write(tmp_path, scored)
    wer_file = (tmp_path / "wer.txt").read_text(encoding="utf-8")
    rate, errors, words = re.search(
        r"^%WER ([\d.]+) \[ (\d+) / (\d+),", wer_file, re.MULTILINE
    ).groups()
    assert float(rate) == pytest.approx(
        100 * report["overall"]["wer"], abs=0.01
    )
    assert int(errors) == report["overall"]["errors"]
    assert int(words) == report["overall"]["words"]
    assert "u7, %WER 100.00" in wer_file


def test_alignments_compare_letters_in_one_form(tmp_path):
    scored = score_one("나는", unicodedata.normalize("NFD", "나는"))
    write_alignments(tmp_path / "wer.txt", scored)
    assert "%WER 0.00 [ 0 / 1," in (tmp_path / "wer.txt").read_text("utf-8")


def test_alignments_of_nothing_said_are_written(tmp_path):
    write_alignments(tmp_path / "wer.txt", score_one("", ""))
    assert "u1, %WER" in (tmp_path / "wer.txt").read_text("utf-8")


@given(texts, texts, texts)
def test_trn_holds_each_word_and_id_apart(speaker, name, text):
    line = trn_line(speaker, name, text)
    words, known, end = re.fullmatch(
        r"([^(){}/@;*\s]*(?: [^(){}/@;*\s]+)*?) ?"
        r"\(([^(){}/@;*\s-]+)-([^(){}/@;*\s]*)\)\n",
        line,
    ).groups()
    assert [unquote(word) for word in words.split()] == text.split()
    assert unquote(known) == (speaker or "unknown")
    assert unquote(end) == name


def test_trn_keeps_unlike_words_unlike():
    assert trn_line("s", "u", "나(") != trn_line("s", "u", "나%28")


def test_trn_twins_have_a_line_for_each_utterance_in_order(tmp_path):
    scored = report_data.make_scored(20)
    write(tmp_path, scored)
    refs, hyps = (
        (tmp_path / f"{name}.trn").read_text("utf-8").splitlines()
        for name in ("ref", "hyp")
    )
    ends = [f"({i.utterance.spk_id}-{i.utterance.ID})" for i in scored]
    for line, other, item, end in zip(refs, hyps, scored, ends, strict=True):
        assert line.removesuffix(end).split() == item.utterance.text.split()
        assert other.removesuffix(end).split() == item.hyp.split()


def test_a_redacted_report_does_not_lie_beside_transcripts(tmp_path):
    make_folder(tmp_path / "new" / "report", redacted=True)
    write(tmp_path, report_data.make_scored(20))
    make_folder(tmp_path)
    with pytest.raises(InputError, match=r"hypotheses\.csv"):
        make_folder(tmp_path, redacted=True)


def test_a_redacted_report_does_not_lie_beside_a_comparison(tmp_path):
    (tmp_path / "comparison.html").touch()
    with pytest.raises(InputError, match=r"comparison\.html"):
        make_folder(tmp_path, redacted=True)


def test_a_folder_that_cannot_be_made_is_refused_by_name(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"file/report.*--output_dir"):
        make_folder(tmp_path / "file" / "report")
