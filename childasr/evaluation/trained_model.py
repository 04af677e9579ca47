"""An exported model, from its folder."""

from transformers import (
    AutoTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
)
from transformers.utils import logging

from childasr.errors import InputError
from childasr.model.folder import ATTENTION, SAFE_LOADING, check_model_folder


def load_trained(folder):
    """Load a `best_model` or `final_model`; nothing is looked up on the hub.

    Arguments
    ---------
    folder : str or Path

    Returns
    -------
    model : transformers.Wav2Vec2ForCTC
    tokenizer : transformers.PreTrainedTokenizerFast
    extractor : transformers.Wav2Vec2FeatureExtractor

    Raises
    ------
    InputError
        Where it holds no such model, or a damaged one.
    """
    check_model_folder(folder)
    # Progress of a second, and warnings about what is checked here.
    logging.disable_progress_bar()
    logging.set_verbosity_error()
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
