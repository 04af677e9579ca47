"""The run of a phase in Weights & Biases."""

from pathlib import Path

from childasr.errors import InputError

PROJECT = "childasr"


class WandbRun:
    """Sends the curves of a phase, and its settings, to Weights & Biases.

    Where they go is W&B's own business: `WANDB_MODE=offline`, `WANDB_ENTITY`
    and so on hold. Never sent: transcripts, and the console, where warnings
    name utterances.

    SpeechBrain's `WandBLogger` is not used: it raises its own TypeError for
    whatever goes wrong when a run is opened, and cannot be made before the
    folder of the run.

    An epoch that is trained again keeps its first point: W&B takes no step
    twice.

    Arguments
    ---------
    folder : str or Path
        The phase's output folder; it keeps the run's id, so that a phase that
        is resumed goes on with the same run.

    Raises
    ------
    InputError
        wandb is not installed.
    """

    def __init__(self, folder):
        try:
            # Not at the top: it is needed by none but those who ask for it.
            from wandb import Settings, init
        except ImportError as error:
            raise InputError(
                "wandb True, but wandb is not installed: pip install wandb, "
                "or give --wandb False"
            ) from error
        self.folder = Path(folder)
        self.init, self.settings = init, Settings(console="off")
        self.run = None

    def add(self, record, points):
        """Send the points of the last epoch of a record.

        Arguments
        ---------
        record : dict
            The content of `training_log.json`.
        points : dict
            From `curve_points`.
        """
        if self.run is None:
            self.run = self._open(record)
        self.run.log(points, step=record["epochs"][-1]["epoch"])

    def _open(self, record):
        kept = self.folder / "wandb_run_id.txt"
        run = self.init(
            project=PROJECT,
            name=record["phase"],
            config=record["config"],
            dir=self.folder,
            id=kept.read_text() if kept.is_file() else None,
            resume="allow",
            settings=self.settings,
        )
        kept.write_text(run.id)
        return run
