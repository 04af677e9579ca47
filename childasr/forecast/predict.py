"""From what steps cost to hours, memory and disk."""

import numpy as np

from childasr.forecast.cost import (
    fit_costs,
    fit_memory,
    seconds_for,
    with_range,
)
from childasr.training.batching import DurationBatchSampler, batch_ends
from childasr.training.speed import KeyedSpeedPerturb
from childasr.training.worst_batch import worst_shapes

# Of gradients between GPUs: what PCIe 3.0 with 16 lanes does, and NVLink far
# exceeds. Assumed, not measured.
EXCHANGE = 10e9  # bytes a second
VALUE_BYTES = 4  # of a gradient
# Audio that the plan's V100 trains in an hour, by the plan's own hours.
V100 = {
    "phase1": 27.2 * 10 / 4.5,
    "phase2": 81.7 * 8 / 15,
    "phase3": 136.2 * 5 / 18,
    "phase4": 136.2 * 2 / 7,
}
V100_FULL = 3500 * 5 / 600  # of all ways to the full corpus


class Prediction:
    """What a job will take, on any number of GPUs.

    Each batch is dealt out to the GPUs, so that a step costs each of them a
    part of it, and then all exchange their gradients. Start-up and saving
    take as long on many. Epochs are those that are planned: a phase that
    stops early takes less.

    Arguments
    ---------
    job : Job
    found : dict
        From `measure`, of the job's kind.
    """

    def __init__(self, job, found):
        self.job, self.found = job, found
        self.config = job.phase.config
        self.training_costs = fit_costs(found["training"])
        self.validation_costs = fit_costs(found["validation"])
        self.epochs = self.config["number_of_epochs"]
        self.sampler = self._sampler()
        counts = map(self.sampler.count_batches, range(1, self.epochs + 1))
        self.steps = sum(counts)
        self.shapes = self._training_shapes()
        self.validation_shapes = self._validation_shapes()

    def _sampler(self):
        probability = self.config["speed_perturb_prob"]
        perturb = None
        if probability > 0:
            speeds = self.found["speeds"]
            perturb = KeyedSpeedPerturb(16_000, speeds, probability)
        return DurationBatchSampler(
            self.job.hashes,
            self.job.train,
            self.config["batch_size"],
            self.config["seed"],
            perturb,
            fixed=self.config["fixed_batches"],
        )

    def _training_shapes(self):
        """Utterances and seconds of the longest of an epoch's batches."""
        batches, speeds = self.sampler.batches(1)
        durations = self.sampler.durations * 100 / speeds
        counts = np.array([len(rows) for rows in batches])
        starts = np.cumsum(counts) - counts
        played = durations[np.concatenate(batches)]
        return np.stack([counts, np.maximum.reduceat(played, starts)], axis=1)

    def _validation_shapes(self):
        ordered = np.sort(self.job.valid)
        ends = batch_ends(ordered, self.config["batch_size"])
        return np.stack([np.diff(ends, prepend=0), ordered[ends - 1]], axis=1)

    def training(self, gpus=1):
        """Seconds of all steps, [1 + DRAWS]."""
        counts, lengths = self.shapes.T
        padded = (np.ceil(counts / gpus) * lengths).sum()
        # Of the first epoch; the others differ in the last batch, if at all.
        padded *= self.steps / len(self.shapes)
        seconds = seconds_for(self.training_costs, self.steps, padded)
        return seconds + self.steps * self._exchange(gpus)

    def _exchange(self, gpus):
        """Seconds of a step in which gradients go round a ring of GPUs."""
        gradients = VALUE_BYTES * self.found["trained_parameters"]
        return 2 * (gpus - 1) / gpus * gradients / EXCHANGE

    def validation(self, gpus=1):
        """Seconds of all passes, [1 + DRAWS]; batches are dealt out whole."""
        padded = self.validation_shapes.prod(axis=1)
        rounds = -(-len(padded) // gpus)
        mean = padded.mean()
        once = seconds_for(self.validation_costs, rounds, rounds * mean)
        return self.passes * once

    @property
    def passes(self):
        """Validations: of each epoch, and of what the phase starts from."""
        return self.epochs + bool(self.config["start_from"])

    def checkpoints(self, training):
        """Seconds of the checkpoints that fall into epochs."""
        every = 60 * self.config["ckpt_interval_minutes"]
        count = self.epochs + (training // every if every > 0 else 0)
        return count * self.found["checkpoint_seconds"]

    def saving(self):
        """Seconds after epochs, were each one the best, and at the end."""
        ends = self.passes * self.found["epoch_end_seconds"]
        return ends + self.found["export_seconds"]

    def memory(self, gpus=1):
        """Bytes for the batch that needs most of them."""
        base, slope = fit_memory(self.found["peaks"])
        worst = max(
            -(-count // gpus) * seconds
            for count, seconds in worst_shapes(
                self.sampler, self.config["batch_size"]
            )
        )
        # Several processes gather gradients in buckets before they send them.
        buckets = VALUE_BYTES * self.found["trained_parameters"] * (gpus > 1)
        peak = max(base + slope * worst, self.found["saving_peak_bytes"])
        return peak + buckets

    def disk(self):
        """Bytes: two models, one being written, and all checkpoints."""
        models = 3 * self.found["model_bytes"]
        return models + (self.epochs + 1) * self.found["checkpoint_bytes"]

    def on(self, gpus):
        """Everything that depends on the number of GPUs.

        Returns
        -------
        figures : dict
            Of `seconds`, each part, and all of them with their range.
        """
        training, validation = self.training(gpus), self.validation(gpus)
        checkpoints = self.checkpoints(training[0])
        rest = self.found["startup_seconds"] + self.saving()
        whole = training + validation + checkpoints + rest
        return {
            "gpus": gpus,
            "seconds": with_range(whole),
            "training_seconds": float(training[0]),
            "validation_seconds": float(validation[0]),
            "checkpoint_seconds": float(checkpoints),
            "other_seconds": float(rest),
            "memory_bytes": round(self.memory(gpus)),
        }

    def entry(self, gpus):
        """All of it, as `plan.json` has it.

        Arguments
        ---------
        gpus : list of int
        """
        job = self.job
        trained = job.hours * self.epochs
        rate = V100.get(job.phase.name, V100_FULL)
        return {
            "phase": job.phase.name,
            "folder": str(job.phase.folder),
            "prepared": job.prepared,
            "optional": job.optional,
            "utterances": len(job.train),
            "hours": job.hours,
            "epochs": self.epochs,
            "steps": self.steps,
            "passes": self.passes,
            "disk_bytes": self.disk(),
            "plan_v100_hours": trained / rate,
            "on": [self.on(count) for count in gpus],
        }
