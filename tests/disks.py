"""Disks that are nearly full."""

import os


def fill_but(folder, free):
    """Leave so many bytes of a folder's file system."""
    disk = os.statvfs(folder)
    with open(folder / "other", "wb") as file:
        file.write(bytes(disk.f_bavail * disk.f_bsize - free))
