"""A trial that is trained, seen from outside."""

from childasr.curriculum.phase_folder import read_log


class Watch:
    """Tells Optuna the WER of each epoch, and heeds its advice to stop.

    Arguments
    ---------
    trial : optuna.trial.Trial
    run : Phase
    told : dict
        Epoch to WER, what Optuna was told before this sweep was stopped.
    """

    def __init__(self, trial, run, told):
        self.trial, self.run, self.told = trial, run, dict(told)
        self.is_pruned = bool(told) and trial.should_prune()

    def __call__(self):
        """Look at the log; whether to stop the trial."""
        for epoch, wer in _wers(self.run):
            if self.is_pruned:
                break
            if epoch not in self.told:
                self.told[epoch] = wer
                self.trial.report(wer, epoch)
                self.is_pruned = self.trial.should_prune()
        return self.is_pruned


def _wers(run):
    """Epoch and WER of each epoch that was trained."""
    log = read_log(run.folder) or {"epochs": []}
    return [
        (entry["epoch"], entry["val/wer"])
        for entry in log["epochs"]
        if entry["epoch"] > 0
    ]
