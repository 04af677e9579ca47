"""What the plan advises after each outcome of a phase."""

# Hours on one V100 that the plan allows a phase.
PLANNED_HOURS = {"phase1": 4.5, "phase2": 15, "phase3": 18, "phase4": 7}
# From this WER on, the plan suspects the data of phase 3 themselves.
INSPECT_FROM = 0.20
FOLLOWING = {
    "phase1": "phase2",
    "phase2": "phase3",
    "scale_500h": "scale_1500h",
    "scale_1500h": "scale_3500h",
}

SCALE_UP = (
    "go on to the full 3,500 h (planned: 400 to 600 V100 hours), once the "
    "data are known to be balanced over age and SNR and of the same quality"
)
CHECK_DATA = (
    "do not go on to 3,500 h: check the transcripts, the noise and how the "
    "subset was chosen"
)
INSPECT_DATA = (
    "at 20 % or more, inspect the data: listen to the utterances with the "
    "highest WER"
)
FULL_CORPUS = ("scale_direct", "scale_3500h")
FULL_CORPUS_FAILED = (
    "the full corpus gave less than the plan expects: check its transcripts "
    "and noise, and compare its groups with those of the pilot"
)
# Of a phase that the plan ends with, or does not know.
REPORT_NEXT = "no phase follows: report on the test split with evaluate.py"
GAP_STAYS = (
    "the gap to 15 % stays open: see the groups with the highest WER in the "
    "report before deciding on 3,500 h"
)


def advise(gate, still_learning, improved, hours):
    """Choose the next step and its advice.

    Arguments
    ---------
    gate : dict
        Needs `phase`, `wer` and `verdict`.
    still_learning : bool
        Whether the last epoch still lowered the best WER noticeably.
    improved : bool
        Whether the phase beats the phase before.
    hours : float
        How long the phase trained.

    Returns
    -------
    next : dict
        `step` is the name of a phase (run it), `full_corpus`, `hold` (neither
        scale up nor give up), `check_data`, `drop` (keep the model of phase
        3) or `done`; `advice` is a list of sentences.

    Example
    -------
    >>> gate = {"phase": "phase1", "wer": 0.24, "verdict": "target"}
    >>> advise(gate, True, True, hours=4)
    {'step': 'phase2', 'advice': ['go on with phase2']}
    """
    step, advice = _step(gate, still_learning, improved)
    planned = PLANNED_HOURS.get(gate["phase"])
    if planned and hours > planned:
        advice.append(
            f"slower than planned ({hours:.1f} h for {planned} V100 hours): "
            "use --batch_size 8, or option B (--freeze_layers 12)"
        )
    return {"step": step, "advice": advice}


def _step(gate, still_learning, improved):
    phase, verdict = gate["phase"], gate["verdict"]
    if phase == "phase4":
        return _after_phase_4(verdict, improved)
    if verdict == "failed":
        if phase in FULL_CORPUS:
            return "check_data", [FULL_CORPUS_FAILED]
        inspect = phase == "phase3" and gate["wer"] >= INSPECT_FROM
        return "check_data", [CHECK_DATA] + [INSPECT_DATA] * inspect
    if phase == "phase3":
        return _after_phase_3(verdict, still_learning)
    if phase not in FOLLOWING:
        return "done", [REPORT_NEXT]
    return FOLLOWING[phase], [f"go on with {FOLLOWING[phase]}"]


def _after_phase_3(verdict, still_learning):
    if verdict == "target":
        return "full_corpus", [SCALE_UP]
    if still_learning:
        return "phase4", [
            "phase 4 may close the gap: it is worth 0.5 to 1.0 points"
        ]
    return "hold", [
        "phase 4 is not due: the last epoch lowered the best WER by less "
        "than 0.2 points (--phase4 always runs it anyway)",
        GAP_STAYS,
    ]


def _after_phase_4(verdict, improved):
    if not improved:
        return "drop", ["phase 4 did not help: the model of phase 3 is kept"]
    if verdict == "failed":
        return "hold", ["phase 4 helped, its model is kept", GAP_STAYS]
    return "full_corpus", [SCALE_UP]
