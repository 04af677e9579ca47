"""From what a metadata cell says to the file that it means."""

import os
import posixpath
import re
from pathlib import Path

from data_prep.records import Rejected, nfc, stem


class FileIndex:
    """Every recording and label below some folders of a corpus.

    Arguments
    ---------
    root : str or Path
        The data root.
    folders : list of str
        Those below the root to look into; links to folders are not followed.
    """

    def __init__(self, root, folders):
        self.root = Path(root)
        self._prefixes = tuple(
            {
                nfc(path).rstrip("/") + "/"
                for path in (os.path.abspath(root), os.path.realpath(root))
            }
        )
        self._inside = os.path.join(os.path.realpath(root), "")
        self.recordings = []
        self._on_disk = {}
        self._by_stem = {}
        for folder in folders:
            self._walk(folder)

    def _walk(self, folder):
        for where, folders, names in os.walk(self.root / folder):
            # The disk's own order differs between machines.
            folders.sort()
            below = Path(where).relative_to(self.root).as_posix()
            for name in sorted(names):
                self._add(f"{below}/{name}")

    def _add(self, path):
        suffix = posixpath.splitext(path)[1].lower()
        if suffix in (".wav", ".json"):
            self._on_disk.setdefault(nfc(path), path)
        if suffix == ".wav":
            self.recordings.append(path)
            self._by_stem.setdefault(stem(path), []).append(path)

    def path_below_root(self, cell):
        """The composed path that a cell means, relative to the root.

        Raises
        ------
        Rejected
            `path_outside_root` for `..` and absolute paths that leave it.
        """
        path = nfc(cell.strip()).replace("\\", "/")
        for prefix in self._prefixes:
            path = path.removeprefix(prefix)
        path = posixpath.normpath(path)
        if re.match(r"/|[A-Za-z]:|\.\.(/|$)", path):
            raise Rejected("path_outside_root", cell)
        return path.removeprefix(nfc(self.root.name) + "/")

    def locate(self, path):
        """The file on disk, relative to the root; it may not exist.

        Arguments
        ---------
        path : str
            From `path_below_root`; a bare name is looked up by its stem.

        Raises
        ------
        Rejected
                `path_ambiguous` for a bare name that several files have, and
            `path_not_utf8` for a name that a manifest cannot hold.
        """
        found = self._on_disk.get(path, path)
        if "/" not in path and path not in self._on_disk:
            namesakes = self._by_stem.get(stem(path), [path])
            if len(namesakes) > 1:
                raise Rejected("path_ambiguous", ", ".join(sorted(namesakes)))
            found = namesakes[0]
        if found.encode("utf-8", "replace").decode("utf-8") != found:
            raise Rejected("path_not_utf8", found)
        return found

    def refuse_way_out(self, path):
        """Raise Rejected `path_outside_root` for a link that leads out."""
        target = os.path.realpath(self.root / path)
        if not target.startswith(self._inside):
            raise Rejected("path_outside_root", f"{path} -> {target}")
