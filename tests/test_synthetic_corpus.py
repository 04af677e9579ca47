"""The synthetic corpus: reproducible, disjoint, complete, as labelled."""

import csv
import hashlib
import json
import os
import random
import re
import signal

import numpy as np
import pytest
import soundfile

from childasr.errors import InputError, RunError
from data_prep.synthetic.corpus import CORPUS, make_corpus
from data_prep.synthetic.korean import Verb, attach
from data_prep.synthetic.noise import DEMO_SNR, KINDS, draw_snr
from data_prep.synthetic.scripts import (
    DEMO_SIZES,
    demo_children,
    pretraining_scripts,
)
from data_prep.synthetic.sentences import draw_sentences, part_of
from data_prep.synthetic.synthesis import (
    Line,
    Script,
    perform,
    perform_all,
    say,
)
from data_prep.synthetic.voices import (
    AGES,
    CHILD_VARIANTS,
    VARIANTS,
    Voice,
    child_voice,
)

SIZES = {"train": (6, 2), "valid": (2, 1), "test": (2, 1)}
SEED = 71  # all four voices are breathy: eSpeak draws noise for them
STEM = re.compile(
    r"K(\w{8})-[A-Z]([FM])G\d\d-L\dN\dD\d-[EI]-K0KK-\d{8}\.(wav|json)"
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("synthetic")
    make_corpus(folder, SIZES, SEED, workers=2)
    return folder / CORPUS


def read_rows(corpus, name="subset_metadata_with_test.csv"):
    with open(corpus / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def digests(corpus):
    return {
        str(path.relative_to(corpus)): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in corpus.rglob("*")
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_with_any_number_of_workers(
    corpus, tmp_path
):
    make_corpus(tmp_path, SIZES, SEED, workers=1)
    assert digests(tmp_path / CORPUS) == digests(corpus)


def test_another_seed_gives_other_sentences_and_voices():
    one, other = (demo_children(SIZES, seed) for seed in (1, 2))
    texts = [
        {line.text for child in children for line in child.script.lines}
        for children in (one, other)
    ]
    assert not texts[0] & texts[1]
    assert {c.script.voice for c in one}.isdisjoint(
        c.script.voice for c in other
    )


def test_no_sentence_or_speaker_is_in_two_parts_of_the_demo_or_pretraining():
    children = demo_children(DEMO_SIZES, seed=1)
    parts = {}
    for child in children:
        texts, people, voices = parts.setdefault(
            child.split, (set(), set(), set())
        )
        texts.update(line.text for line in child.script.lines)
        people.add(child.number[-4:])
        voices.add(child.script.voice)
    for part in ("pretrain", "pretrain_check"):
        scripts = pretraining_scripts(part, voices=60, lines=20, seed=1)
        texts = {line.text for script in scripts for line in script.lines}
        voices = {script.voice for script in scripts}
        parts[part] = (texts, set(), voices)
    for kind in range(3):
        members = [part[kind] for part in parts.values()]
        assert len(set.union(*members)) == sum(map(len, members))
    spoken = sum(utterances for utterances, _ in DEMO_SIZES.values())
    assert sum(len(texts) for texts, _, _ in parts.values()) == spoken + 2400


def test_every_split_of_the_demo_has_all_ages_and_both_genders():
    children = demo_children(DEMO_SIZES, seed=1)
    for split in DEMO_SIZES:
        of_split = [c for c in children if c.split == split]
        assert {c.age for c in of_split} == set(AGES)
        assert {c.gender for c in of_split} == {"F", "M"}


def test_sentences_are_normalised_korean_of_three_to_seven_eojeols():
    for text in draw_sentences("pretrain", ["read", "free"] * 500, seed=3):
        assert re.fullmatch("[가-힣]+( [가-힣]+){2,6}", text)
        assert part_of(text) == "pretrain"


def test_the_vocabulary_is_too_large_to_be_learnt_by_heart():
    words = {split: set() for split in DEMO_SIZES}
    for child in demo_children(DEMO_SIZES, seed=1):
        for line in child.script.lines:
            words[child.split].update(line.text.split())
    assert len(words["train"]) > 1000
    assert len(words["valid"] - words["train"]) > 80


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("집", "집은 집이 집을 집과 집이랑 집으로"),
        ("물", "물은 물이 물을 물과 물이랑 물로"),
        ("나무", "나무는 나무가 나무를 나무와 나무랑 나무로"),
    ],
)
def test_particles_follow_the_final_consonant(word, forms):
    kinds = ("topic", "subject", "object", "and", "with", "toward")
    assert [attach(word, kind) for kind in kinds] == forms.split()


def test_pronouns_change_before_the_subject_particle():
    assert [attach(w, "subject") for w in ("나", "저")] == ["내가", "제가"]


@pytest.mark.parametrize(
    ("entry", "past", "future", "condition"),
    [
        ("먹:먹어", "먹었", "먹을 거예요", "먹으면"),
        ("가:가", "갔", "갈 거예요", "가면"),
        ("만들:만들어", "만들었", "만들 거예요", "만들면"),
        ("줍:주워:주우", "주웠", "주울 거예요", "주우면"),
        ("걷:걸어:걸으", "걸었", "걸을 거예요", "걸으면"),
    ],
)
def test_verbs_are_conjugated(entry, past, future, condition):
    verb = Verb.parse(entry)
    assert (verb.past(), verb.future()) == (past, future)
    assert verb.before_eu + "면" == condition


def test_every_file_is_listed_and_described(corpus):
    rows = read_rows(corpus)
    assert len(rows) == 10
    listed = {row[key] for row in rows for key in ("wav_path", "json_path")}
    metadata = {"subset_metadata.csv", "subset_metadata_with_test.csv"}
    assert set(digests(corpus)) == listed | metadata
    for row in rows:
        assert all(row.values())
        assert soundfile.info(corpus / row["wav_path"]).samplerate == 16000
        for key in ("wav_path", "json_path"):
            number, gender, _ = STEM.fullmatch(row[key].split("/")[-1]).groups()
            assert (number, gender) == (row["speaker_id"], row["gender"])


def test_labels_agree_with_the_metadata_and_say_synthetic(corpus):
    for row in read_rows(corpus):
        text = (corpus / row["json_path"]).read_text(encoding="utf-8")
        label = json.loads(text)
        assert label["Transcription"]["LabelText"] == row["text"]
        assert label["Speaker"]["Age"] == row["age"]
        assert label["Wav"]["SignalToNoiseRatio"] == f"+{row['snr']}dB"
        assert "synthetic" in label["Basic"]["DataCategory"]


def test_the_plain_metadata_leaves_the_test_split_out(corpus):
    rows = read_rows(corpus, "subset_metadata.csv")
    assert {row["split"] for row in rows} == {"train", "valid"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("snr", [6.0, 15.0, 25.0])
def test_written_noise_is_at_the_labelled_snr(kind, snr, monkeypatch):
    spoken = []

    def say_and_keep(text, voice):
        spoken.append(say(text, voice))
        return spoken[-1]

    monkeypatch.setattr("data_prep.synthetic.synthesis.say", say_and_keep)
    voice = Voice("f1", 1.2, 50, 50, 160)
    line = Line("강아지가 마당에서 빙글빙글 돌았어요", kind, snr)
    [recording] = perform(Script(voice, (line,), seed=1))
    samples = recording.samples.astype(np.float64)
    start, end = (round(t * 16000) for t in (recording.start, recording.end))
    speech = np.zeros(len(samples))
    speech[start:end], _ = spoken[-1]  # the others are babble
    speech *= samples @ speech / (speech @ speech)  # at the level written
    noise = samples - speech
    ratio = np.mean(speech[start:end] ** 2) / np.mean(noise**2)
    assert 10 * np.log10(ratio) == pytest.approx(snr, abs=0.5)


def test_snrs_fall_into_every_band_and_rarely_into_the_lowest():
    rng = random.Random(1)
    drawn = [draw_snr(rng, DEMO_SNR) for _ in range(2000)]
    for (low, high), share in DEMO_SNR:
        of_band = sum(low <= snr < high for snr in drawn) / len(drawn)
        assert of_band == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize("gender", "FM")
def test_resonances_and_pitch_fall_and_the_pace_rises_with_age(gender):
    def mean(age, of):
        rng = random.Random(age)
        voices = [child_voice(rng, age, gender) for _ in range(50)]
        return np.mean([getattr(voice, of) for voice in voices])

    formants = [mean(age, "formants") for age in AGES]
    assert formants == sorted(formants, reverse=True)
    assert mean(5, "pitch") > mean(12, "pitch") + 7
    assert mean(5, "pace") < mean(12, "pace") - 12


def test_a_formant_factor_moves_the_spectrum_and_not_the_pace():
    def speak(formants):
        voice = Voice("m3", formants, 50, 50, 160)
        speech, _ = say("강아지가 마당에서 놀았어요", voice)
        power = np.abs(np.fft.rfft(speech)) ** 2
        frequencies = np.fft.rfftfreq(len(speech), 1 / 16000)
        return np.sum(power * frequencies) / np.sum(power), len(speech)

    (adult, adult_length), (child, child_length) = speak(1.0), speak(1.3)
    assert child / adult == pytest.approx(1.3, abs=0.15)
    assert child_length / adult_length == pytest.approx(1.0, abs=0.1)


def test_all_voice_variants_can_speak():
    children = CHILD_VARIANTS["F"] + CHILD_VARIANTS["M"]
    for variant in {*VARIANTS["F"], *VARIANTS["M"], *children}:
        speech, _ = say("안녕", Voice(variant, 1.2, 50, 50, 160))
        assert len(speech) > 3000


def test_a_corpus_that_is_there_is_never_touched(corpus):
    before = digests(corpus)
    with pytest.raises(InputError, match="is there already"):
        make_corpus(corpus.parent, SIZES, seed=8)
    assert digests(corpus) == before


def test_sizes_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(InputError, match="valid: 1 utterances of 2 speakers"):
        make_corpus(tmp_path, {"valid": (1, 2)}, seed=1)
    assert list(tmp_path.iterdir()) == []


def test_a_corpus_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot write to .*file "):
        make_corpus(tmp_path / "file", SIZES, seed=1)


def end_this_process():
    os.kill(os.getpid(), signal.SIGKILL)


class Deadly:
    """A script that ends the process that gets it."""

    def __reduce__(self):
        return end_this_process, ()


def test_a_speaking_process_that_is_killed_is_told():
    with pytest.raises(RunError, match="was killed"):
        list(perform_all([Deadly(), Deadly()], workers=1))
