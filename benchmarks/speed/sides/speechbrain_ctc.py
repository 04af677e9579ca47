#!/usr/bin/env python3
"""SpeechBrain's CTC recipe for wav2vec2, with our layers trained.

Everything is as in recipes/CommonVoice/ASR/CTC (train_with_wav2vec.py): its
wrapper with `output_norm`, its head of three layers with batch norm, its
augmentation of the waveform, its two optimisers past their warm-up, two
loader workers, and batches in ascending order of duration. Of those, the
timed ones lie evenly over the epoch, in random order: the first ones are all
short. The encoder is frozen as SpeechBrain freezes, by `requires_grad`, and
has SpeechBrain's LoRA on q, k and v. Dropout and layer drop are the model's.
"""

import speechbrain as sb
import torch
from measure import make_parser, shortest, spread, train_brain
from speechbrain.augment.augmenter import Augmenter
from speechbrain.augment.time_domain import DropChunk, DropFreq, SpeedPerturb
from speechbrain.dataio.dataio import read_audio
from speechbrain.dataio.dataloader import make_dataloader
from speechbrain.dataio.dataset import DynamicItemDataset
from speechbrain.integrations.huggingface.wav2vec2 import Wav2Vec2
from speechbrain.nnet.adapters import AdaptedModel, LoRA
from speechbrain.nnet.containers import Sequential
from speechbrain.nnet.linear import Linear
from speechbrain.nnet.losses import ctc_loss
from speechbrain.nnet.normalization import BatchNorm1d
from speechbrain.utils.seed import seed_everything

from childasr.manifest import read_summary
from childasr.training.vocabulary import load_or_train_units

NEURONS = 1024
HEAD_LAYERS = 3
DROPOUT = 0.15
WORKERS = 2


class StockCTC(sb.core.Brain):
    """Encoder, head and CTC, with an optimiser for each of the two."""

    def compute_forward(self, batch, stage):
        """Log-probabilities, [batch, frames, units], and relative lengths."""
        batch = batch.to(self.device)
        wavs, lengths = self.hparams.augment(*batch.sig)
        features = self.modules.wav2vec2(wavs, lengths)
        return self.modules.head(features).log_softmax(-1), lengths

    def compute_objectives(self, predictions, batch, stage):
        """CTC loss."""
        log_probs, lengths = predictions
        return ctc_loss(log_probs, batch.tokens[0], lengths, batch.tokens[1], 0)

    def init_optimizers(self):
        """Adam for the encoder, Adadelta for the head."""
        self.optimizers_dict = {
            "wav2vec2": torch.optim.Adam(
                self.modules.wav2vec2.parameters(), lr=1e-4
            ),
            "head": torch.optim.Adadelta(
                self.modules.head.parameters(), lr=1.0, rho=0.95, eps=1e-8
            ),
        }


def build_encoder(options):
    """SpeechBrain's wrapper, adapted as SpeechBrain adapts."""
    encoder = Wav2Vec2(
        options.model,
        f"{options.corpus}/speechbrain_cache",
        output_norm=True,
        freeze_feature_extractor=True,
        dtype=torch.float32,
    )
    layers = range(
        options.freeze_layers, encoder.model.config.num_hidden_layers
    )
    return AdaptedModel(
        encoder,
        LoRA,
        target_layers=[f"*.layers.{n}.attention.[qkv]_proj" for n in layers],
        adapter_kwargs={"rank": 16, "alpha": 32},
    )


def build_head(width, outputs):
    """Linear, batch norm, LeakyReLU and dropout, thrice, and the outputs."""
    head = Sequential(input_shape=[None, None, width])
    for number in range(HEAD_LAYERS):
        head.append(Linear, n_neurons=NEURONS)
        head.append(BatchNorm1d)
        head.append(torch.nn.LeakyReLU())
        if number < HEAD_LAYERS - 1:
            head.append(torch.nn.Dropout(DROPOUT))
    head.append(Linear, n_neurons=outputs)
    return head


def build_augmentation():
    """One speed for the batch, then dropped frequencies and chunks."""
    return Augmenter(
        min_augmentations=3,
        max_augmentations=3,
        augmentations=[
            SpeedPerturb(16_000, speeds=[95, 100, 105]),
            DropFreq(
                drop_freq_low=0,
                drop_freq_high=1,
                drop_freq_count_low=1,
                drop_freq_count_high=3,
                drop_freq_width=0.05,
            ),
            DropChunk(
                drop_length_low=1000,
                drop_length_high=2000,
                drop_count_low=1,
                drop_count_high=5,
            ),
        ],
    )


def build_dataset(options, units):
    """Utterances in ascending order of duration."""
    csv_file = f"{options.corpus}/train.csv"
    dataset = DynamicItemDataset.from_csv(
        csv_file, {"data_root": read_summary(csv_file)["data_root"]}
    )
    dataset.add_dynamic_item(read_audio, "wav", "sig")
    dataset.add_dynamic_item(
        lambda text: torch.tensor(units.encode(text)), "text", "tokens"
    )
    dataset.set_output_keys(["id", "sig", "tokens"])
    return dataset.filtered_sorted(sort_key="duration")


def build_loader(dataset, options):
    """Batches of neighbours, spread over the epoch."""
    durations = [float(dataset.data[i]["duration"]) for i in dataset.data_ids]
    size, rows = options.batch_size, range(len(dataset))
    batches = [rows[i : i + size] for i in rows[::size]]
    whole = [batch for batch in batches if len(batch) == size]
    loader = make_dataloader(
        dataset,
        batch_sampler=spread(whole, durations, options),
        num_workers=WORKERS,
    )
    return loader, shortest(durations)


def main():
    """Train the steps that the command line asks for."""
    options = make_parser().parse_args()
    options.workers = WORKERS
    seed_everything(options.seed)
    units = load_or_train_units(options.corpus, "jamo", 0)
    encoder = build_encoder(options)
    width = encoder.model.config.hidden_size
    brain = StockCTC(
        {"wav2vec2": encoder, "head": build_head(width, units.size)},
        hparams={"augment": build_augmentation()},
        run_opts={"device": options.device, "precision": options.precision},
    )
    dataset = build_dataset(options, units)
    loader, rows = build_loader(dataset, options)
    small_batch = loader.collate_fn([dataset[row] for row in rows])
    meter = train_brain(
        brain, brain.modules.wav2vec2, loader, small_batch, options
    )
    meter.write(brain.modules)


if __name__ == "__main__":
    main()
