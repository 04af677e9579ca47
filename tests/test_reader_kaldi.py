"""A Kaldi-style folder, whole and with each defect."""

import corpora
import other_corpora
import pytest

from childasr.errors import InputError


@pytest.fixture
def root(tmp_path):
    (tmp_path / "corpus").mkdir()
    return tmp_path / "corpus"


@pytest.fixture
def keys(root):
    clips = corpora.make_clips(utterances=2)
    return other_corpora.write_kaldi(root, clips)


def fields_by_id(root):
    utterances, rejects = other_corpora.read(root)
    fields = {u.fields["id"]: u.fields for u in utterances.values()}
    assert len(fields) == len(utterances)
    return fields, rejects


def edit(path, change):
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join(change(lines)) + "\n", "utf-8")


def test_every_key_is_an_utterance_with_what_the_lists_say(root, keys):
    fields, rejects = fields_by_id(root)
    assert rejects == []
    assert fields == {
        key: {
            "id": key,
            "split": clip.split,
            "text": clip.text,
            "speaker:utt2spk": clip.speaker,
            "age": clip.age,
            "gender": clip.gender.lower(),
        }
        for key, clip in keys.items()
    }


def test_lists_in_the_root_name_no_split(root):
    other_corpora.write_kaldi(root, by_split=False)
    fields, rejects = fields_by_id(root)
    assert ({f["split"] for f in fields.values()}, rejects) == ({""}, [])


@pytest.mark.parametrize("start", ["../", "{root}/", "./"])
def test_paths_may_be_relative_to_the_lists_or_absolute(start, root, keys):
    sounds = start.format(root=root) + "audio/"
    for path in root.glob("*/wav.scp"):
        text = path.read_text("utf-8").replace("audio/", sounds)
        path.write_text(text, "utf-8")
    fields, rejects = fields_by_id(root)
    assert (set(fields), rejects) == (set(keys), [])


def test_speaker_lists_need_not_be_there_or_in_order(root, keys):
    for path in root.glob("*/spk2age"):
        edit(path, lambda lines: lines[::-1])
    for path in root.glob("*/spk2gender"):
        path.unlink()
    fields, rejects = fields_by_id(root)
    assert rejects == []
    assert all(fields[key]["age"] == keys[key].age for key in keys)
    assert not any("gender" in values for values in fields.values())


def drop(name, key):
    return lambda root: edit(
        root / "train" / name,
        lambda lines: [x for x in lines if not x.startswith(key)],
    )


def point_to(key, value):
    return lambda root: edit(
        root / "train/wav.scp",
        lambda lines: [
            f"{key} {value}" if x.startswith(key) else x for x in lines
        ],
    )


FIRST = "08509000-0000"
SOUND = f"audio/08509000/{FIRST}.flac"


@pytest.mark.parametrize(
    ("defect", "reasons"),
    [
        (drop("text", FIRST), ["label_missing"]),
        (drop("wav.scp", FIRST), ["audio_missing", "not_in_metadata"]),
        (lambda root: (root / SOUND).unlink(), ["audio_missing"]),
        (
            point_to(FIRST, f"flac -cd {SOUND} |"),
            ["audio_command", "not_in_metadata"],
        ),
        (
            point_to(FIRST, "../../x.wav"),
            ["not_in_metadata", "path_outside_root"],
        ),
    ],
)
def test_defect_is_found_under_its_own_reason(defect, reasons, root, keys):
    defect(root)
    fields, rejects = fields_by_id(root)
    assert rejects == [(FIRST, reason) for reason in reasons]
    assert set(fields) == set(keys) - {FIRST}


@pytest.mark.parametrize("name", ["wav.scp", "text", "utt2spk"])
def test_list_out_of_order_is_refused_with_the_cure(name, root, keys):
    edit(root / "train" / name, lambda lines: lines[::-1])
    with pytest.raises(InputError, match=r"line 2: .*LC_ALL=C sort"):
        other_corpora.read(root)


def test_key_that_is_there_twice_is_refused(root, keys):
    edit(root / "train/text", lambda lines: [lines[0], *lines])
    with pytest.raises(InputError, match="each key once"):
        other_corpora.read(root)


@pytest.mark.parametrize("name", ["text", "utt2spk"])
def test_missing_list_is_named(name, root, keys):
    (root / "test" / name).unlink()
    with pytest.raises(InputError, match=f"test/{name}"):
        other_corpora.read(root)


def test_segments_are_refused(root, keys):
    (root / "train/segments").write_text("u1 r1 0 1\n")
    with pytest.raises(InputError, match="cut the recordings"):
        other_corpora.read(root)
