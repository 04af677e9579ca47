"""From a corpus to the manifests of every split and phase."""

import os
from pathlib import Path

from childasr.text import InputError
from childasr.text.files import write_json
from data_prep.draw import check_shares
from data_prep.examine import Examination
from data_prep.manifests import write_phase, write_rejects, write_split
from data_prep.page import write_page
from data_prep.phases import check_ratios, make_phases
from data_prep.publish import published_folder
from data_prep.readers import open_corpus
from data_prep.records import SPLITS
from data_prep.refusals import (
    MAKES_SPLITS,
    check_reject_share,
    refuse_empty_splits,
    refuse_lost_parts,
    refuse_many_rejects,
)
from data_prep.splits import deal_out, find_earlier
from data_prep.store import Store
from data_prep.summary import summarise
from data_prep.twins import describe_twins, find_twin_speakers, reject_twins

SUMMARY = "summary.json"


def prepare(
    input_dir,
    output_dir,
    phase_ratios=(0.2, 0.6, 1.0),
    order="path",
    max_reject_share=0.05,
    split_shares=None,
    seed=1986,
    keep_splits=None,
    layout=None,
    checks=None,
    progress=True,
):
    """Check a corpus and write its manifests, rejects and summary.

    No manifest is written unless all is well, and `summary.json` is there
    only when every other file is. What was read of the corpus is kept in
    `checked.sqlite`: preparing again looks only at what changed.

    Arguments
    ---------
    input_dir : str or Path
        The corpus.
    output_dir : str or Path
        Folder of the manifests.
    phase_ratios : tuple of float
        Share of the training utterances in phases 1, 2 and 3.
    order : str
        `path`: a phase is the first utterances in file order; `stratified`:
        it is spread over speakers, styles, SNR and durations as the whole is.
    max_reject_share : float
        Share of what was found that may be rejected. With 1, what cannot be
        counted may be lost too.
    split_shares : tuple of float, optional
        Share of the audio in validation and test; speakers are dealt out to
        the splits anew, but for those of manifests that are in `output_dir`
        already: they stay in theirs. Default: the corpus's own splits.
    seed : int
        Of dealing them out.
    keep_splits : str or Path, optional
        Folder of other earlier manifests, as a pilot's, whose speakers stay
        in their splits too.
    layout, checks : dict, optional
        Further arguments of `data_prep.readers.open_corpus` and of
        `data_prep.examine.Examination`.
    progress : bool
        Show rate and time left.

    Returns
    -------
    summary : dict
        The content of `summary.json`, and `read_anew`: utterances with a file
        that was not known from a run before.

    Raises
    ------
    InputError
        The corpus cannot be read, sources disagree about its speakers, two
        splits share one, too much is rejected, or a split or phase is empty.
    """
    check_ratios(phase_ratios)
    check_reject_share(max_reject_share)
    if split_shares:
        check_shares(*split_shares)
    elif keep_splits:
        raise InputError("--keep_splits is for --split speakers: add that too")
    if not Path(input_dir).is_dir():
        raise InputError(
            f"no folder {input_dir}: give the corpus as --input_dir"
        )
    if Path(output_dir).exists() and not Path(output_dir).is_dir():
        raise InputError(f"{output_dir} is a file: give another --output_dir")
    earlier = find_earlier(output_dir, keep_splits) if split_shares else []
    with Store(output_dir) as store:
        corpus = open_corpus(
            input_dir, store.connection, progress=progress, **(layout or {})
        )
        refuse_lost_parts(corpus, max_reject_share)
        examination = Examination(
            corpus, store, progress=progress, **(checks or {})
        )
        examination.run()
        twins, kept = _make_splits(
            examination, split_shares, seed, earlier, max_reject_share
        )
        _leave_to_scoring(store)
        refuse_many_rejects(store, max_reject_share)
        refuse_empty_splits(store, corpus)
        phases = make_phases(store, phase_ratios, order)
        summary = {
            "data_root": os.path.abspath(input_dir),
            "order": order,
            "phase_ratios": list(phase_ratios),
            "split_by": "speakers" if split_shares else "corpus",
            "split_seed": seed if split_shares else None,
            "kept_splits": kept,
            "twin_speakers": describe_twins(store, twins),
            **summarise(examination, phases),
        }
        with published_folder(output_dir, last=SUMMARY) as folder:
            for name in SPLITS:
                write_split(folder / f"{name}.csv", store, name)
            for name, size in phases.items():
                write_phase(folder / f"{name}.csv", store, size)
            write_rejects(folder / "rejects.csv", store)
            write_page(folder / "summary.html", summary)
            write_json(folder / SUMMARY, summary)
    return summary | {"read_anew": examination.read}


def _make_splits(examination, shares, seed, earlier, max_reject_share):
    """Deal out the speakers, or take the splits of the corpus.

    Returns
    -------
    twins : list of tuple
        From `find_twin_speakers`.
    kept : list of dict
        From `deal_out`.
    """
    store = examination.store
    if not shares:
        examination.speakers.refuse_shared()
        _reject_without_split(store)
    twins = find_twin_speakers(store)
    reject_twins(store, [manifests.folder for manifests in earlier])
    if not shares:
        return twins, []
    # Without accepted utterances there is nobody to deal out.
    refuse_many_rejects(store, max_reject_share)
    return twins, deal_out(store, shares, seed, earlier, twins)


def _reject_without_split(store):
    names = ", ".join(f"'{name}'" for name in SPLITS)
    store.reject_utterances(
        "SELECT rowid, 'split_unknown' AS reason, "
        f"'by metadata and by folder; {MAKES_SPLITS}' AS detail "
        f"FROM utterance WHERE split NOT IN ({names})"
    )


def _leave_to_scoring(store):
    """Take what cannot be trained on out of train, and out of it alone."""
    store.reject_utterances(
        "SELECT rowid, defect AS reason, defect_detail AS detail "
        "FROM utterance WHERE split = 'train' AND defect != ''"
    )
