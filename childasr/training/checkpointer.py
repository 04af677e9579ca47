"""Checkpoints that are whole or not there."""

import os
import shutil
import time
from pathlib import Path

import yaml
from speechbrain.utils.checkpoints import CKPT_PREFIX, METAFNAME, Checkpointer
from speechbrain.utils.distributed import if_main_process
from speechbrain.utils.logger import get_logger

from childasr.errors import InputError
from childasr.text.files import file_sha256, flush
from childasr.training.agreement import first_alone
from childasr.training.disk import has_space, space_for, tensor_bytes

logger = get_logger(__name__)
PARTIAL, DAMAGED = "partial+", "damaged+"
HASHES = "sha256.txt"


class AtomicCheckpointer(Checkpointer):
    """Checkpointer that writes beside, hashes, and renames into place.

    SpeechBrain writes the metadata first and into the final folder: a
    checkpoint whose writing was interrupted is then listed, wins, and crashes
    with a KeyError. Here a checkpoint is listed only when all of it is on
    disk, and loaded only when its hashes agree; a damaged one is named and
    set aside, and only damaged ones is an error, never a fresh start.

    SpeechBrain makes the folder at once, before the rest of the input is
    checked, and where another run may be at work; here the first that looks
    for a checkpoint, or saves one, makes it.

    One made within an epoch is replaced by the next. The others stay where
    the disk allows: when it is full, the oldest go, but for the newest and
    the one with the lowest `wer` in its metadata.

    Arguments
    ---------
    checkpoints_dir, recoverables, ...
        As in SpeechBrain.

    Example
    -------
    >>> import torch
    >>> folder = getfixture("tmp_path")
    >>> head = torch.nn.Linear(2, 2)
    >>> checkpointer = AtomicCheckpointer(folder, {"head": head})
    >>> _ = checkpointer.save_checkpoint(end_of_epoch=False, name="a")
    >>> _ = checkpointer.save_checkpoint(name="epoch_01")
    >>> [path.name for path in folder.iterdir()]
    ['CKPT+epoch_01']
    """

    def __init__(self, checkpoints_dir, *args, **kwargs):
        super().__init__(os.curdir, *args, **kwargs)
        self.checkpoints_dir = Path(checkpoints_dir)

    def _custom_checkpoint_dirpath(self, name):
        return self.checkpoints_dir / f"{PARTIAL}{CKPT_PREFIX}+{name}"

    def save_checkpoint(self, meta=None, **kwargs):
        """Save as SpeechBrain does, but into place only when complete.

        Raises
        ------
        RunError
            The disk is full, even without the older checkpoints.
        """
        if if_main_process():
            self._clean_folder()
            needed = self._needed()
            self._make_room(needed)
            with space_for("a checkpoint", self.checkpoints_dir, needed):
                meta = {"unixtime": self._next_time()} | (meta or {})
                return self._save_atomically(meta, **kwargs)
        return super().save_checkpoint(meta or {}, **kwargs)

    def _next_time(self):
        """Now, but after every checkpoint: a clock may have run ahead."""
        made = [found.meta["unixtime"] for found in self.list_checkpoints()]
        return max([time.time(), *(moment + 0.001 for moment in made)])

    def _save_atomically(self, meta, **kwargs):
        try:
            checkpoint = super().save_checkpoint(meta, **kwargs)
        except Exception:
            self._clean_folder()
            raise
        folder = checkpoint.path
        (folder / HASHES).write_text(_hash_files(folder), encoding="utf-8")
        for path in [*folder.iterdir(), folder]:
            flush(path)
        final = folder.with_name(folder.name.removeprefix(PARTIAL))
        if final.exists():
            self._remove(final)
        os.replace(folder, final)
        flush(final.parent)
        self._remove_replaced()
        return checkpoint._replace(path=final)

    def _remove_replaced(self):
        """Delete those made within an epoch that have a newer one."""
        for older in self.find_checkpoints()[1:]:
            if not older.meta["end-of-epoch"]:
                self._remove(older.path)

    def _remove(self, folder):
        """Delete a checkpoint, which is not listed while half of it is."""
        unlisted = folder.with_name(f"{PARTIAL}removed+{folder.name}")
        os.replace(folder, unlisted)
        shutil.rmtree(unlisted)

    def _clean_folder(self):
        """Make it, or delete what a killed run left half of."""
        os.makedirs(self.checkpoints_dir, exist_ok=True)
        for path in self.checkpoints_dir.glob(f"{PARTIAL}*"):
            shutil.rmtree(path)

    def _needed(self):
        """Bytes of a checkpoint, roughly: its tensors."""
        return tensor_bytes(
            [
                part.state_dict()
                for part in self.recoverables.values()
                if hasattr(part, "state_dict")
            ]
        )

    def _make_room(self, needed):
        """Delete the oldest until there is space, or nothing left to delete."""
        newest_first = self.find_checkpoints()
        kept = {found.path for found in newest_first[:1]}
        kept |= {
            found.path
            for found in self.find_checkpoints(
                min_key="wer", max_num_checkpoints=1
            )
        }
        for oldest in reversed(newest_first):
            if has_space(self.checkpoints_dir, needed):
                return
            if oldest.path not in kept:
                logger.warning(f"Disk full, deleted to go on: {oldest.path}")
                self._remove(oldest.path)

    def recover_if_possible(self, **kwargs):
        """Load the newest whole checkpoint, as SpeechBrain does.

        The first process chooses: on a network disk the others may not see
        the newest yet.

        Raises
        ------
        InputError
            There are checkpoints, and all are damaged.
        """
        first_alone(self._set_damaged_aside)
        chosen = first_alone(self.find_checkpoint, **kwargs)
        if chosen is not None:
            self.load_checkpoint(chosen)
        return chosen

    def _set_damaged_aside(self):
        """Until the newest is whole; the older ones are not read."""
        self._clean_folder()
        folders = list(self.checkpoints_dir.glob(f"{CKPT_PREFIX}*"))
        for folder in sorted(folders, key=_time_of, reverse=True):
            if _is_whole(folder):
                self._remove_replaced()
                return
            aside = folder.with_name(DAMAGED + folder.name)
            if aside.exists():
                shutil.rmtree(aside)
            os.replace(folder, aside)
            logger.warning(f"Damaged checkpoint set aside: {aside}")
        for damaged in sorted(self.checkpoints_dir.glob(f"{DAMAGED}*")):
            raise InputError(
                f"only damaged checkpoints in {self.checkpoints_dir} "
                f"({damaged.name}): restore one, or delete the folder to "
                "start the phase again"
            )


def _time_of(folder):
    """When a checkpoint was made; a damaged one may not say."""
    try:
        text = (folder / METAFNAME).read_text(encoding="utf-8")
        return float(yaml.safe_load(text)["unixtime"])
    except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError):
        return float("inf")  # it cannot be loaded, and is set aside first


def _is_whole(folder):
    try:
        listed = (folder / HASHES).read_text(encoding="utf-8")
        return listed == _hash_files(folder)
    except (OSError, ValueError):
        return False


def _hash_files(folder):
    """A line `hash  name` for each file of a checkpoint but the list."""
    return "".join(
        f"{file_sha256(path)}  {path.name}\n"
        for path in sorted(folder.iterdir())
        if path.name != HASHES
    )
