"""A manifest as SpeechBrain's dataset, read at the sampler's speed."""

import numpy as np
import torch
from speechbrain.dataio.dataloader import make_dataloader
from speechbrain.dataio.dataset import DynamicItemDataset
from speechbrain.utils.data_pipeline import DataPipeline

from childasr.audio import SAMPLE_RATE, read_audio
from childasr.errors import InputError
from childasr.manifest import Utterance
from childasr.training.batch import ReadableBatch, Unreadable
from childasr.training.batching import batch_ends
from childasr.training.interrupt import obey_parent_alone

OUTPUT_KEYS = ["id", "sig", "tokens", "text", "age", "snr"]
FRAME = 0.02  # seconds, of the encoder
# A disk or a network that has not given a batch by then does not come back;
# a worker that was killed is seen within seconds.
LOADER_TIMEOUT = 600  # seconds


class UtteranceDataset(DynamicItemDataset):
    """DynamicItemDataset over a manifest; items are (row, speed in percent).

    Who cannot be read is an `Unreadable`: one recording of a million that is
    lost must not end a training of weeks.

    The sampler draws the speed, and reading needs it: a persistent loader
    worker has no other way to learn which epoch it reads for.

    SpeechBrain's constructor wants a dict of all rows and lists its keys,
    which takes long and gigabytes in each process for millions of utterances.
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
        values = {"id": utterance.ID, "speed": speed, **utterance._asdict()}
        try:
            return self.pipeline.compute_outputs(values)
        except InputError as error:  # of `read_audio`
            return Unreadable(utterance.ID, str(error))


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

    def signal(wav, duration, speed):
        waveform = torch.from_numpy(read_audio(wav))
        _check_duration(wav, len(waveform) / SAMPLE_RATE, duration)
        if speed_perturb is None:
            return waveform
        return speed_perturb.resample(waveform, speed)

    def tokens(text):
        return torch.tensor(units.encode(text), dtype=torch.long)

    return UtteranceDataset(
        manifest,
        dynamic_items=[
            {
                "func": signal,
                "takes": ["wav", "duration", "speed"],
                "provides": "sig",
            },
            {"func": tokens, "takes": ["text"], "provides": "tokens"},
        ],
        output_keys=OUTPUT_KEYS,
    )


def _check_duration(wav, seconds, expected):
    """Refuse a recording that has been cut short, or is another one."""
    if abs(seconds - expected) > FRAME:
        raise InputError(
            f"{wav} lasts {seconds:.2f} s, {expected:.2f} s when it was "
            "prepared: restore it, or prepare the corpus again"
        )


def validation_loader(
    dataset, batch_size, num_workers, pin_memory, rank=0, world_size=1
):
    """A loader in order of duration, at the recorded speed.

    Whole batches are dealt out to the processes, so that what is computed of
    an utterance is the same for any number of them. Each gets as many, the
    last perhaps without an utterance.
    """
    durations = dataset.manifest.durations
    order = np.argsort(durations, kind="stable")
    parts = np.split(order, batch_ends(durations[order], batch_size)[:-1])
    batches = [[(row, 100) for row in part.tolist()] for part in parts]
    batches += [[]] * (-len(batches) % world_size)
    mine = batches[rank::world_size]
    return batch_loader(dataset, mine, num_workers, pin_memory)


def batch_loader(dataset, batches, num_workers, pin_memory):
    """A loader over batches of a dataset.

    Arguments
    ---------
    dataset : UtteranceDataset
    batches : DurationBatchSampler or list of list
        Of its items, (row, speed in percent).
    num_workers : int
    pin_memory : bool
    """
    return make_dataloader(
        dataset,
        batch_sampler=batches,
        num_workers=num_workers,
        collate_fn=ReadableBatch,
        timeout=LOADER_TIMEOUT if num_workers else 0,
        pin_memory=pin_memory,
        persistent_workers=num_workers > 0,
        worker_init_fn=obey_parent_alone,
        # Its own: each pass draws a seed for its workers, which would move
        # the generator of the model's dropout, and once more after a restart.
        generator=torch.Generator(),
    )
