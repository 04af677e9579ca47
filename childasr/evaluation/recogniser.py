"""An exported model at work: recordings in, text out."""

from pathlib import Path
from typing import NamedTuple

import torch
from tqdm import tqdm
from transformers import (
    AutoTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
)

from childasr.audio import SAMPLE_RATE, read_audio
from childasr.errors import InputError
from childasr.model.folder import ATTENTION, SAFE_LOADING, check_model_folder

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
        batch of its own.

    Raises
    ------
    InputError
        Where the folder holds no such model or the device is not there.
    """

    def __init__(self, folder, device=None, batch_seconds=80):
        device = _device(device)
        model, self.tokenizer, self.extractor = _load(Path(folder))
        self.model = model.eval().to(device)
        # A group norm over time sees the padding, mask or not.
        padding_is_seen = model.config.feat_extract_norm == "group"
        self.batch_seconds = 0 if padding_is_seen else batch_seconds

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
        return self._transcribe(seconds, waveforms.__getitem__, tqdm_off=True)

    def transcribe_files(self, paths, seconds):
        """Transcribe files, holding one batch in memory at a time.

        Arguments
        ---------
        paths : list of str or Path
        seconds : list of float
            Their lengths, as `audio.durations` reads them.

        Returns
        -------
        transcripts : list of Transcript
            In the order given.
        """
        return self._transcribe(seconds, lambda item: read_audio(paths[item]))

    def _transcribe(self, seconds, waveform_of, tqdm_off=False):
        transcripts = [Transcript("", None)] * len(seconds)
        batches = plan_batches(seconds, self.batch_seconds)
        with tqdm(
            total=sum(seconds), bar_format=PROGRESS, unit="s", disable=tqdm_off
        ) as progress:
            for batch in batches:
                heard = self._decode([waveform_of(item) for item in batch])
                for item, transcript in zip(batch, heard, strict=True):
                    transcripts[item] = transcript
                progress.update(sum(seconds[item] for item in batch))
        return transcripts

    @torch.inference_mode()
    def _decode(self, waveforms):
        frames = [self._frames(len(waveform)) for waveform in waveforms]
        audible = [w for w, n in zip(waveforms, frames, strict=True) if n > 0]
        if not audible:
            return [Transcript("", None)] * len(waveforms)
        batch = self.extractor(
            audible,
            sampling_rate=SAMPLE_RATE,
            padding=True,
            return_attention_mask=True,
            return_tensors="pt",
        ).to(self.model.device)
        posteriors = self.model(**batch).logits.float().softmax(dim=-1)
        best = zip(*(part.cpu() for part in posteriors.max(-1)), strict=True)
        return [
            self._transcript(count, *next(best))
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


def plan_batches(seconds, batch_seconds):
    """Put items of like length together.

    Arguments
    ---------
    seconds : list of float
    batch_seconds : float
        Most seconds in a batch, each item counted as long as the longest.

    Returns
    -------
    batches : list of list of int
        Indices into `seconds`, longest batch first, so that a lack of memory
        shows at once. An item beyond the limit is alone.

    Example
    -------
    >>> plan_batches([1, 5, 2, 1, 9], batch_seconds=6)
    [[4], [1], [2, 0, 3]]
    """
    batches = []
    for item in sorted(range(len(seconds)), key=lambda item: -seconds[item]):
        if batches:
            padded = seconds[batches[-1][0]] * (len(batches[-1]) + 1)
        if not batches or padded > batch_seconds:
            batches.append([])
        batches[-1].append(item)
    return batches


def _device(name):
    name = name or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise InputError(f"no device {name!r} here: try cpu") from error
    return device


def _load(folder):
    check_model_folder(folder)
    safe = {"local_files_only": True, **SAFE_LOADING}
    try:
        model, loading = Wav2Vec2ForCTC.from_pretrained(
            folder,
            output_loading_info=True,
            use_safetensors=True,
            **safe,
            **ATTENTION,
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, **safe)
        extractor = Wav2Vec2FeatureExtractor.from_pretrained(folder, **safe)
    # What a damaged folder raises has no common kind.
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            f"the model in {folder} does not load ({reason}): export it again"
        ) from error
    if loading["missing_keys"]:
        raise InputError(
            f"the model in {folder} has no trained CTC head: "
            "give a best_model or final_model, not an encoder"
        )
    if len(tokenizer) != model.config.vocab_size:
        raise InputError(
            f"{folder} has {len(tokenizer)} tokens but "
            f"{model.config.vocab_size} outputs: export it again"
        )
    return model, tokenizer, extractor
