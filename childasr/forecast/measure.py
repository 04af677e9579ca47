"""What one phase costs on this machine, measured by doing some of it.

> python -m childasr.forecast.measure '{"arguments": [...], ...}'

Prints a JSON object. A process of its own, so that start-up and memory are
those of a training. Its output folder is the caller's, to be thrown away.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import speechbrain as sb
import torch

from childasr.command import run_command
from childasr.evaluation.recogniser import Recogniser
from childasr.forecast.cost import fit_costs, seconds_for
from childasr.forecast.meter import Meter, peak_memory, reset_peak
from childasr.training.command_line import parse_arguments
from childasr.training.interrupt import Interrupt
from childasr.training.worst_batch import brain_of

# Shares of the time that is left after start-up; the rest is for a checkpoint
# and an export. The worst batch is tried where it takes no more than this.
TRAINING, WORST, VALIDATION, DECODING = 0.5, 0.15, 0.15, 0.15
LEAST = 2.0  # seconds, where start-up took all there was


def measure(request):
    """Measure a phase.

    Arguments
    ---------
    request : dict
        `arguments` (as for `train.py`), `started` (when the caller began, by
        `time.time`), `seconds` (to take in all) and `decode` (whether to
        transcribe too).

    Returns
    -------
    found : dict
    """
    arguments = request["arguments"]
    file, _, overrides = parse_arguments(arguments)
    brain = brain_of(arguments)
    sb.create_experiment_directory(brain.hparams.output_folder, file, overrides)
    startup = time.time() - request["started"]
    left = max(LEAST, request["seconds"] - startup)
    meter = Meter(brain)
    with Interrupt() as brain.interrupt:
        training, smallest = meter.train(TRAINING * left)
        costs = fit_costs(training)[0]
        tried = meter.try_worst(
            lambda padded: seconds_for(costs, 2, padded) < WORST * left
        )
        validation = meter.validate(VALIDATION * left, smallest)
        saving = _time_saving(brain, meter.kind)
    folder = Path(brain.hparams.output_folder)
    found = {
        "device": str(brain.device),
        "precision": brain.precision,
        "threads": torch.get_num_threads(),
        "startup_seconds": startup,
        "training": training,
        "smallest": smallest,
        "validation": validation,
        "peaks": meter.peaks,
        "worst_batch": tried,
        **saving,
        "speeds": getattr(brain.train_sampler.speed_perturb, "speeds", []),
        "trained_parameters": brain.trained.count(),
        "model_bytes": _bytes(folder / "best_model"),
        "checkpoint_bytes": _bytes(folder / "save" / "CKPT+epoch_01"),
    }
    if request["decode"]:
        found["decoding"] = _decode(brain, folder, DECODING * left)
    return found


def _time_saving(brain, kind):
    """Seconds of what is written after an epoch, and the memory it takes."""
    reset_peak(kind)
    begin = time.perf_counter()
    brain.on_stage_end(sb.Stage.VALID, 0.0, epoch=1)
    epoch_end = time.perf_counter()
    brain.checkpointer.save_checkpoint(end_of_epoch=False, name="within")
    saved = time.perf_counter()
    brain.export("final_model")
    exported = time.perf_counter()
    return {
        "epoch_end_seconds": epoch_end - begin,
        "checkpoint_seconds": saved - epoch_end,
        "export_seconds": exported - saved,
        "saving_peak_bytes": peak_memory(kind),
    }


def _decode(brain, folder, seconds):
    """Audio and time of transcribing validation recordings."""
    manifest = brain.valid_loader.dataset.manifest
    device = str(brain.device)
    loading = time.perf_counter()
    recogniser = Recogniser(folder / "final_model", device)
    start = time.perf_counter()
    rows = np.random.default_rng(0).permutation(len(manifest))
    taken, spent, audio, seconds_taken = 0, 0.0, 0.0, 0.0
    # Twice as many each time, as long as there is time; the first warm up,
    # and the last can be what is left over.
    while taken < len(rows) and (audio == 0 or 3 * spent < seconds):
        some = rows[taken : 2 * taken + 4]
        taken += len(some)
        paths = [manifest[int(row)].wav for row in some]
        begin = time.perf_counter()
        recogniser.transcribe_files(paths, manifest.durations[some].tolist())
        spent = time.perf_counter() - begin
        heard = float(manifest.durations[some].sum())
        if heard >= audio:
            audio, seconds_taken = heard, spent
    return {
        "loading_seconds": start - loading,
        "audio_seconds": audio,
        "seconds": seconds_taken,
    }


def _bytes(folder):
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def main():
    print(json.dumps(measure(json.loads(sys.argv[1]))))


if __name__ == "__main__":
    run_command(main)
