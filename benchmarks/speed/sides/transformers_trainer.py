#!/usr/bin/env python3
"""transformers' Trainer with peft's LoRA, as its users run it.

`default` is the speech example (run_speech_recognition_ctc.py) with peft, and
its own defaults: CNN frozen through `freeze_feature_encoder()`, no layer drop,
5 % of the frames masked, batches at random, no loader workers. It differs in
two points. Dropout is the model's own, as in all sides, where the example's
arguments set it to 0 (that is `default_nodropout`); and recordings are read
when they are asked for, where the example writes them to a cache first.

`default_unfrozen` leaves out `freeze_feature_encoder()`: what a script gets
that trusts peft to freeze what it does not train.

`careful` knows better: the CNN is frozen through the API, batches are grouped
by lengths that are known, workers read ahead, layer drop is 0, and the model
masks as it was pretrained.

None has speed perturbation: neither the example nor the Trainer has it.
"""

import tempfile

import soundfile
import torch
from measure import Meter, make_parser, same_kernels, shortest, spread
from peft import LoraConfig, get_peft_model
from torch.nn.utils.rnn import pad_sequence
from transformers import (
    AutoFeatureExtractor,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    Wav2Vec2ForCTC,
    set_seed,
)
from transformers.trainer_pt_utils import LengthGroupedSampler

from childasr.manifest import Manifest
from childasr.training.vocabulary import load_or_train_units

EXAMPLE = {"layerdrop": 0.0, "mask_time_prob": 0.05, "mask_time_length": 10}
NO_DROPOUT = dict.fromkeys(
    [
        *("attention_dropout", "activation_dropout", "feat_proj_dropout"),
        *("hidden_dropout", "final_dropout"),
    ],
    0.0,
)
# freeze_feature_encoder(), grouping and workers, configuration
SIDES = {
    "default": (True, False, EXAMPLE),
    "default_unfrozen": (False, False, EXAMPLE),
    "default_nodropout": (True, False, EXAMPLE | NO_DROPOUT),
    "careful": (True, True, {"layerdrop": 0.0}),
}


class Recordings(torch.utils.data.Dataset):
    """Utterances of a manifest, read and normalised when asked for."""

    def __init__(self, manifest, units, extractor):
        self.manifest = manifest
        self.units = units
        self.extractor = extractor

    def __len__(self):
        return len(self.manifest)

    def __getitem__(self, row):
        utterance = self.manifest[row]
        wav, rate = soundfile.read(utterance.wav, dtype="float32")
        features = self.extractor(wav, sampling_rate=rate)
        labels = torch.tensor(self.units.encode(utterance.text))
        return {"input_values": features.input_values[0], "labels": labels}

    def collate(self, items):
        """Pad waveforms with 0 and labels with -100."""
        batch = self.extractor.pad(
            [{"input_values": item["input_values"]} for item in items],
            padding=True,
            return_tensors="pt",
        )
        labels = [item["labels"] for item in items]
        batch["labels"] = pad_sequence(labels, True, padding_value=-100)
        return batch


class MeteredTrainer(Trainer):
    """Trainer that tells a meter when it waits, and can group by length."""

    def __init__(self, meter, options, grouped, **kwargs):
        super().__init__(**kwargs)
        self.meter = meter
        self.options = options
        self.grouped = grouped

    def _get_train_sampler(self, train_dataset=None):
        """Group by the known lengths: it would read every recording."""
        if not self.grouped:
            return super()._get_train_sampler(train_dataset)
        durations = self.train_dataset.manifest.durations.tolist()
        size = self.options.batch_size
        rows = list(LengthGroupedSampler(size, lengths=durations))
        batches = [rows[i : i + size] for i in range(0, len(rows), size)]
        whole = [batch for batch in batches if len(batch) == size]
        return [
            row
            for batch in spread(whole, durations, self.options)
            for row in batch
        ]

    def get_batch_samples(self, *args):
        self.meter.open_loader()
        batch = super().get_batch_samples(*args)
        self.meter.batch_arrives()
        return batch


class Steps(TrainerCallback):
    """A small batch before all others, and the end of each step."""

    def __init__(self, trainer, small_batch):
        self.trainer = trainer
        self.small_batch = small_batch

    def on_train_begin(self, args, state, control, optimizer, **kwargs):
        self.trainer.current_gradient_accumulation_steps = 1
        self.trainer.training_step(self.trainer.model_wrapped, self.small_batch)
        optimizer.step()
        optimizer.zero_grad()

    def on_step_end(self, args, state, control, **kwargs):
        self.trainer.meter.step_ends()


def build_model(options, units):
    """LoRA on q, k and v above the frozen layers, and a head."""
    freeze_encoder, _, settings = SIDES[options.side]
    model = Wav2Vec2ForCTC.from_pretrained(
        options.model,
        dtype=torch.float32,
        attn_implementation="sdpa",
        vocab_size=units.size,
        pad_token_id=units.blank_id,
        ctc_loss_reduction="mean",
        **settings,
    )
    if freeze_encoder:
        model.freeze_feature_encoder()
    layers = range(options.freeze_layers, model.config.num_hidden_layers)
    lora = LoraConfig(
        r=16,
        lora_alpha=32,
        lora_dropout=0.1,
        target_modules=["q_proj", "k_proj", "v_proj"],
        layers_to_transform=list(layers),
        layers_pattern="layers",
        modules_to_save=["lm_head"],
    )
    return get_peft_model(model, lora)


def build(options, meter, output_folder):
    """The Trainer of a side."""
    set_seed(options.seed)
    units = load_or_train_units(options.corpus, "jamo", 0)
    dataset = Recordings(
        Manifest(f"{options.corpus}/train.csv"),
        units,
        AutoFeatureExtractor.from_pretrained(options.model),
    )
    model = build_model(options, units)
    _, careful, _ = SIDES[options.side]
    options.workers = options.workers if careful else 0
    trainer = MeteredTrainer(
        meter,
        options,
        careful,
        model=model,
        data_collator=dataset.collate,
        train_dataset=dataset,
        args=TrainingArguments(
            output_folder,
            per_device_train_batch_size=options.batch_size,
            max_steps=options.skip + options.steps,
            bf16=options.precision == "bf16",
            fp16=options.precision == "fp16",
            use_cpu=options.device == "cpu",
            dataloader_num_workers=options.workers,
            seed=options.seed,
            remove_unused_columns=False,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        ),
    )
    rows = shortest(dataset.manifest.durations)
    small_batch = dataset.collate([dataset[row] for row in rows])
    trainer.add_callback(Steps(trainer, small_batch))
    return trainer


def main():
    """Train the steps that the command line asks for."""
    parser = make_parser()
    parser.add_argument("--side", choices=SIDES, required=True)
    options = parser.parse_args()
    meter = Meter(options)
    with tempfile.TemporaryDirectory() as output_folder:
        trainer = build(options, meter, output_folder)
        trainer.model.register_forward_pre_hook(
            lambda module, args, inputs: meter.add_input(
                inputs["input_values"], inputs["attention_mask"].sum(1)
            ),
            with_kwargs=True,
        )
        with same_kernels():
            trainer.train()
    meter.write(trainer.model, optimiser=trainer.args.optim)


if __name__ == "__main__":
    main()
