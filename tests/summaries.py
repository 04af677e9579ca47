"""Summaries of preparations, made for tests without a corpus."""

import numpy as np

GROUPS = {
    "age": ["5", "6", "7", "8", "9", "10", "11", "12"],
    "snr": ["<10", "10-20", "20-30", ">=30", "unknown"],
    "gender": ["F", "M"],
    "style": ["free", "read"],
    "duration": ["<3", "3-6", "6-10", ">=10"],
}
# As large as the child_subset_100h of the plan.
SIZES = {
    "train": (57_746, 136.19, 63),
    "valid": (2_715, 7.78, 9),
    "test": (2_216, 4.89, 10),
}
PHASES = {
    "phase1": (11_549, 27.24, 21),
    "phase2": (34_648, 81.71, 47),
    "phase3": SIZES["train"],
}
REJECTS = {
    "audio_clipped": {"train": 47},
    "audio_silent": {"train": 3, "valid": 1},
    "audio_truncated": {"train": 19, "valid": 2, "test": 1},
    "ctc_infeasible": {"train": 61},
    "duplicate_content": {"train": 12},
    "duplicate_id": {"train": 1},
    "label_duration": {"train": 24, "test": 2},
    "label_unreadable": {"train": 4, "": 4},
    "not_in_metadata": {"": 88},
    "path_outside_root": {"": 1},
    "text_anonymised": {"train": 9, "valid": 3},
    "text_digits": {"train": 140, "valid": 7, "test": 4},
    "of_a_new_reader": {"train": 2},
}
FOLDER = "1.Training/원천데이터/kor_formatted/2021-10-24/9032/"
NAME = "K08509032-AFG22-L1N2D1-I-K0KK-"
DETAILS = {
    "audio_truncated": "the header says 136,480 samples, there are 60,112",
    "label_unreadable": "Expecting ',' delimiter: line 1 column 412",
    "path_outside_root": "../../../etc/passwd",
    "text_digits": "'3' in '사과 3개를 샀는데 하나를 동생이 먹어서 두 개'",
}


def realistic_summary(**changes):
    """What `prepare` says of a corpus with every kind of finding.

    Arguments
    ---------
    **changes
        Entries to replace.

    Returns
    -------
    summary : dict
    """
    totals = {reason: sum(n.values()) for reason, n in REJECTS.items()}
    accepted = sum(size[0] for size in SIZES.values())
    splits, phases = _parts()
    return {
        "data_root": "/data/korean/child_subset_100h",
        "format": "child_subset",
        "source": "subset_metadata_with_test.csv",
        "columns": {"split": "split", "wav_path": "경로", "text": "전사문"},
        "synthetic": False,
        "order": "path",
        "phase_ratios": [0.2, 0.6, 1.0],
        "split_by": "corpus",
        "split_seed": None,
        "kept_splits": [],
        "twin_speakers": [],
        "english": "refuse",
        "speaker_keys": {
            "used": "column",
            "checked": ["file", "number"],
            "absent": ["name"],
        },
        "found": accepted + sum(totals.values()),
        "accepted": accepted,
        "rejected": sum(totals.values()),
        "read_anew": 7,
        "reject_reasons": totals,
        "rejects_by_split": {
            # As from the store.
            reason: dict(sorted(splits.items()))
            for reason, splits in REJECTS.items()
        },
        "example_rejects": _examples(),
        "speaker_overlap": 0,
        "content_overlap": 0,
        "shared_sentences": {
            "train-valid": {"sentences": 412, "utterances": 530},
            "train-test": {"sentences": 301, "utterances": 377},
            "valid-test": {"sentences": 0, "utterances": 0},
        },
        "snr_sources": {
            "train": {"label": 57_001, "estimated": 712, "unknown": 33},
            "valid": {"label": 2_715, "estimated": 0, "unknown": 0},
            "test": {"label": 2_200, "estimated": 16, "unknown": 0},
        },
        "kept_in_valid_and_test": {
            "audio_clipped": {"valid": 4, "test": 0},
            "ctc_infeasible": {"valid": 2, "test": 1},
        },
        "rejected_for_text": {
            "valid": [f"{NAME}{n:08d}" for n in range(10)],
            "test": [f"{NAME}{n:08d}" for n in range(90, 94)],
        },
        "text_rules": {"dual": 31, "filler": 5_210, "punctuation": 58_112},
        "values_not_understood": {
            "age": {"10~19": 31, "만나이": 2},
            "snr": {"good": 5},
        },
        "splits": splits,
        "phases": phases,
        **changes,
    }


def _examples():
    return [
        {
            "ID": f"{NAME}{number:08d}",
            "wav": f"{FOLDER}{NAME}{number:08d}.wav",
            "reason": reason,
            "detail": DETAILS.get(reason, "2.31 s by label, 2.94 s in fact"),
        }
        for number, reason in enumerate(list(REJECTS)[:10])
    ]


def _parts():
    """Splits and phases whose counts add up."""
    draw = np.random.default_rng(0)
    counts = {
        name: _spread(draw, size[0]) for name, size in [*SIZES.items()]
    } | {name: _spread(draw, size[0]) for name, size in PHASES.items()}
    counts["phase3"] = counts["train"]
    whole = {
        dimension: {
            label: sum(counts[split][dimension][label] for split in SIZES)
            for label in labels
        }
        for dimension, labels in GROUPS.items()
    }
    splits = {
        name: _part(size, counts[name], whole) for name, size in SIZES.items()
    }
    phases = {
        name: _part(size, counts[name], counts["train"])
        for name, size in PHASES.items()
    }
    for phase, far in zip(phases.values(), (0.71, 0.28, 0), strict=True):
        phase["distance"]["speaker"] = far
    return splits, phases


def _spread(draw, utterances):
    return {
        dimension: dict(
            zip(
                labels,
                draw.multinomial(
                    utterances, draw.dirichlet(3 + np.arange(len(labels)) % 4)
                ).tolist(),
                strict=True,
            )
        )
        for dimension, labels in GROUPS.items()
    }


def _part(size, counts, whole):
    utterances, hours, speakers = size
    return {
        "utterances": utterances,
        "hours": hours,
        "speakers": speakers,
        "distributions": {
            # As from the store: only groups that have somebody.
            dimension: {label: n for label, n in group.items() if n}
            for dimension, group in counts.items()
        },
        "distance": {
            dimension: round(_distance(group, whole[dimension]), 4)
            for dimension, group in counts.items()
        },
    }


def _distance(some, whole):
    total, all_of_it = sum(some.values()), sum(whole.values())
    return 0.5 * sum(
        abs(some[label] / total - whole[label] / all_of_it) for label in whole
    )
