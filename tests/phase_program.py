"""A stand-in for train.py and evaluate.py that only writes their files.

> python phase_program.py train PHASE_FILE --key value ...
> python phase_program.py evaluate MODEL MANIFEST --output_dir R

`script.json` in the current folder says, by phase, what to do: `wers` to log,
`exit` to end with that status before any file, `wait` to stop only on a
signal, `leave_out` a file of the result. Each call is added to `calls.txt`.
"""

import json
import os
import signal
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from childasr.curriculum.gate import judge
from childasr.curriculum.options import read_options
from childasr.curriculum.phase_file import read_config
from childasr.curriculum.phase_folder import content_hashes
from childasr.text.files import file_sha256, write_json


def train(file, *options):
    config = read_config(file, read_options(options))
    script = json.loads(Path("script.json").read_text())[config["phase"]]
    note(config["phase"])
    if "exit" in script:
        print("error: made to fail", file=sys.stderr)
        sys.exit(script["exit"])
    if "kill" in script:
        os.kill(os.getpid(), script["kill"])
    if script.get("wait"):
        wait_for_a_signal()
    folder = Path(config["output_folder"])
    for model in ("best_model", "final_model"):
        save_model(folder / model)
    epochs = [
        {
            "epoch": epoch,
            "train/loss": None if epoch == 0 else 1 / epoch,
            "val/loss": 1.0,
            "val/wer": wer,
            "grad_norm": None if epoch == 0 else 1.0,
            "epoch_time": 61.0,
        }
        for epoch, wer in enumerate(script["wers"])
    ]
    config |= content_hashes(config)
    log = {"phase": config["phase"], "config": config, "epochs": epochs}
    write_json(folder / "training_log.json", log)
    write_json(folder / "gate.json", judge(log))
    if "leave_out" in script:
        (folder / script["leave_out"]).unlink()


def save_model(folder):
    folder.mkdir(parents=True, exist_ok=True)
    weights = np.frombuffer(os.urandom(8), np.uint8)  # those of no other
    save_file({"w": weights}, folder / "model.safetensors")
    for name in ("config.json", "preprocessor_config.json"):
        (folder / name).write_text("{}")


def wait_for_a_signal():
    def stop(signum, frame):
        print("saved", flush=True)
        sys.exit(128 + signum)

    signal.alarm(120)  # no orphan where a test fails
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    print("ready", flush=True)
    signal.pause()


def evaluate(model, manifest, *options):
    note(f"evaluate {model}")
    script = json.loads(Path("script.json").read_text())
    if "evaluate" in script:
        sys.exit(script["evaluate"]["exit"])
    row = {"words": 100, "wer": 0.125, "wer_interval": [0.05, 0.2]}
    row["warning"] = "few_words"
    groups = {"age": {"7": row}, "snr": {"<10": {"words": 0, "wer": None}}}
    report = {
        "model": model,
        "model_sha256": file_sha256(Path(model, "model.safetensors")),
        "manifest_sha256": file_sha256(manifest),
        "overall": row,
        "groups": groups,
    }
    folder = Path(read_options(options)["output_dir"])
    write_json(folder / "report.json", report)


def note(call):
    with open("calls.txt", "a", encoding="utf-8") as file:
        file.write(f"{call}\n")


if __name__ == "__main__":
    {"train": train, "evaluate": evaluate}[sys.argv[1]](*sys.argv[2:])
