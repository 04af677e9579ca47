"""A manifest as SpeechBrain's dataset, read at the sampler's speed."""

import numpy as np
import torch
from speechbrain.dataio.batch import PaddedBatch
from speechbrain.dataio.dataloader import make_dataloader
from speechbrain.dataio.dataset import DynamicItemDataset
from speechbrain.utils.data_pipeline import DataPipeline

from childasr.audio import read_audio
from childasr.manifest import Utterance
from childasr.training.batching import cut_by_duration

OUTPUT_KEYS = ["id", "sig", "tokens", "text", "age", "snr"]


class UtteranceDataset(DynamicItemDataset):
    """DynamicItemDataset over a manifest; items are (row, speed in percent).

    The sampler draws the speed, and reading needs it: a persistent loader
    worker has no other way to learn which epoch it reads for.

    SpeechBrain's constructor wants a dict of all rows and lists its keys,
    which takes half a minute and 2 GB a process for 1.8 million utterances.
    Here a row is read when it is asked for, so `filtered_sorted` and what
    else goes through `data` and `data_ids` is not supported.

    Arguments
    ---------
    manifest : Manifest
    dynamic_items, output_keys : list
        As in SpeechBrain.
    """

    def __init__(self, manifest, dynamic_items, output_keys):
        self.manifest = manifest
        static_keys = ["id", "speed", *Utterance._fields]
        self.pipeline = DataPipeline(static_keys, dynamic_items)
        self.set_output_keys(output_keys)

    def __len__(self):
        return len(self.manifest)

    def __getitem__(self, item):
        row, speed = item
        utterance = self.manifest[row]
        return self.pipeline.compute_outputs(
            {"id": utterance.ID, "speed": speed, **utterance._asdict()}
        )


def utterance_dataset(manifest, units, speed_perturb=None):
    """The recipe's pipelines over a manifest.

    Arguments
    ---------
    manifest : Manifest
    units : TextUnits
    speed_perturb : KeyedSpeedPerturb, optional

    Returns
    -------
    UtteranceDataset
        Items hold `sig` [samples] at 16 kHz and `tokens` [targets].
    """

    def signal(wav, speed):
        waveform = torch.from_numpy(read_audio(wav))
        if speed_perturb is None:
            return waveform
        return speed_perturb.resample(waveform, speed)

    def tokens(text):
        return torch.tensor(units.encode(text), dtype=torch.long)

    return UtteranceDataset(
        manifest,
        dynamic_items=[
            {"func": signal, "takes": ["wav", "speed"], "provides": "sig"},
            {"func": tokens, "takes": ["text"], "provides": "tokens"},
        ],
        output_keys=OUTPUT_KEYS,
    )


def training_loader(dataset, sampler, num_workers, pin_memory):
    """A loader over a DurationBatchSampler's batches."""
    return make_dataloader(
        dataset,
        batch_sampler=sampler,
        num_workers=num_workers,
        collate_fn=PaddedBatch,
        pin_memory=pin_memory,
        persistent_workers=num_workers > 0,
    )


def validation_loader(dataset, batch_size, num_workers, pin_memory):
    """A loader in order of duration, at the recorded speed."""
    durations = dataset.manifest.durations
    order = np.argsort(durations, kind="stable")
    cuts = cut_by_duration(durations[order], batch_size)
    return make_dataloader(
        dataset,
        batch_sampler=[
            [(row, 100) for row in order[cut].tolist()] for cut in cuts
        ],
        num_workers=num_workers,
        collate_fn=PaddedBatch,
        pin_memory=pin_memory,
        persistent_workers=num_workers > 0,
    )
