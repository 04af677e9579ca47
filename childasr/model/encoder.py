"""wav2vec 2.0 with a frozen trunk, and LoRA or trained layers above it."""

import copy
import os
import pickle

import torch
from peft import inject_adapter_in_model
from speechbrain.integrations.huggingface.wav2vec2 import Wav2Vec2
from speechbrain.utils.logger import get_logger
from transformers import AutoModel

from childasr.errors import InputError
from childasr.model.adapter import linear_names, merge_lora
from childasr.model.attention import use_lean_attention
from childasr.model.dropout import use_lean_dropout
from childasr.model.feature_extractor import use_matrix_products
from childasr.model.folder import ATTENTION, SAFE_LOADING, check_model_folder

logger = get_logger(__name__)

# zero_mean_unit_var_norm of transformers' Wav2Vec2FeatureExtractor
VARIANCE_FLOOR = 1e-7


def sample_counts(wav, wav_lens):
    """Absolute lengths, in samples, of SpeechBrain's relative ones.

    Arguments
    ---------
    wav : torch.Tensor
        [batch, samples].
    wav_lens : torch.Tensor
        [batch], relative to the longest.

    Returns
    -------
    torch.Tensor
        int64, [batch].
    """
    return torch.round(wav_lens * wav.shape[1]).long()


def normalise_waveforms(wav, samples):
    """Zero mean and unit variance of each utterance over its own samples.

    Arguments
    ---------
    wav : torch.Tensor
        [batch, samples].
    samples : torch.Tensor
        Valid samples of each utterance, [batch].

    Returns
    -------
    torch.Tensor
        [batch, samples]; padding is 0.

    Example
    -------
    >>> wav = torch.tensor([[1.0, 3.0, 0.0], [1.0, 2.0, 3.0]])
    >>> normalise_waveforms(wav, torch.tensor([2, 3]))[0, :2]
    tensor([-1.,  1.])
    """
    inside = torch.arange(wav.shape[1], device=wav.device) < samples[:, None]
    count = samples[:, None]
    mean = (wav * inside).sum(1, keepdim=True) / count
    centred = (wav - mean) * inside
    variance = centred.square().sum(1, keepdim=True) / count
    return centred / torch.sqrt(variance + VARIANCE_FLOOR)


class Wav2Vec2Encoder(Wav2Vec2):
    """SpeechBrain's wav2vec2, with what it does silently wrong put right.

    - SpeechBrain normalises a batch over its padding, so that an utterance's
      gain depends on its neighbours: here each has its own samples only.
    - Brain calls `modules.train()` each epoch, which turns the dropout of
      frozen layers on again: here the frozen part stays in eval mode.
    - Unless transformers' own flag is cleared, its CNN asks for gradients, and
      autograd follows every frozen layer: here no graph reaches them.
    - Layer drop is 0, because it breaks DDP and would thin the frozen layers.
    - Weights that a source lacks are an error, never a random start.

    Memory and time: the frozen part costs its forward pass and nothing else;
    `feature_extractor.py`, `dropout.py` and `attention.py` say what else is
    faster here.
    Not supported: gradient checkpointing, and wav2vec2's adapter layers.

    Arguments
    ---------
    source : str
        A hub name or a local folder in Hugging Face form.
    lora : peft.LoraConfig
        Where and how to adapt; its layers are set from `freeze_layers`, and
        its `task_type` must be unset: every task type breaks wav2vec2. With
        rank 0 there is no LoRA: the layers above the frozen ones are trained.
    freeze_layers : int
        Transformer layers frozen from below: 8 in option A, 12 in option B,
        0 to adapt every layer. The CNN is frozen before phase 4.
    spec_augment : SpecAugment, optional

    Example
    -------
    >>> from peft import LoraConfig
    >>> from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor
    >>> from transformers import Wav2Vec2Model
    >>> folder = str(getfixture("tmp_path"))
    >>> config = Wav2Vec2Config(
    ...     hidden_size=16, num_hidden_layers=3, num_attention_heads=2,
    ...     intermediate_size=32, conv_dim=[8] * 7, num_conv_pos_embeddings=4,
    ...     num_conv_pos_embedding_groups=2, feat_extract_norm="layer",
    ...     do_stable_layer_norm=True,
    ... )
    >>> Wav2Vec2Model(config).save_pretrained(folder)
    >>> _ = Wav2Vec2FeatureExtractor(
    ...     return_attention_mask=True
    ... ).save_pretrained(folder)
    >>> lora = LoraConfig(r=2, target_modules=["q_proj", "v_proj"])
    >>> encoder = Wav2Vec2Encoder(folder, lora, freeze_layers=1)
    >>> encoder(torch.rand(2, 3200), torch.tensor([1.0, 0.5])).shape
    torch.Size([2, 9, 16])
    """

    def __init__(self, source, lora, freeze_layers, spec_augment=None):
        if os.path.isdir(source):
            check_model_folder(source, needed=())
        try:
            super().__init__(source, save_path=None)
        except InputError:
            raise
        except OSError as error:
            raise InputError(
                f"encoder {source}: no such folder, and not to be had from "
                f"the hub ({str(error).splitlines()[0]}): give --encoder with "
                "a folder that holds config.json and model.safetensors"
            ) from error
        # What a damaged folder raises has no common kind.
        except Exception as error:
            reason = str(error).strip().partition("\n")[0]
            if isinstance(error.__cause__ or error, pickle.UnpicklingError):
                # torch's own words tell how to load it all the same.
                reason = "its weights are a pickle of more than tensors"
            raise InputError(
                f"encoder {source} does not load ({reason}): give a whole "
                "wav2vec2 model, as safetensors"
            ) from error
        layers = self.config.num_hidden_layers
        if not 0 <= freeze_layers < layers:
            raise InputError(
                f"freeze_layers {freeze_layers}: {source} has {layers} layers, "
                f"so give 0 to {layers - 1}"
            )
        if lora.r < 0:
            raise InputError(
                f"lora_rank {lora.r}: give 1 or more, or 0 for no LoRA"
            )
        self.source = str(source)
        self.freeze_layers = freeze_layers
        self.spec_augment = spec_augment
        self.model.requires_grad_(False)
        self.model.freeze_feature_encoder()
        self.lora = None
        if lora.r == 0:
            self.model.encoder.layers[freeze_layers:].requires_grad_(True)
        else:
            self._adapt(lora)
        use_matrix_products(self.model)
        use_lean_dropout(self.model)
        use_lean_attention(self.model)

    def _adapt(self, lora):
        """Put LoRA on the layers above the frozen ones."""
        layers = self.model.encoder.layers
        linear = linear_names(layers)
        targets = lora.target_modules
        # peft takes a text for a pattern, and overlooks a name without layer.
        if not targets or isinstance(targets, str) or targets - linear:
            raise InputError(
                f"lora_targets {targets}: give a list of some of "
                f"{', '.join(sorted(linear))}"
            )
        self.lora = copy.copy(lora)
        self.lora.layers_to_transform = list(
            range(self.freeze_layers, len(layers))
        )
        self.lora.layers_pattern = "layers"
        inject_adapter_in_model(self.lora, self.model)

    def _from_pretrained(self, source, **_):
        """Load through transformers, and name what the source lacks.

        SpeechBrain's own version does not say which weights were missing.
        """
        self.model, loading = AutoModel.from_pretrained(
            source,
            config=self.config,
            # Weights may be stored in half precision; training needs single.
            dtype=torch.float32,
            output_loading_info=True,
            **SAFE_LOADING,
            **ATTENTION,
        )
        missing = sorted(set(loading["missing_keys"]))
        if missing:
            raise InputError(
                f"encoder {source}: {len(missing)} weights are missing, such "
                f"as {missing[0]}: give a whole wav2vec2 model"
            )
        config = self.model.config
        logger.info(
            f"Encoder {source}: {config.num_hidden_layers} layers, "
            f"{config.hidden_size} wide, {config.num_attention_heads} heads, "
            f"{sum(p.numel() for p in self.model.parameters()):,} parameters"
        )

    def override_config(self, config):
        """Settings of the pretrained model that fine-tuning changes."""
        config.layerdrop = 0.0
        if config.mask_time_prob == 0:
            # transformers makes the mask embedding only where this is above 0.
            config.mask_time_prob = 0.05
        return config

    @property
    def output_size(self):
        """Width of the features that the head sees."""
        return self.config.hidden_size

    def train(self, mode=True):
        """Set the mode, except for what is frozen."""
        super().train(mode)
        if mode and not self.model.feature_extractor._requires_grad:
            self.model.feature_extractor.eval()
            self.model.feature_projection.eval()
            self.model.encoder.pos_conv_embed.eval()
            self.model.encoder.dropout.eval()
            for layer in self.model.encoder.layers[: self.freeze_layers]:
                layer.eval()
        return self

    def merge_and_unfreeze(self):
        """Fold LoRA into the weights and train every parameter (phase 4)."""
        merge_lora(self.model)
        self.lora = None
        self.freeze_layers = 0
        self.model.requires_grad_(True)
        self.model.feature_extractor._requires_grad = True

    def frame_counts(self, samples):
        """Frames that the CNN gives for so many samples (int or tensor)."""
        return self.model._get_feat_extract_output_lengths(samples)

    def forward(self, wav, wav_lens, augment_keys=None):
        """Encode a batch.

        Arguments
        ---------
        wav : torch.Tensor
            16 kHz waveforms, [batch, samples].
        wav_lens : torch.Tensor or numpy.ndarray
            Relative lengths, [batch]; on the CPU, or SpecAugment waits for
            the device.
        augment_keys : numpy.ndarray, optional
            uint64, [batch]: SpecAugment's keys; in train mode only.

        Returns
        -------
        torch.Tensor
            [batch, frames, output_size]
        """
        samples = sample_counts(wav, torch.as_tensor(wav_lens))
        if self.normalize_wav:
            count = samples.to(wav.device, non_blocking=True)
            wav = normalise_waveforms(wav, count)
        features = self.model.feature_extractor(wav).transpose(1, 2)
        frames = self.frame_counts(samples)
        positions = torch.arange(features.shape[1], device=wav.device)
        count = frames.to(wav.device, non_blocking=True)
        inside = positions < count[:, None]
        hidden, _ = self.model.feature_projection(features)
        if self.training and augment_keys is not None:
            hidden = self.spec_augment(
                hidden,
                frames.tolist(),
                augment_keys,
                self.model.masked_spec_embed,
            )
        return self.model.encoder(
            hidden, attention_mask=inside
        ).last_hidden_state
