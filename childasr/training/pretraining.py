"""Pretraining of a small wav2vec 2.0 encoder by supervised CTC on jamo."""

import random
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from tqdm import tqdm
from transformers import (
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
)

from childasr.errors import InputError
from childasr.text.files import write_json
from childasr.training.jamo_ctc import (
    BLANK,
    SAMPLE_RATE,
    UNITS,
    ctc_loss,
    error_rates,
    forward,
)
from childasr.training.phoneme_task import PhonemeTask

CONFIG = {
    "vocab_size": UNITS,
    "hidden_size": 192,
    "intermediate_size": 768,
    "num_hidden_layers": 6,
    "num_attention_heads": 4,
    "conv_dim": (32, 32, 64, 96, 128, 128, 128),
    "feat_extract_norm": "layer",
    "conv_bias": True,
    "do_stable_layer_norm": True,
    "num_conv_pos_embeddings": 64,
    "num_conv_pos_embedding_groups": 12,
    # Few passes over many voices: masking regularises enough, and dropout
    # would cost an eighth of the time on a CPU.
    "hidden_dropout": 0.0,
    "activation_dropout": 0.0,
    "attention_dropout": 0.0,
    "feat_proj_dropout": 0.0,
    "final_dropout": 0.0,
    "layerdrop": 0.0,
    # Spans of 5 frames over about 5 % of the time teach the mask embedding.
    "apply_spec_augment": True,
    "mask_time_prob": 0.05,
    "mask_time_length": 5,
    "mask_time_min_masks": 0,
    "pad_token_id": BLANK,
}


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train.

    Arguments
    ---------
    steps, warmup_steps : int
        Optimiser steps; the learning rate rises, then falls to zero.
    learning_rate : float
        At its highest.
    batch_seconds : float
        Audio a step, padding included.
    snapshot_steps : int
        Steps between two exports.
    precision : str
        "bf16" or "fp32".
    seed : int
        Of the weights and of the order.
    """

    steps: int
    warmup_steps: int
    learning_rate: float
    batch_seconds: float
    snapshot_steps: int
    precision: str
    seed: int

    def scale(self, step):
        """Factor on the learning rate at a step.

        Example
        -------
        >>> schedule = Schedule(100, 10, 1e-3, 40, 50, "fp32", 1)
        >>> schedule.scale(4), schedule.scale(55)
        (0.5, 0.5)
        """
        left = (self.steps - step) / (self.steps - self.warmup_steps)
        return min((step + 1) / self.warmup_steps, left)


def endless_batches(utterances, batch_seconds, rng):
    """Batches of like lengths, epoch after epoch, in a new order each time.

    Yields
    ------
    batch : list of Utterance
    """
    while True:
        # A little noise on the length mixes the neighbours every epoch.
        order = sorted(
            utterances, key=lambda u: len(u.samples) * rng.uniform(0.92, 1.08)
        )
        batches, batch, longest = [], [], 0
        for utterance in order:
            longest = max(longest, len(utterance.samples))
            padded = longest * (len(batch) + 1)
            if batch and padded > batch_seconds * SAMPLE_RATE:
                batches.append(batch)
                batch, longest = [], len(utterance.samples)
            batch.append(utterance)
        batches.append(batch)
        rng.shuffle(batches)
        yield from batches


def export_encoder(model, folder):
    """Save the encoder without its head, fp16, as a Hugging Face folder."""
    encoder = Wav2Vec2ForCTC(model.config).wav2vec2
    encoder.load_state_dict(model.wav2vec2.state_dict())
    encoder.half().save_pretrained(folder)
    Wav2Vec2FeatureExtractor(
        feature_size=1,
        sampling_rate=SAMPLE_RATE,
        padding_value=0.0,
        do_normalize=True,
        return_attention_mask=True,
    ).save_pretrained(folder)


class ContiguousGelu(torch.nn.Module):
    """GELU on contiguous memory: the same values, much faster gradients.

    The feature extractor's layer norm hands it transposed memory, on which
    a CPU cannot vectorise.

    Example
    -------
    >>> ContiguousGelu()(torch.zeros(2, 3).T)
    tensor([[0., 0.],
            [0., 0.],
            [0., 0.]])
    """

    def forward(self, x):
        return torch.nn.functional.gelu(x.contiguous())


def build_model():
    """A randomly initialised model, set up to train fast on a CPU."""
    model = Wav2Vec2ForCTC(Wav2Vec2Config(**CONFIG))
    # Plain attention has the faster backward pass on short utterances.
    model.set_attn_implementation("eager")
    for layer in model.wav2vec2.feature_extractor.conv_layers:
        layer.activation = ContiguousGelu()
    return model


class Pretraining:
    """Trains a small wav2vec 2.0 encoder from scratch and exports it.

    - CTC on jamo, and phonemes frame by frame from a middle layer.
    - AdamW, linear warm-up and decay, clipping at 1.
    - Batches of like lengths; bf16 autocast where asked.
    - Exports the encoder, with a log of its error, every few hundred steps.
    - Goes on from `checkpoint` if that file is there (the order of the
      batches starts anew). One process, on a CPU.

    Arguments
    ---------
    schedule : Schedule
        Length and rates.
    output_folder : str or Path
        Where the Hugging Face folder and `pretraining_log.json` go.
    checkpoint : str or Path
        File with model, optimiser and step.
    phoneme_names : list of str
        Classes of `PhonemeTask`.
    """

    def __init__(self, schedule, output_folder, checkpoint, phoneme_names):
        self.schedule = schedule
        self.output_folder = Path(output_folder)
        self.checkpoint = Path(checkpoint)
        torch.manual_seed(schedule.seed)
        self.model = build_model()
        self.phonemes = PhonemeTask(phoneme_names, CONFIG["hidden_size"])
        self.modules = torch.nn.ModuleList([self.model, self.phonemes])
        self.optimizer = torch.optim.AdamW(
            self.modules.parameters(),
            betas=(0.9, 0.98),
            weight_decay=0.01,
            fused=True,
        )
        self.step = 0
        self.minutes = 0.0
        self.history = []

    def fit(self, utterances, checks):
        """Train on utterances; `checks` are named lists of others."""
        self.load()
        schedule = self.schedule
        if self.step >= schedule.steps:
            raise InputError(
                f"nothing is left to train: {self.checkpoint} is at step "
                f"{self.step} of {schedule.steps}: give more --steps, or "
                "another --checkpoint to train anew"
            )
        rng = random.Random(f"order {schedule.seed} {self.step}")
        batches = endless_batches(utterances, schedule.batch_seconds, rng)
        bar = tqdm(total=schedule.steps, initial=self.step, unit="step")
        started = time.monotonic() - 60 * self.minutes
        for batch in batches:
            loss = self.take_step(batch)
            bar.update()
            bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
            last = self.step == schedule.steps
            if last or self.step % schedule.snapshot_steps == 0:
                self.minutes = (time.monotonic() - started) / 60
                self.snapshot(loss, checks)
            if last:
                break
        bar.close()

    def take_step(self, batch):
        """One optimiser step; gives the CTC loss."""
        self.model.train()
        rate = self.schedule.learning_rate * self.schedule.scale(self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        log_probs, frames, layers = forward(
            self.model, batch, self.schedule.precision
        )
        loss = ctc_loss(log_probs, frames, [u.text for u in batch])
        whole = loss + self.phonemes(layers, frames, batch)
        self.optimizer.zero_grad()
        whole.backward()
        torch.nn.utils.clip_grad_norm_(self.modules.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        return loss.item()

    def snapshot(self, loss, checks):
        """Measure, log, export, and save what resuming needs."""
        entry = {
            "step": self.step,
            "minutes": round(self.minutes, 1),
            "loss": round(loss, 4),
        }
        for name, utterances in checks.items():
            entry[name] = error_rates(self.model, utterances)
        self.history.append(entry)
        tqdm.write(str(entry))
        export_encoder(self.model, self.output_folder)
        write_json(self.output_folder / "pretraining_log.json", self.history)
        self.save()

    def save(self):
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        partial = self.checkpoint.with_suffix(".partial")
        torch.save(
            {
                "modules": self.modules.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "step": self.step,
                "minutes": self.minutes,
                "history": self.history,
            },
            partial,
        )
        partial.replace(self.checkpoint)

    def load(self):
        if not self.checkpoint.exists():
            return
        saved = torch.load(self.checkpoint, weights_only=True)
        self.modules.load_state_dict(saved["modules"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.step = saved["step"]
        self.minutes = saved["minutes"]
        self.history = saved["history"]
