"""The Brain: one phase of CTC fine-tuning."""

import logging
import time
from pathlib import Path

import speechbrain as sb
import torch
from speechbrain.utils.distributed import if_main_process

from childasr.export.model import save_model
from childasr.model.encoder import sample_counts
from childasr.model.keyed_random import hash_ids, utterance_keys
from childasr.training.console import epoch_rows, table_head
from childasr.training.disk import space_for, tensor_bytes
from childasr.training.faults import Faults
from childasr.training.health import Health, blank_only
from childasr.training.log import keep_lines
from childasr.training.losses import losses_by_token
from childasr.training.precision import is_overflow
from childasr.training.recoverables import (
    Configuration,
    RandomState,
    TrainedParameters,
)
from childasr.training.resumable import ResumableBrain
from childasr.training.validation import Validation


class CTCBrain(ResumableBrain):
    """Fine-tunes a wav2vec2 encoder and a CTC head through one phase.

    - Loss: the sum over utterances of CTC loss by target token, divided by
      `batch_size`, the fixed average count. A mean over the batch would give
      an utterance in a batch of many short ones a fraction of the weight of
      one in a batch of few long ones.
    - EMA: moves on applied steps only; validated, kept and exported as the
      model. It costs a copy of the trained parameters.
    - A loss or gradient that is not finite skips the step, is counted and
      listed; more than `nonfinite_patience` in an epoch stop the run. An fp16
      scaler's overflow is its normal working and is not counted.
    - A recording that cannot be read is left out, counted and listed; more
      than `max_unreadable_share` of an epoch stop the run, and so does one of
      the validation split.
    - `best_model` is the strict minimum of validation WER; min_delta is the
      stopper's alone.
    - A phase that starts from another validates it first, as epoch 0.
    - Not supported: several optimisers or parameter groups.

    Arguments
    ---------
    modules : dict
        `encoder` (Wav2Vec2Encoder) and `head` (torch.nn.Linear), on entry
        with the weights that the phase starts from.
    units : TextUnits
    log : TrainingLog
    origin : dict
        Facts that exported models carry, for `check_origin`.
    train_loader, valid_loader : DataLoader
    **kwargs
        `opt_class`, `hparams`, `run_opts`, `checkpointer`, as in SpeechBrain.
    """

    def __init__(
        self, modules, units, log, origin, train_loader, valid_loader, **kwargs
    ):
        super().__init__(train_loader, modules=modules, **kwargs)
        self.units = units
        self.log = log
        self.origin = origin
        self.valid_loader = valid_loader
        self.curves = self.hparams.curves
        self.example_ids = self.curves.pick_examples(
            valid_loader.dataset.manifest
        )
        # The modules themselves: `self.modules` wraps them under DDP.
        self.encoder = self.modules["encoder"]
        self.head = self.modules["head"]
        self.trained = TrainedParameters(
            {"encoder": self.encoder, "head": self.head}
        )
        self.train_stats = {}  # empty in epoch 0, which trains nothing
        self.ema = self.hparams.ema(list(self.trained.parameters.values()))
        # It counts from 1: with one step more, 0 comes after the last.
        self.lr_schedule = self.hparams.lr_schedule(
            num_training_steps=self.count_steps() + 1
        )
        self.faults = Faults(
            self.hparams.output_folder,
            len(train_loader.dataset),
            self.hparams.max_unreadable_share,
            self.nonfinite_patience,
        )
        self.health = Health(
            self.hparams.warmup_steps, self.max_grad_norm, self.device
        )
        self.checkpointer.add_recoverables(
            {
                "configuration": Configuration(
                    log.content["config"], origin, self.precision
                ),
                "log": log,
                "faults": self.faults,
                "health": self.health,
                "trained": self.trained,
                "ema": self.ema,
                "counter": self.hparams.epoch_counter,
                "lr_schedule": self.lr_schedule,
                "random_state": RandomState(),
            }
        )

    def init_optimizers(self):
        """One optimiser with one group, over what is trained."""
        self.optimizer = self.opt_class(self.trained.parameters.values())
        self.optimizers_dict = {"opt_class": self.optimizer}
        self.checkpointer.add_recoverable("optimizer", self.optimizer)

    def on_fit_start(self):
        """Resume, or validate what the phase starts from as epoch 0."""
        super().on_fit_start()
        # Its "Going into epoch 1" would stand between the rows of the table.
        logging.getLogger("speechbrain.utils.epoch_loop").setLevel("WARNING")
        if if_main_process():
            hparams = self.hparams
            keep_lines(hparams.train_logger.save_file, len(self.log.epochs))
            head = table_head(self.trained.count(), hparams.valid_manifest)
            print(head, flush=True)
        untrained = self.hparams.epoch_counter.current == self.step == 0
        if untrained and self.hparams.start_from:
            enable = not self.noprogressbar and if_main_process()
            self._fit_valid(self.valid_loader, epoch=0, enable=enable)

    def compute_forward(self, batch, stage):
        """Log-probabilities [batch, frames, units] and frames [batch]."""
        wav, wav_lens = batch.sig
        wav = wav.to(self.device, non_blocking=True)
        keys = None
        if stage == sb.Stage.TRAIN and self.encoder.spec_augment is not None:
            keys = utterance_keys(
                hash_ids(batch.id), self.hparams.seed, self.epoch, "mask"
            )
        # CTC and the masks need lengths on the CPU; DDP would move a tensor.
        features = self.modules.encoder(wav, wav_lens.numpy(), keys)
        logits = self.modules.head(features)
        frames = self.encoder.frame_counts(sample_counts(wav, wav_lens))
        return logits.float().log_softmax(dim=-1), frames

    def compute_objectives(self, predictions, batch, stage):
        """The batch's share of the loss; in validation also the hypotheses."""
        log_probs, frames = predictions
        losses = losses_by_token(
            log_probs, frames, batch.tokens, self.units.blank_id
        )
        split = "train" if stage == sb.Stage.TRAIN else "valid"
        self.faults.add_unreadable(self.epoch, split, batch.unreadable)
        if batch.is_empty:
            return 0 * losses.sum()
        if stage != sb.Stage.TRAIN:
            self.validation.add(log_probs, frames, losses, batch)
            return losses.mean()
        blanks = blank_only(log_probs, frames, self.units.blank_id)
        self._note(losses.detach(), blanks, batch)
        world_size = self.train_sampler.world_size
        # DDP averages gradients over processes; the sum is what is wanted.
        return losses.sum() * world_size / self.hparams.batch_size

    def _note(self, losses, blanks, batch):
        """Add a training batch to what is logged and watched."""
        self.progress.add_losses(losses)
        self.progress.add_blanks(blanks)
        self.health.add_batch(losses, blanks)
        self.window_losses.append((batch.id, losses))

    def on_fit_batch_start(self, batch, should_step):
        """Set the step's learning rate, before the step and not after it."""
        self.progress.add_batch(self.step - 1, batch.ids)
        if should_step:
            self.lr_schedule(self.optimizer)

    def check_loss_isfinite(self, loss):
        """Leave the decision to `optimizers_step`, where it can be acted on."""
        self.losses_finite = self.losses_finite & torch.isfinite(loss.detach())

    def optimizers_step(self):
        """Clip over every parameter, then step unless something is not finite.

        SpeechBrain steps on a NaN, and clips only the first parameter group.
        """
        self.faults.check_unreadable(self.epoch, "train", self.device)
        self.scaler.unscale_(self.optimizer)
        norm = torch.nn.utils.clip_grad_norm_(
            self.trained.parameters.values(), self.max_grad_norm
        )
        applied = bool(torch.isfinite(norm))
        overflow = not applied and is_overflow(self.scaler, self.losses_finite)
        if applied or overflow:
            self.scaler.step(self.optimizer)  # skips an overflow itself
            self.scaler.update()
        if applied:
            self.ema.update()
            self.progress.add_norm(norm.detach())
            self.health.add_step(norm.detach())
        elif not overflow:
            # Without an update it would refuse to unscale the next step.
            self.scaler.update(self.scaler.get_scale())
            self.progress.nonfinite += 1
            self.faults.add_nonfinite(
                self.epoch,
                self.step,
                self.window_losses,
                self.progress.nonfinite,
            )
        self.optimizer.zero_grad(set_to_none=True)
        self.optimizer_step += 1
        self._open_window()

    def _open_window(self):
        """Forget the micro-batches of the step before."""
        self.window_losses = []
        self.losses_finite = torch.ones((), dtype=bool, device=self.device)

    def on_stage_start(self, stage, epoch=None):
        """Empty the accumulators; validate with the average as the model."""
        super().on_stage_start(stage, epoch)
        if stage == sb.Stage.TRAIN:
            self._open_window()
        else:
            self.validation_start = time.perf_counter()
            self.validation = Validation(self.units, self.example_ids)
            self.ema.swap()

    def on_stage_end(self, stage, stage_loss, epoch=None):
        """After validation: log, judge, export the best, save."""
        if stage == sb.Stage.TRAIN:
            self.faults.write()
            count = self.faults.count_unreadable(epoch, "train", self.device)
            self.train_stats = self.progress.entry()
            self.train_stats["train/unreadable"] = count
            return
        self.faults.check_unreadable(epoch, "valid", self.device)
        seconds = time.perf_counter() - self.validation_start
        entry = {"epoch": epoch, **self._entry(seconds)}
        is_best = entry["val/wer"] < self.log.best_wer()
        self.log.add(entry)
        self.hparams.epoch_counter.update_metric(entry["val/wer"])
        if is_best:
            self.export("best_model")
        self.ema.swap()
        self._show(entry, is_best)
        if epoch > 0:
            self.checkpointer.save_checkpoint(
                meta={"epoch": epoch, "wer": entry["val/wer"]},
                name=f"epoch_{epoch:02d}",
                verbosity=logging.DEBUG,
            )

    def _show(self, entry, is_best):
        """An epoch on the console, in the curves and in `train_log.txt`."""
        if if_main_process():
            print(epoch_rows(entry, is_best), flush=True)
            self.curves.add(self.log.content, self.validation.transcripts)
        train = {"loss": entry["train/loss"], "grad norm": entry["grad_norm"]}
        # On every process: SpeechBrain's logger ends with a broadcast.
        self.hparams.train_logger.log_stats(
            stats_meta={"epoch": entry["epoch"], "lr": entry["train/lr"]},
            train_stats={k: v for k, v in train.items() if v is not None},
            valid_stats={
                "loss": entry["val/loss"],
                "WER": 100 * entry["val/wer"],
                "CER": 100 * entry["val/cer"],
                "PER": 100 * entry["val/phoneme_error_rate"],
            },
            verbose=False,  # the console has its table
        )

    def _entry(self, seconds):
        """The plan's metrics; those of training are None in epoch 0."""
        train = self.train_stats
        return {
            "train/loss": train.get("train/loss"),
            "train/lr": self.optimizer.param_groups[0]["lr"] if train else None,
            **self.validation.entry(),
            "grad_norm": train.get("grad_norm"),
            "nonfinite_steps": train.get("nonfinite_steps", 0),
            "train/unreadable": train.get("train/unreadable", 0),
            "train/blank_share": train.get("train/blank_share"),
            "train/batches_sha256": train.get("train/batches_sha256"),
            "model/trainable_params": self.trained.count(),
            "epoch_time": seconds + train.get("seconds", 0.0),
        }

    def export(self, name):
        """Write the weights as they are now to the folder `name`."""
        if if_main_process():
            folder = Path(self.hparams.output_folder) / name
            parts = (self.encoder, self.head)
            needed = tensor_bytes([part.state_dict() for part in parts])
            with space_for(name, folder.parent, needed):
                save_model(*parts, self.units, folder, self.origin)
