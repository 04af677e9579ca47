"""The curves of a phase: TensorBoard, and Weights & Biases where asked for."""

from pathlib import Path

import numpy as np
from torch.utils.tensorboard import SummaryWriter

from childasr.training.wandb_run import WandbRun

# What TensorBoard's tab "Custom Scalars" draws in one chart: regular
# expressions, matched from the start of a tag. `add_scalars` would make a run
# of each group instead, and its points outlive a resumed run.
CHARTS = {
    "validation WER": {
        "by age": ["Multiline", ["val/wer_by_age/"]],
        "by SNR in dB": ["Multiline", ["val/wer_by_snr/"]],
    },
    "loss and error rates": {
        "loss": ["Multiline", ["train/loss$", "val/loss$"]],
        "validation error rates": [
            "Multiline",
            ["val/wer$", "val/cer$", "val/phoneme_error_rate$"],
        ],
    },
}


class Curves:
    """One point of every curve after each epoch, and a few transcripts.

    Used on the main process alone. What children say is private: transcripts
    go into the TensorBoard files of the phase folder and nowhere else.

    Arguments
    ---------
    folder : str or Path
        The phase's output folder; `tensorboard/` is made in it.
    examples : int
        Validation utterances whose transcripts are kept; 0 for none.
    wandb : bool
        Whether Weights & Biases gets the curves too.

    Raises
    ------
    InputError
        wandb is asked for and not installed.

    Example
    -------
    >>> folder = getfixture("tmp_path")
    >>> curves = Curves(folder, examples=1)
    >>> record = {"phase": "phase1", "epochs": [{"epoch": 1, "val/wer": 0.5}]}
    >>> curves.add(record, {"u1": ("나는 간다", "나는 산다")})
    >>> [path.name for path in folder.iterdir()]
    ['tensorboard']
    """

    def __init__(self, folder, examples=0, wandb=False):
        self.folder = Path(folder)
        self.examples = examples
        self.writer = None
        self.wandb_run = WandbRun(folder) if wandb else None

    def pick_examples(self, manifest):
        """The IDs of the examples, whatever the order of the manifest.

        Arguments
        ---------
        manifest : Manifest
            Of the validation split.

        Returns
        -------
        IDs : list of str
            Those with the lowest hashes.
        """
        rows = np.argsort(manifest.id_hashes, kind="stable")[: self.examples]
        return manifest.column("ID").take(rows).to_pylist()

    def add(self, record, transcripts):
        """Add the points of the last epoch of a record.

        Arguments
        ---------
        record : dict
            The content of `training_log.json`.
        transcripts : dict
            ID to (reference, hypothesis), of the examples.
        """
        entry = record["epochs"][-1]
        points = curve_points(entry)
        if self.writer is None:
            self.writer = self._open(entry["epoch"])
        for tag, value in points.items():
            self.writer.add_scalar(tag, value, entry["epoch"])
        for place, (ID, (ref, hyp)) in enumerate(transcripts.items(), start=1):
            text = example_text(ID, ref, hyp)
            self.writer.add_text(f"examples/{place}", text, entry["epoch"])
        self.writer.flush()
        if self.wandb_run is not None:
            self.wandb_run.add(record, points)

    def _open(self, epoch):
        # Points of epochs that are trained again are replaced.
        writer = SummaryWriter(self.folder / "tensorboard", purge_step=epoch)
        writer.add_custom_scalars(CHARTS)
        return writer


def curve_points(entry):
    """The points of one epoch, by the name of their curve.

    What an epoch does not have (None) is a gap in its curve; a hash has none.

    Example
    -------
    >>> entry = {"epoch": 0, "train/loss": None, "val/wer": 0.5}
    >>> curve_points(entry | {"val/wer_by_snr": {"<10": 0.6, "10-20": None}})
    {'val/wer': 0.5, 'val/wer_by_snr/<10': 0.6}
    """
    points = {}
    for key, value in entry.items():
        if isinstance(value, dict):
            points |= {f"{key}/{label}": rate for label, rate in value.items()}
        elif key != "epoch" and not isinstance(value, str):
            points[key] = value
    return {key: value for key, value in points.items() if value is not None}


def example_text(ID, ref, hyp):
    """An utterance as Markdown: reference over hypothesis in a code block.

    In an indented code block nothing has a meaning, and nothing but a line
    that is not indented ends it.

    Example
    -------
    >>> print(example_text("u1", "나는 *간다*", "나는 간다"))
        ID   u1
        ref  나는 *간다*
        hyp  나는 간다
    """
    lines = {"ID": ID, "ref": ref, "hyp": hyp}
    return "\n".join(
        f"    {name:<3}  {' '.join(text.split())}"
        for name, text in lines.items()
    )
