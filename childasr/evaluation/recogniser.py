"""An exported model at work: recordings in, text out."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from typing import NamedTuple

import torch
from tqdm import tqdm

from childasr.audio import SAMPLE_RATE, read_audio
from childasr.curriculum.device import find_device, has_bf16, memory_named
from childasr.errors import InputError
from childasr.evaluation.batches import plan_batches
from childasr.evaluation.trained_model import load_trained
from childasr.model.attention import use_lean_attention
from childasr.model.feature_extractor import use_matrix_products
from childasr.model.full_fp32 import full_fp32

# On a CPU, the activations of more leave the caches; a GPU wants work for all
# its cores.
BATCH_SECONDS = {"cpu": 5, "other": 80}
READERS = 4  # threads that read and write while a GPU is at work
PROGRESS = (
    "{percentage:3.0f}%|{bar}| {n:.0f} of {total:.0f} s of audio "
    "[{elapsed}<{remaining}, {rate_noinv_fmt}]"
)


class Transcript(NamedTuple):
    """What was heard in an utterance.

    Arguments
    ---------
    text : str
        NFC; empty where nothing was heard.
    confidence : float
        Between 0 and 1, as `confidence` has it; None where the utterance is
        shorter than the 400 samples of one frame.
    """

    text: str
    confidence: float | None


class Recogniser:
    """Greedy CTC decoding with a `best_model` folder.

    The text of an utterance does not depend on its batch: each is normalised
    over its own samples, padding is masked, and the frames of the padding are
    cut off before decoding. It is meant for utterances: a recording is never
    split, and attention over one grows with the square of its length.

    Arguments
    ---------
    folder : str or Path
        A `Wav2Vec2ForCTC` in Hugging Face form, with its tokenizer and
        feature extractor. Nothing is looked up on the hub.
    device : str
        Such as "cuda:1". Default: "cuda" where there is one, else "cpu".
    batch_seconds : float
        Most audio in a batch, padding included. A longer utterance is a
        batch of its own. Default: 5 on a CPU, else 80.
    precision : str
        "fp32", or "bf16" for a device that is fast in it: its rounding
        depends on the batch, and now and then so does a letter.

    Raises
    ------
    InputError
        Where the folder holds no such model, or the device is not there or
        only emulates bf16.
    RunError
        Where a batch does not fit into the memory of a GPU.
    """

    def __init__(
        self, folder, device=None, batch_seconds=None, precision="fp32"
    ):
        device = find_device(device)
        if precision == "bf16" and not has_bf16(device):
            raise InputError(
                f"--precision bf16: {device} only emulates it: give fp32"
            )
        model, self.tokenizer, self.extractor = load_trained(folder)
        use_matrix_products(model.wav2vec2)
        use_lean_attention(model.wav2vec2)
        with memory_named("other jobs hold it: wait, or give another --device"):
            self.model = model.eval().to(device)
        self.precision = precision
        # A group norm over time sees the padding, mask or not.
        padding_is_seen = model.config.feat_extract_norm == "group"
        if batch_seconds is None:
            batch_seconds = BATCH_SECONDS[
                "cpu" if device.type == "cpu" else "other"
            ]
        self.batch_seconds = 0 if padding_is_seen else batch_seconds
        # A GPU has memory for one batch at a time, and does one at a time.
        on_cpu = device.type == "cpu"
        self.turn = nullcontext() if on_cpu else threading.Lock()

    def transcribe(self, waveforms):
        """Transcribe 16 kHz mono waveforms.

        Arguments
        ---------
        waveforms : list of numpy.ndarray
            Each `[time]`, float32.

        Returns
        -------
        transcripts : list of Transcript
            In the order given.
        """
        seconds = [len(waveform) / SAMPLE_RATE for waveform in waveforms]
        return self._transcribe(seconds, waveforms.__getitem__, False)

    def transcribe_files(self, paths, seconds, show_progress=True):
        """Transcribe files, holding a few batches in memory at a time.

        Arguments
        ---------
        paths : list of str or Path
        seconds : list of float
            Their lengths, as `audio.durations` reads them.
        show_progress : bool

        Returns
        -------
        transcripts : list of Transcript
            In the order given.
        """
        return self._transcribe(
            seconds, lambda item: read_audio(paths[item]), show_progress
        )

    @full_fp32()  # of all threads
    def _transcribe(self, seconds, waveform_of, show_progress):
        transcripts = [Transcript("", None)] * len(seconds)
        batches = plan_batches(seconds, self.batch_seconds)

        def hear(batch):
            waveforms = [waveform_of(item) for item in batch]
            longest = max(seconds[item] for item in batch)
            advice = (
                f"{len(batch)} recordings of up to {longest:.1f} s: give a "
                f"--batch_seconds below {self.batch_seconds:g}"
                if len(batch) > 1
                else f"a recording of {longest:.1f} s: cut it up, or give "
                "--device cpu"
            )
            with memory_named(advice):
                prepared = self._prepare(waveforms)
                with self.turn:
                    recognised = self._recognise(*prepared)
                return self._write(*recognised)

        with (
            tqdm(
                total=sum(seconds),
                bar_format=PROGRESS,
                unit="s",
                disable=not show_progress,
            ) as progress,
            _threads(self.model.device) as pool,
            # Closed, it forgets the batches that nobody has begun.
            closing(pool.map(hear, batches)) as heard,
        ):
            for batch, of_batch in zip(batches, heard, strict=True):
                for item, transcript in zip(batch, of_batch, strict=True):
                    transcripts[item] = transcript
                progress.update(sum(seconds[item] for item in batch))
        return transcripts

    def _prepare(self, waveforms):
        """Frames of each waveform, and what the model gets of those with any.

        Returns
        -------
        frames : list of int
        inputs : transformers.BatchFeature or None
        """
        frames = [self._frames(len(waveform)) for waveform in waveforms]
        audible = [w for w, n in zip(waveforms, frames, strict=True) if n > 0]
        if not audible:
            return frames, None
        inputs = self.extractor(
            audible,
            sampling_rate=SAMPLE_RATE,
            padding=True,
            return_attention_mask=True,
            return_tensors="pt",
        )
        return frames, inputs.to(self.model.device)

    @torch.inference_mode()
    def _recognise(self, frames, inputs):
        """The best unit of each frame and its probability.

        Nothing here waits for the device, but for transformers, which asks
        whether there is padding.

        Returns
        -------
        frames : list of int
            As `_prepare` has them.
        best : tuple of torch.Tensor
            Probabilities and units, [audible, frame]; empty where none is.
        """
        if inputs is None:
            return frames, ()
        with torch.autocast(
            self.model.device.type, torch.bfloat16, self.precision == "bf16"
        ):
            logits = self.model(**inputs).logits.float()
        highest, units = logits.max(dim=-1)
        return frames, ((highest - logits.logsumexp(dim=-1)).exp(), units)

    def _write(self, frames, best):
        """The transcripts of a batch."""
        rows = zip(*(part.cpu() for part in best), strict=True)
        return [
            self._transcript(count, *next(rows))
            if count > 0
            else Transcript("", None)
            for count in frames
        ]

    def _transcript(self, frames, probabilities, units):
        probabilities, units = probabilities[:frames], units[:frames]
        blank = self.model.config.pad_token_id
        return Transcript(
            self.tokenizer.decode(units.tolist()),
            confidence(probabilities, units, blank),
        )

    def _frames(self, samples):
        return int(self.model._get_feat_extract_output_lengths(samples))


def confidence(probabilities, units, blank):
    """How sure greedy decoding was: the mean probability of what it took.

    Over the frames whose best unit is not the blank, since most frames are
    blank with a probability near 1 and would hide the doubt about the
    others (as NeMo's `exclude_blank`, `max_prob` and `mean`; Laptev and
    Ginsburg, Fast Entropy-Based Methods of Word-Level Confidence Estimation
    for End-to-End ASR, 2022). Where all are blank, over all of them: how sure
    it was that nothing was said. It orders the utterances of one model, and
    is no probability of being right.

    Arguments
    ---------
    probabilities : torch.Tensor
        `[frame]`, of the best unit.
    units : torch.Tensor
        `[frame]`, the best unit.
    blank : int

    Returns
    -------
    confidence : float

    Example
    -------
    >>> best = torch.tensor([0.5, 1.0, 0.75])
    >>> confidence(best, torch.tensor([7, 0, 8]), blank=0)
    0.625
    >>> confidence(best, torch.tensor([0, 0, 0]), blank=0)
    0.75
    """
    spoken = units != blank
    return float(probabilities[spoken if spoken.any() else slice(None)].mean())


@contextmanager
def _threads(device):
    """A pool for batches: one for each core of a CPU, which work alone.

    Cores that share each operation wait for each other at its end.
    """
    cores = torch.get_num_threads()
    if device.type != "cpu":
        with ThreadPoolExecutor(READERS) as pool:
            yield pool
        return
    try:
        with ThreadPoolExecutor(cores, "", torch.set_num_threads, (1,)) as pool:
            yield pool
    finally:
        # What threads set holds for those that start later, too.
        torch.set_num_threads(cores)
