"""Models with a CTC head that hears something, and nothing to download."""

from pathlib import Path

import torch
from models import make_model
from transformers import Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC

from childasr.audio import read_audio
from childasr.export.tokenizer import save_tokenizer
from childasr.text.units import TextUnits

BLANK_LEAD = 3.0  # standard deviations of a logit: most frames are blank


def make_recogniser(name, work, recording):
    """A folder as training exports it, its head random.

    The head is centred on a recording: a random encoder gives every frame a
    large part in common, and all would be the same unit.

    Arguments
    ---------
    name : str
        As for `make_model`.
    work : str or Path
        Where it is written once and reused.
    recording : str or Path

    Returns
    -------
    folder : Path
    """
    work = Path(work)
    folder = work / f"{name}-recogniser"
    if (folder / "tokenizer.json").is_file():
        return folder
    source = make_model(name, work / "models")
    units = TextUnits.train("jamo", ["가"], work / "jamo.model")
    model = Wav2Vec2ForCTC.from_pretrained(
        source,
        dtype=torch.float32,
        vocab_size=units.size,
        pad_token_id=units.blank_id,
        bos_token_id=None,
        eos_token_id=None,
    ).eval()
    extractor = Wav2Vec2FeatureExtractor.from_pretrained(source)
    sound = extractor(
        read_audio(recording), sampling_rate=16_000, return_tensors="pt"
    )
    head, generator = model.lm_head, torch.Generator().manual_seed(0)
    with torch.no_grad():
        head.weight.normal_(generator=generator)
        head.bias.zero_()
        logits = model(sound.input_values).logits[0]
        head.bias -= logits.mean(dim=0)
        head.bias[units.blank_id] += BLANK_LEAD * logits.std(dim=0).mean()
    model.save_pretrained(folder)
    extractor.save_pretrained(folder)
    save_tokenizer(units, folder)
    return folder
