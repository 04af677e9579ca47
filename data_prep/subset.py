"""From a whole corpus to a subset of whole speakers, already split."""

import os
from pathlib import Path

from childasr.text import InputError
from childasr.text.files import write_json
from data_prep.cells import read_cells, shares
from data_prep.draw import check_shares, draw_speakers, split_speakers
from data_prep.examine import Examination
from data_prep.publish import published_folder
from data_prep.readers import open_corpus
from data_prep.refusals import (
    check_reject_share,
    refuse_lost_parts,
    refuse_many_rejects,
)
from data_prep.store import Store
from data_prep.subset_files import write_subset
from data_prep.subset_report import measure
from data_prep.twins import reject_twins

REPORT = "subset_report.json"
FEWEST = 3  # speakers: one for each split


def make_subset(
    input_dir,
    output_dir,
    hours,
    valid_share=0.052,
    test_share=0.033,
    hard_share=0.25,
    seed=1986,
    work_dir=None,
    max_reject_share=0.05,
    layout=None,
    checks=None,
    progress=True,
):
    """Check a corpus, draw speakers, and write them as child_subset_100h.

    The folder appears all at once. What was read of the corpus is kept in
    `work_dir`: drawing again looks only at what changed.

    Arguments
    ---------
    input_dir : str or Path
        The corpus.
    output_dir : str or Path
        The subset; new or empty.
    hours : float
        Length of all splits together.
    valid_share, test_share : float
        Of those hours.
    hard_share : float
        Share of the utterances with an SNR below 10 dB or of 10 s and more.
    seed : int
        Another one, another subset.
    work_dir : str or Path, optional
        Default: `output_dir` with `.checked` behind its name.
    max_reject_share : float
        As for `data_prep.prepare.prepare`.
    layout, checks : dict, optional
        Further arguments of `data_prep.readers.open_corpus` and of
        `data_prep.examine.Examination`.
    progress : bool
        Show rate and time left.

    Returns
    -------
    report : dict
        The content of `subset_report.json`.

    Raises
    ------
    InputError
        The corpus cannot be read, too much is rejected, there is less than
        asked for, or the subset cannot be written.
    """
    if not 0 < hours < float("inf"):
        raise InputError(f"--hours {hours:g}: give a number above 0")
    check_shares(valid_share, test_share, hard_share)
    check_reject_share(max_reject_share)
    _check_folders(input_dir, (layout or {}).get("label_dir"), output_dir)
    work_dir = work_dir or f"{Path(output_dir)}.checked"
    # Both at once: that one cannot be written is not said after hours.
    with (
        Store(work_dir) as store,
        published_folder(output_dir, last=REPORT) as folder,
    ):
        corpus = open_corpus(
            input_dir, store.connection, progress=progress, **(layout or {})
        )
        refuse_lost_parts(corpus, max_reject_share)
        # Headers are enough to draw by; preparing the subset decodes it.
        Examination(
            corpus, store, samples=False, progress=progress, **(checks or {})
        ).run()
        reject_twins(store)
        refuse_many_rejects(store, max_reject_share)
        cells = read_cells(store.connection)
        drawn = set(
            draw_speakers(cells, hours, shares(cells, hard_share), seed, FEWEST)
        )
        splits = split_speakers(
            [cell for cell in cells if cell.speaker in drawn],
            valid_share,
            test_share,
            seed,
        )
        asked = {
            "hours": hours,
            "hard_share": hard_share,
            "valid_share": valid_share,
            "test_share": test_share,
        }
        report = {
            "corpus_root": os.path.abspath(input_dir),
            "format": corpus.format,
            "seed": seed,
            "reject_reasons": _reject_reasons(store),
            **measure(cells, splits, asked),
        }
        report["files"] = write_subset(
            folder, corpus, store.connection, splits, progress
        )
        write_json(folder / REPORT, report)
    return report


def _check_folders(input_dir, label_dir, output_dir):
    """Refuse, before hours of reading, folders that cannot be right."""
    if not os.path.isdir(input_dir):
        raise InputError(
            f"no folder {input_dir}: give the corpus as --input_dir"
        )
    target = Path(output_dir).resolve()
    for source in filter(None, (input_dir, label_dir)):
        if target.is_relative_to(Path(source).resolve()):
            raise InputError(
                f"{output_dir} lies in {source}, which would then hold its "
                "recordings twice: give an --output_dir outside it"
            )
    # A draw that was killed leaves a hidden folder in one that was there.
    if target.exists() and (not target.is_dir() or any(target.glob("[!.]*"))):
        raise InputError(
            f"{output_dir} is there already: remove it, or give another "
            "--output_dir"
        )


def _reject_reasons(store):
    return dict(
        store.query(
            "SELECT reason, COUNT(*) FROM reject GROUP BY reason ORDER BY 1"
        )
    )
