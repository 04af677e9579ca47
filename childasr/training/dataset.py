"""A manifest as SpeechBrain's dataset, read at the sampler's speed."""

import torch
from speechbrain.dataio.batch import PaddedBatch
from speechbrain.dataio.dataloader import make_dataloader
from speechbrain.dataio.dataset import DynamicItemDataset

from childasr.audio import read_audio
from childasr.training.batching import cut_by_duration

OUTPUT_KEYS = ["id", "sig", "tokens", "text", "age", "snr"]


class UtteranceDataset(DynamicItemDataset):
    """DynamicItemDataset whose items are (row, speed in percent).

    The sampler draws the speed, and reading needs it: a persistent loader
    worker has no other way to learn which epoch it reads for.
    """

    def __getitem__(self, item):
        row, speed = item
        data_id = self.data_ids[row]
        return self.pipeline.compute_outputs(
            self.data[data_id] | {"id": data_id, "speed": speed}
        )


def utterance_dataset(data, units, speed_perturb=None):
    """The recipe's pipelines over a manifest.

    Arguments
    ---------
    data : dict
        From `childasr.training.manifest.training_rows`.
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
        # The pipeline knows only keys that its first row has.
        {name: {**row, "speed": 100} for name, row in data.items()},
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
    durations = [dataset.data[i]["duration"] for i in dataset.data_ids]
    order = sorted(range(len(durations)), key=durations.__getitem__)
    cuts = cut_by_duration([durations[row] for row in order], batch_size)
    return make_dataloader(
        dataset,
        batch_sampler=[[(row, 100) for row in order[cut]] for cut in cuts],
        num_workers=num_workers,
        collate_fn=PaddedBatch,
        pin_memory=pin_memory,
        persistent_workers=num_workers > 0,
    )
