"""CTC on jamo without a model file: letters, batches, loss and error."""

import unicodedata
from dataclasses import dataclass

import jiwer
import numpy as np
import torch

from childasr.text.units import JAMO

SAMPLE_RATE = 16000
BLANK = 0
LETTERS = (*JAMO, " ")
TABLE = {letter: i for i, letter in enumerate(LETTERS, start=1)}
UNITS = len(LETTERS) + 1
DECODED = 16  # utterances at a time, for error rates


@dataclass(frozen=True)
class Utterance:
    """A training example.

    Arguments
    ---------
    samples : numpy.ndarray
        int16 at 16 kHz.
    text : str
        What was said.
    phonemes : tuple of (float, str)
        Start in seconds and name of each phoneme.
    """

    samples: np.ndarray
    text: str
    phonemes: tuple = ()


def encode(text):
    """Jamo ids of a Korean text.

    Example
    -------
    >>> encode("가 나")
    [1, 20, 68, 3, 20]
    """
    return [TABLE[letter] for letter in unicodedata.normalize("NFD", text)]


def decode(frame_ids):
    """Text of the best id of every frame: collapse, drop blanks, compose.

    Example
    -------
    >>> decode([1, 1, 0, 20, 68, 3, 20, 0])
    '가 나'
    """
    kept = [
        LETTERS[i - 1]
        for i, before in zip(frame_ids, [BLANK, *frame_ids], strict=False)
        if i not in (BLANK, before)
    ]
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


def collate(utterances):
    """Pad a batch; each utterance is normalised over its own samples.

    Arguments
    ---------
    utterances : list of Utterance

    Returns
    -------
    waveforms : torch.Tensor
        [batch, time], mean 0 and variance 1, zero where there is nothing.
    mask : torch.Tensor
        [batch, time], 1 where there is audio.

    Example
    -------
    >>> collate([Utterance(np.arange(800, dtype=np.int16), "가")])[0].shape
    torch.Size([1, 800])
    """
    longest = max(len(u.samples) for u in utterances)
    waveforms = torch.zeros(len(utterances), longest)
    mask = torch.zeros(len(utterances), longest, dtype=torch.long)
    for row, utterance in enumerate(utterances):
        x = torch.from_numpy(utterance.samples.astype(np.float32))
        x = (x - x.mean()) / torch.sqrt(x.var(unbiased=False) + 1e-7)
        waveforms[row, : len(x)] = x
        mask[row, : len(x)] = 1
    return waveforms, mask


def forward(model, batch, precision):
    """Run a `Wav2Vec2ForCTC` on a batch.

    Arguments
    ---------
    model : Wav2Vec2ForCTC
    batch : list of Utterance
    precision : str
        "bf16" or "fp32".

    Returns
    -------
    log_probs : torch.Tensor
        [batch, frame, unit].
    frames : torch.Tensor
        [batch], the frames of each row that are no padding.
    layers : tuple of torch.Tensor
        [batch, frame, channel] before the first layer and after each.
    """
    waveforms, mask = collate(batch)
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        output = model(
            waveforms, attention_mask=mask, output_hidden_states=True
        )
    frames = model._get_feat_extract_output_lengths(mask.sum(1))
    log_probs = output.logits.float().log_softmax(-1)
    return log_probs, frames, output.hidden_states


def ctc_loss(log_probs, frames, texts):
    """CTC loss per target unit, averaged over utterances."""
    targets = [torch.tensor(encode(text)) for text in texts]
    return torch.nn.functional.ctc_loss(
        log_probs.transpose(0, 1),
        torch.cat(targets),
        frames,
        torch.tensor([len(t) for t in targets]),
        blank=BLANK,
        reduction="mean",
    )


@torch.inference_mode()
def error_rates(model, utterances):
    """WER and CER of the model with its own head, by greedy decoding.

    Returns
    -------
    rates : dict
        "utterances", and "wer" and "cer" as fractions.
    """
    model.eval()
    ordered = sorted(utterances, key=lambda u: len(u.samples))
    said = []
    for i in range(0, len(ordered), DECODED):
        batch = ordered[i : i + DECODED]
        log_probs, frames, _ = forward(model, batch, "fp32")
        best = log_probs.argmax(-1)
        said += [
            decode(row[:length].tolist())
            for row, length in zip(best, frames, strict=True)
        ]
    texts = [u.text for u in ordered]
    return {
        "utterances": len(texts),
        "wer": round(jiwer.wer(texts, said), 4),
        "cer": round(jiwer.cer(texts, said), 4),
    }
