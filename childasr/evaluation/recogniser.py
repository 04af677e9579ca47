"""An exported model at work: recordings in, text out."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from tqdm import tqdm
from transformers import (
    AutoTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
)

from childasr.audio import SAMPLE_RATE, read_audio
from childasr.errors import InputError

NEEDED = ("config.json", "preprocessor_config.json", "tokenizer_config.json")
PROGRESS = (
    "{percentage:3.0f}%|{bar}| {n:.0f} of {total:.0f} s of audio "
    "[{elapsed}<{remaining}, {rate_noinv_fmt}]"
)


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
        texts : list of str
            In the order given; empty where a waveform is shorter than the
            400 samples of one frame.
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
        texts : list of str
            In the order given.
        """
        return self._transcribe(seconds, lambda item: read_audio(paths[item]))

    def _transcribe(self, seconds, waveform_of, tqdm_off=False):
        texts = [""] * len(seconds)
        batches = plan_batches(seconds, self.batch_seconds)
        with tqdm(
            total=sum(seconds), bar_format=PROGRESS, unit="s", disable=tqdm_off
        ) as progress:
            for batch in batches:
                decoded = self._decode([waveform_of(item) for item in batch])
                for item, text in zip(batch, decoded, strict=True):
                    texts[item] = text
                progress.update(sum(seconds[item] for item in batch))
        return texts

    @torch.inference_mode()
    def _decode(self, waveforms):
        frames = [self._frames(len(waveform)) for waveform in waveforms]
        audible = [w for w, n in zip(waveforms, frames, strict=True) if n > 0]
        if not audible:
            return [""] * len(waveforms)
        batch = self.extractor(
            audible,
            sampling_rate=SAMPLE_RATE,
            padding=True,
            return_attention_mask=True,
            return_tensors="pt",
        ).to(self.model.device)
        best = iter(self.model(**batch).logits.argmax(dim=-1).tolist())
        return [
            self.tokenizer.decode(next(best)[:count]) if count > 0 else ""
            for count in frames
        ]

    def _frames(self, samples):
        return int(self.model._get_feat_extract_output_lengths(samples))


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
    for name in NEEDED:
        if not (folder / name).is_file():
            raise InputError(
                f"no trained model in {folder}: it has no {name}; "
                "give one such as checkpoints/phase3_100h/best_model"
            )
    try:
        model, loading = Wav2Vec2ForCTC.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=True,
            output_loading_info=True,
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        extractor = Wav2Vec2FeatureExtractor.from_pretrained(
            folder, local_files_only=True
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().splitlines()[0]
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
