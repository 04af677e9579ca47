"""Whether the manifests are there, name their speakers and keep them apart."""

from pathlib import Path

from childasr.curriculum.check import Check
from childasr.errors import InputError
from childasr.manifest import Manifest
from childasr.manifest_splits import SPLITS, check_disjoint, check_speakers
from childasr.text.files import open_file


def check_manifests(phases, processes=1):
    """Check the manifests of a run and the data that they point to.

    Arguments
    ---------
    phases : list of dict
        The settings of each phase (`Phase.config`).
    processes : int
        That train it: the first phase prepares a corpus where it is one.

    Returns
    -------
    checks : list of Check

    Example
    -------
    >>> settings = {"manifest_folder": "M", "train_manifest": "M/phase1.csv"}
    >>> print(*check_manifests([settings]))
    FAILED   manifests: no M/train.csv, ...: run prepare_phase_data.py ...
    """
    folder = Path(phases[0]["manifest_folder"])
    splits = [folder / f"{name}.csv" for name in SPLITS]
    trained = [Path(settings["train_manifest"]) for settings in phases]
    paths = [*dict.fromkeys(splits + trained)]
    needed = [*paths, folder / "summary.json"]
    missing = [str(path) for path in needed if not path.is_file()]
    if missing:
        return [_unprepared(phases[0], folder, missing, processes)]
    data_root = phases[0].get("data_root")
    try:
        manifests = [Manifest(path, data_root) for path in paths]
        for manifest in manifests:
            manifest.check_texts()
    except InputError as error:
        return [Check("manifests", False, str(error))]
    return [
        Check("manifests", True, f"{len(manifests)} in {folder}"),
        _check_data_folder(manifests),
        _check_speaker_ids(manifests),
        _check_disjoint(folder, phases),
    ]


def _unprepared(settings, folder, missing, processes):
    corpus = settings.get("data_folder")
    if corpus and not settings.get("skip_prep") and Path(corpus).is_dir():
        reason = f"none yet: the first phase prepares {corpus}"
        if processes > 1:
            reason = (
                "none yet, and several processes make none: run "
                f"prepare_phase_data.py --input_dir {corpus} --output_dir "
                f"{folder} first"
            )
        return Check("manifests", processes == 1, reason)
    reason = (
        f"no {', '.join(missing)}: run prepare_phase_data.py "
        f"--output_dir {folder}"
    )
    return Check("manifests", False, reason)


def _check_data_folder(manifests):
    """The first recording of each: a part of the corpus may not be there."""
    try:
        for manifest in reversed(manifests):  # train, for what is said, last
            wav = manifest[0].wav
            open_file(wav).close()
    except InputError as error:
        return Check("data folder", False, str(error))
    except OSError as error:
        reason = (
            f"cannot open {wav} ({error.strerror}): give the folder of the "
            "recordings as --data_root"
        )
        return Check("data folder", False, reason)
    where = manifests[0].data_root or Path(wav).parent
    return Check("data folder", True, str(where))


def _check_speaker_ids(manifests):
    try:
        for manifest in manifests:
            check_speakers(manifest)
    except InputError as error:
        return Check("speaker ids", False, str(error))
    counts = [
        f"{len(manifest.speakers())} in {name}"
        for name, manifest in zip(SPLITS, manifests[:3], strict=True)
    ]
    return Check("speaker ids", True, f"speakers: {', '.join(counts)}")


def _check_disjoint(folder, phases):
    try:
        reason = check_disjoint(folder, phases)
    except InputError as error:
        return Check("splits disjoint", False, str(error))
    return Check("splits disjoint", True, reason)
