"""The curriculum: phases, gates, the decision on phase 4, the test report."""

import sys

from childasr.command import DONE, FAILED, GATE_NOT_MET
from childasr.curriculum.advice import REPORT_NEXT
from childasr.curriculum.after_phase import check_phase
from childasr.curriculum.child import ChildFailedError, run_child
from childasr.curriculum.closing import closing_lines, is_synthetic, phase_row
from childasr.curriculum.final_report import report_on_test
from childasr.curriculum.options import write_options
from childasr.curriculum.phase_folder import (
    read_gate,
    read_log,
    refuse_damaged,
    refuse_other_config,
)
from childasr.curriculum.readiness_page import report_readiness
from childasr.text.percent import SYNTHETIC


def training_program(script, processes=1):
    """The command that trains: plain Python, or torchrun for several GPUs.

    Example
    -------
    >>> training_program("train.py", 2)[1:4]
    ['-m', 'childasr.curriculum.launch', '--standalone']
    """
    if processes == 1:
        return [sys.executable, str(script)]
    launcher = ["-m", "childasr.curriculum.launch", "--standalone"]
    count = f"--nproc_per_node={processes}"
    return [sys.executable, *launcher, count, str(script)]


def run_plan(plan, train, evaluate, lock):
    """Run what is not done of a curriculum, and close with its table.

    What is done is read from the phase folders, so a restart goes on where
    the last run stopped.

    Arguments
    ---------
    plan : Plan
    train : list of str
        The command that trains; a phase file and `--key value` overrides are
        added to it.
    evaluate : list of str
        The command that evaluates; a model folder, a manifest and
        `--output_dir R` are added to it.
    lock : io.IOBase
        From `only_run`, of the output folder.

    Returns
    -------
    status : int
        0, or 3 when a gated phase fails.

    Raises
    ------
    ChildFailedError
        Where a phase or the report ended badly.
    """
    _refuse_folders(plan)
    if is_synthetic(plan):
        print(SYNTHETIC)
    gates = []
    for phase in plan.phases:
        gates.append(_run_phase(phase, train, lock))
        if gates[-1]["verdict"] == "failed":
            return _stop_at_gate(plan, gates)
    shipped = plan.phases[-1]
    due = phase_4_runs(plan.settings["phase4"], gates[-1])
    if plan.full_finetune and due:
        gates.append(_run_phase(plan.full_finetune, train, lock))
        if gates[-1]["next"]["step"] != "drop":
            shipped = plan.full_finetune
    report = report_on_test(plan, shipped, evaluate, lock)
    print(*closing_lines(_rows(plan, gates), report, plan), sep="\n")
    print(f"model: {shipped.best_model}")
    _print_advice(gates, reported=True)
    for line in report_readiness(plan, gates, report):
        print(line)
    return DONE


def phase_4_runs(mode, gate):
    """Decide on phase 4 after a passed phase 3.

    Arguments
    ---------
    mode : str
        `auto` follows the advice of the gate, `always` and `never` do not.
    gate : dict
        `gate.json` of phase 3.

    Returns
    -------
    runs : bool

    Example
    -------
    >>> phase_4_runs("auto", {"next": {"step": "full_corpus"}})
    False
    """
    due = gate["next"]["step"] == "phase4"
    return mode == "always" or (mode == "auto" and due)


def _refuse_folders(plan):
    """Before any training, so that a wrong setting costs no time."""
    for phase in plan.may_run:
        refuse_damaged(phase.folder)
        refuse_other_config(phase.folder, phase.config)


def _run_phase(phase, train, lock):
    gate = read_gate(phase.folder)
    if gate:
        # What it started from may have been trained since the run began.
        refuse_other_config(phase.folder, phase.config)
        print(f"{phase.name}: done before, {gate['reasons'][0]}")
        return gate
    start = phase.config["start_from"] or "the pretrained encoder"
    print(f"{phase.name}: training in {phase.folder}, from {start}")
    options = write_options(phase.overrides)
    run_child([*train, str(phase.file), *options], phase.name, lock)
    gate, log = read_gate(phase.folder), read_log(phase.folder)
    if not gate or not log:
        raise ChildFailedError(
            f"{phase.name} ended without gate.json, training_log.json or a "
            f"whole best_model in {phase.folder}: see its train_log.txt",
            FAILED,
        )
    for check in check_phase(log, gate, phase.folder):
        print(check)
    return gate


def _stop_at_gate(plan, gates):
    print(*closing_lines(_rows(plan, gates), None, plan), sep="\n")
    _print_advice(gates)
    for line in report_readiness(plan, gates, None):
        print(line)
    reasons = "; ".join(gates[-1]["reasons"])
    sys.stdout.flush()
    print(f"gate of {gates[-1]['phase']} not met: {reasons}", file=sys.stderr)
    return GATE_NOT_MET


def _rows(plan, gates):
    phases = [*plan.phases, plan.full_finetune]
    return [
        phase_row(gate, read_log(phase.folder), phase.config["train_manifest"])
        for phase, gate in zip(phases, gates, strict=False)
    ]


def _print_advice(gates, reported=False):
    advice = list(gates[-1]["next"]["advice"])
    # A dropped phase 4 leaves open what phase 3 had reached.
    if gates[-1]["next"]["step"] == "drop" and gates[-2]["verdict"] == "target":
        advice += gates[-2]["next"]["advice"]
    for sentence in advice:
        if not (reported and sentence == REPORT_NEXT):
            print(f"next: {sentence}")
