"""The Brain: one phase of CTC fine-tuning."""

import logging
import time

import speechbrain as sb
import torch
from speechbrain.utils.distributed import ddp_all_reduce, if_main_process
from speechbrain.utils.logger import get_logger
from torch.nn.functional import ctc_loss

from childasr.errors import InputError
from childasr.evaluation.groups import age_group, rate_by_group, snr_group
from childasr.evaluation.rates import count_errors, rates
from childasr.export.model import save_model
from childasr.model.encoder import sample_counts
from childasr.model.keyed_random import hash_ids, utterance_keys
from childasr.training.checkpointer import RandomState, TrainedParameters
from childasr.training.log import console_text

logger = get_logger(__name__)


class CTCBrain(sb.core.Brain):
    """Fine-tunes a wav2vec2 encoder and a CTC head through one phase.

    - Loss: the sum over utterances of CTC loss by target token, divided by
      `batch_size`, the fixed average count. A mean over the batch would give
      an utterance in a batch of many short ones a fraction of the weight of
      one in a batch of few long ones.
    - EMA: moves on applied steps only; validated, kept and exported as the
      model. It costs a copy of the trained parameters.
    - A loss or gradient that is not finite skips the step, is counted and
      named; more than `nonfinite_patience` in an epoch stop the run. An fp16
      scaler's overflow is its normal working and is not counted.
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
        super().__init__(modules=modules, **kwargs)
        self.units = units
        self.log = log
        self.origin = origin
        self.train_loader = train_loader
        self.valid_loader = valid_loader
        self.train_sampler = train_loader.batch_sampler
        # The modules themselves: `self.modules` wraps them under DDP.
        self.encoder = self.modules["encoder"]
        self.head = self.modules["head"]
        self.trained = TrainedParameters(
            {"encoder": self.encoder, "head": self.head}
        )
        self.train_stats = {}  # empty in epoch 0, which trains nothing
        self.ema = self.hparams.ema(list(self.trained.parameters.values()))
        steps = sum(
            len(self.train_sampler.batches(epoch)[0])
            // self.grad_accumulation_factor
            for epoch in range(1, self.hparams.number_of_epochs + 1)
        )
        # It counts from 1: with one step more, 0 comes after the last.
        self.lr_schedule = self.hparams.lr_schedule(
            num_training_steps=steps + 1
        )
        self.checkpointer.add_recoverables(
            {
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
        resumed = self.hparams.epoch_counter.current
        self.log.keep_until(resumed if resumed > 0 else -1)
        if resumed == 0 and self.hparams.start_from:
            enable = not self.noprogressbar and if_main_process()
            self._fit_valid(self.valid_loader, epoch=0, enable=enable)

    def compute_forward(self, batch, stage):
        """Log-probabilities [batch, frames, units] and frames [batch]."""
        batch = batch.to(self.device)
        wav, wav_lens = batch.sig
        keys = None
        if stage == sb.Stage.TRAIN and self.encoder.spec_augment is not None:
            keys = utterance_keys(
                hash_ids(batch.id), self.hparams.seed, self.epoch, "mask"
            )
        features = self.modules.encoder(wav, wav_lens, keys)
        logits = self.modules.head(features)
        frames = self.encoder.frame_counts(sample_counts(wav, wav_lens))
        return logits.float().log_softmax(dim=-1), frames

    def compute_objectives(self, predictions, batch, stage):
        """The batch's share of the loss; in validation also the hypotheses."""
        log_probs, frames = predictions
        tokens, token_lens = batch.tokens
        counts = sample_counts(tokens, token_lens)
        losses = (
            ctc_loss(
                log_probs.transpose(0, 1),
                tokens,
                frames,
                counts,
                blank=self.units.blank_id,
                reduction="none",
            )
            / counts
        )
        if stage != sb.Stage.TRAIN:
            self._collect_hypotheses(log_probs, frames, batch, losses)
            return losses.mean()
        self.train_losses.append(losses.detach())
        world_size = self.train_sampler.world_size
        # DDP averages gradients over processes; the sum is what is wanted.
        return losses.sum() * world_size / self.hparams.batch_size

    def _collect_hypotheses(self, log_probs, frames, batch, losses):
        best = log_probs.argmax(dim=-1).cpu()
        self.valid_losses.append(losses.cpu())
        for i, length in enumerate(frames.tolist()):
            hypothesis = self.units.decode_ctc(best[i, :length].tolist())
            self.valid_counts.append(count_errors(batch.text[i], hypothesis))
        self.valid_ages += [age_group(age) for age in batch.age]
        self.valid_snrs += [snr_group(snr) for snr in batch.snr]

    def on_fit_batch_start(self, batch, should_step):
        """Set the step's learning rate, before the step and not after it."""
        self.window_ids += batch.id
        if should_step:
            _, self.lr = self.lr_schedule(self.optimizer)

    def check_loss_isfinite(self, loss):
        """Leave the decision to `optimizers_step`, where it can be acted on."""
        self.losses_finite = self.losses_finite & torch.isfinite(loss.detach())

    def optimizers_step(self):
        """Clip over every parameter, then step unless something is not finite.

        SpeechBrain steps on a NaN, and clips only the first parameter group.
        """
        self.scaler.unscale_(self.optimizer)
        norm = torch.nn.utils.clip_grad_norm_(
            self.trained.parameters.values(), self.max_grad_norm
        )
        applied = bool(torch.isfinite(norm))
        overflow = self.scaler.is_enabled() and bool(self.losses_finite)
        if applied or overflow:
            self.scaler.step(self.optimizer)  # skips an overflow itself
            self.scaler.update()
        if applied:
            self.ema.update()
            self.grad_norms.append(norm.detach())
        elif not overflow:
            self._count_nonfinite()
        self.optimizer.zero_grad(set_to_none=True)
        self.optimizer_step += 1
        self._open_window()

    def _open_window(self):
        """Forget the micro-batches of the step before."""
        self.window_ids = []
        self.losses_finite = torch.ones((), dtype=bool, device=self.device)

    def _count_nonfinite(self):
        self.nonfinite_count += 1
        named = ", ".join(self.window_ids[:20])
        logger.warning(
            f"Step skipped, loss or gradient not finite (number "
            f"{self.nonfinite_count} in this epoch), utterances {named}"
        )
        if self.nonfinite_count > self.nonfinite_patience:
            raise InputError(
                f"{self.nonfinite_count} steps of epoch {self.epoch} were not "
                f"finite, the last with utterances {named}: inspect them, or "
                "lower lr"
            )

    def on_stage_start(self, stage, epoch=None):
        """Empty the accumulators; validate with the average as the model."""
        self.stage_start = time.perf_counter()
        if stage == sb.Stage.TRAIN:
            self.epoch = epoch
            self.train_losses, self.grad_norms = [], []
            self._open_window()
        else:
            self.valid_losses, self.valid_counts = [], []
            self.valid_ages, self.valid_snrs = [], []
            self.ema.swap()

    def on_stage_end(self, stage, stage_loss, epoch=None):
        """After validation: log, judge, export the best, save."""
        seconds = time.perf_counter() - self.stage_start
        if stage == sb.Stage.TRAIN:
            self.train_stats = self._training_entry(seconds)
            return
        entry = {"epoch": epoch, **self._validation_entry(seconds)}
        is_best = entry["val/wer"] < self.log.best_wer()
        self.log.add(entry)
        self.hparams.epoch_counter.update_metric(entry["val/wer"])
        if is_best:
            self.export("best_model")
        self.ema.swap()
        if if_main_process():
            print(console_text(entry), flush=True)
        self._write_train_log(entry)
        if epoch > 0:
            self.checkpointer.save_checkpoint(
                meta={"epoch": epoch, "wer": entry["val/wer"]},
                name=f"epoch_{epoch:02d}",
                verbosity=logging.DEBUG,
            )

    def _write_train_log(self, entry):
        """A line of SpeechBrain's `train_log.txt`.

        On every process: SpeechBrain's logger ends with a broadcast.
        """
        train = {"loss": entry["train/loss"], "grad norm": entry["grad_norm"]}
        self.hparams.train_logger.log_stats(
            stats_meta={"epoch": entry["epoch"], "lr": entry["train/lr"]},
            train_stats={k: v for k, v in train.items() if v is not None},
            valid_stats={
                "loss": entry["val/loss"],
                "WER": 100 * entry["val/wer"],
                "CER": 100 * entry["val/cer"],
                "PER": 100 * entry["val/phoneme_error_rate"],
            },
            verbose=False,  # the console has `console_text`
        )

    def _training_entry(self, seconds):
        losses = torch.cat(self.train_losses)
        finite = torch.isfinite(losses)
        total = torch.stack([losses[finite].sum(), finite.sum()])
        ddp_all_reduce(total, torch.distributed.ReduceOp.SUM)
        norms = self.grad_norms or [torch.tensor(float("nan"))]
        return {
            "train/loss": (total[0] / total[1]).item(),
            "train/lr": self.lr,
            "grad_norm": torch.stack(norms).mean().item(),
            "nonfinite_steps": self.nonfinite_count,
            "seconds": seconds,
        }

    def _validation_entry(self, seconds):
        """The plan's metrics; those of training are None in epoch 0."""
        losses = torch.cat(self.valid_losses)
        feasible = torch.isfinite(losses)
        counts = self.valid_counts
        total = rates(counts)
        train = self.train_stats
        return {
            "train/loss": train.get("train/loss"),
            "train/lr": train.get("train/lr"),
            "val/loss": losses[feasible].mean().item(),
            "val/wer": total["wer"],
            "val/cer": total["cer"],
            "val/phoneme_error_rate": total["phoneme_error_rate"],
            "val/wer_by_age": rate_by_group(self.valid_ages, counts),
            "val/wer_by_snr": rate_by_group(self.valid_snrs, counts),
            "val/infeasible": int((~feasible).sum()),
            "grad_norm": train.get("grad_norm"),
            "nonfinite_steps": train.get("nonfinite_steps", 0),
            "model/trainable_params": self.trained.count(),
            "epoch_time": seconds + train.get("seconds", 0.0),
        }

    def export(self, name):
        """Write the weights as they are now to the folder `name`."""
        if if_main_process():
            folder = f"{self.hparams.output_folder}/{name}"
            save_model(self.encoder, self.head, self.units, folder, self.origin)
