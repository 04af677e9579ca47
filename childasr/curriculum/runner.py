"""The curriculum: phases, gates, the decision on phase 4, the test report."""

import dataclasses
import sys

from childasr.command import DONE, FAILED, GATE_NOT_MET
from childasr.curriculum.advice import REPORT_NEXT
from childasr.curriculum.after_phase import check_phase
from childasr.curriculum.child import ChildFailedError, only_run, run_child
from childasr.curriculum.closing import closing_lines, phase_row
from childasr.curriculum.final_report import report_on_test
from childasr.curriculum.options import write_options
from childasr.curriculum.phase_folder import (
    read_gate,
    read_log,
    refuse_damaged,
    refuse_other_config,
)
from childasr.curriculum.readiness_page import report_readiness
from childasr.errors import InputError


@dataclasses.dataclass(frozen=True)
class Programs:
    """The commands that do the work, as argument lists.

    Arguments
    ---------
    train : list of str
        Followed by a phase file and `--key value` overrides.
    evaluate : list of str
        Followed by a model folder, a manifest and `--output_dir R`.
    """

    train: list
    evaluate: list


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


def run_plan(plan, programs):
    """Run what is not done of a curriculum, and close with its table.

    What is done is read from the phase folders, so a restart goes on where
    the last run stopped.

    Arguments
    ---------
    plan : Plan
    programs : Programs

    Returns
    -------
    status : int
        0, or 3 when a gated phase fails.

    Raises
    ------
    ChildFailedError
        Where a phase or the report ended badly.
    """
    with only_run(plan.settings["output_folder"]) as lock:
        return _run(plan, programs, lock)


def _run(plan, programs, lock):
    _refuse_folders(plan)
    gates = []
    for phase in plan.phases:
        gates.append(_run_phase(phase, gates, programs, lock))
        if gates[-1]["verdict"] == "failed":
            return _stop_at_gate(plan, gates)
    shipped = plan.phases[-1]
    if phase_4_runs(plan.settings["phase4"], gates[-1], plan.full_finetune):
        gates.append(_run_phase(plan.full_finetune, gates, programs, lock))
        if gates[-1]["next"]["step"] != "drop":
            shipped = plan.full_finetune
    report = report_on_test(plan, shipped, programs.evaluate, lock)
    print(*closing_lines(_rows(plan, gates), report, plan), sep="\n")
    print(f"model: {shipped.best_model}")
    _print_advice(gates, reported=True)
    for line in report_readiness(plan, gates, report):
        print(line)
    return DONE


def phase_4_runs(mode, gate, full_finetune=True):
    """Decide on phase 4 after a passed phase 3.

    Arguments
    ---------
    mode : str
        `auto` follows the gate's own advice; `always` or `never`.
    gate : dict
        The gate of phase 3.
    full_finetune : Phase or None
        What phase 4 would run.

    Returns
    -------
    runs : bool

    Example
    -------
    >>> phase_4_runs("auto", {"next": {"step": "full_corpus"}})
    False
    """
    if full_finetune is None or mode == "never":
        return False
    return mode == "always" or gate["next"]["step"] == "phase4"


def _refuse_folders(plan):
    """Before any training, so that a wrong setting costs no time."""
    for phase in plan.may_run:
        refuse_damaged(phase.folder)
        refuse_other_config(phase.folder, phase.config)


def _run_phase(phase, gates, programs, lock):
    before = gates[-1]["wer"] if gates else None
    gate = read_gate(phase.folder)
    if gate:
        # The first phase may start from a model of no phase of this plan.
        if gates and gate.get("previous_wer", before) not in (before, None):
            raise InputError(
                f"{phase.folder} was trained from an earlier model than the "
                "one that is there now: move the folder away"
            )
        print(f"{phase.name}: done before, {gate['reasons'][0]}")
        return gate
    print(f"{phase.name}: training in {phase.folder}")
    options = write_options(phase.overrides)
    run_child([*programs.train, str(phase.file), *options], phase.name, lock)
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
