"""A Brain that may be killed at any moment and goes on exactly."""

import logging
import time

import speechbrain as sb

from childasr.training.breakdowns import (
    loader_failures_named,
    names_the_batch,
)
from childasr.training.interrupt import Interrupt
from childasr.training.processes import any_process, gather
from childasr.training.progress import EpochProgress

SHOWN_EVERY = 10  # batches


class ResumableBrain(sb.core.Brain):
    """Brain whose checkpoints fall on optimiser steps and hold everything.

    A checkpoint is made every `ckpt_interval_minutes` (or batches, with
    `ckpt_interval_steps` and 0 minutes), after the last step of an epoch, so
    that a validation that is cut short costs no training, and when SIGINT or
    SIGTERM asks the run to stop. SpeechBrain makes its own between any two
    batches, without the gradients that have gathered, and counts non-finite
    steps and the time of the epoch from there anew.

    An epoch whose batches are no multiple of `grad_accumulation_factor` ends
    with a step on what is left, which SpeechBrain drops. A subclass's loss is
    a sum over a fixed count, so each utterance weighs the same in it.

    Arguments
    ---------
    train_loader : DataLoader
        Over a DurationBatchSampler.
    **kwargs
        As in SpeechBrain.
    """

    def __init__(self, train_loader, **kwargs):
        super().__init__(**kwargs)
        self.train_loader = train_loader
        self.train_sampler = train_loader.batch_sampler
        self.batch_counts = {
            epoch: self.train_sampler.count_batches(epoch)
            for epoch in range(1, self.hparams.number_of_epochs + 1)
        }
        self.progress = EpochProgress(self.device)
        self.checkpointer.add_recoverable("progress", self.progress)

    def count_steps(self):
        """Optimiser steps of the whole phase."""
        factor = self.grad_accumulation_factor
        return sum(-(-count // factor) for count in self.batch_counts.values())

    def fit(self, *args, **kwargs):
        """Train as SpeechBrain does, but stop where it can go on."""
        with loader_failures_named(), Interrupt() as self.interrupt:
            super().fit(*args, **kwargs)

    def on_stage_start(self, stage, epoch=None):
        """Begin the epoch's training where the checkpoint was made."""
        self.epoch = epoch
        if stage == sb.Stage.TRAIN:
            self.train_sampler.start = self.step
            self.progress.open(epoch, self.batch_counts[epoch])

    @property
    def is_last_batch(self):
        return self.step == self.batch_counts[self.epoch]

    @property
    def should_step(self):
        at_multiple = self.step % self.grad_accumulation_factor == 0
        return at_multiple or self.is_last_batch

    @names_the_batch
    def fit_batch(self, batch):
        """As in SpeechBrain, but for a step at the last batch too."""
        should_step = self.should_step
        self.on_fit_batch_start(batch, should_step)
        with self.no_sync(not should_step):
            with self.training_ctx:
                outputs = self.compute_forward(batch, sb.Stage.TRAIN)
                loss = self.compute_objectives(outputs, batch, sb.Stage.TRAIN)
            scaled_loss = self.scaler.scale(
                loss / self.grad_accumulation_factor
            )
            self.check_loss_isfinite(scaled_loss)
            scaled_loss.backward()
        if should_step:
            self.optimizers_step()
        self.on_fit_batch_end(batch, outputs, loss, should_step)
        return loss.detach()

    def update_average(self, loss, avg_loss):
        """In training, what the progress bar shows: the mean loss so far.

        It is read now and then, as reading waits for the device.
        """
        if not self.modules.training:
            return super().update_average(loss, avg_loss)
        if self.step % SHOWN_EVERY == 0:
            avg_loss = self.progress.mean_loss()
        return avg_loss

    @names_the_batch
    def evaluate_batch(self, batch, stage):
        """Stop in a validation at once: its training is saved."""
        asked = self.interrupt.signum is not None
        if any_process(asked, device=self.device)[0]:
            self.interrupt.stop()
        return super().evaluate_batch(batch, stage)

    def _should_save_intra_epoch_ckpt(self, last_ckpt_time, steps_since_ckpt):
        if not self.should_step:
            return False
        minutes = (time.time() - last_ckpt_time) / 60
        due = 0 < self.ckpt_interval_minutes < minutes
        due = due or 0 < self.ckpt_interval_steps <= steps_since_ckpt
        asked = self.interrupt.signum is not None
        # Clocks and signals are not in step.
        due, self.stopping = any_process(due, asked, device=self.device)
        return due or self.stopping or self.is_last_batch

    def _save_intra_epoch_ckpt(self):
        self.checkpointer.save_checkpoint(
            end_of_epoch=False,
            name=f"epoch_{self.epoch:02d}_batch_{self.step}",
            verbosity=logging.DEBUG,
        )
        if self.stopping:
            gather(None)  # a launcher ends them all as soon as one has ended
            self.interrupt.stop()
