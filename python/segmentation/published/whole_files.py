"""Files that are there whole or not at all, and on disk when they are there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file beside its place, wait until it is on disk, and rename it.

    Two processes that write one file need :func:`segmentation.published.turns.turns_in`.

    Parameters
    ----------
    path : Path
        An existing file is replaced; the new one gets its permissions.
    write : callable
        Writes the file that it is given.
    """
    unfinished = unfinished_beside(path)
    try:
        write(unfinished)
        finish(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def finish(unfinished: Path, path: Path) -> None:
    """Put a written file in its place, with the permissions of the one before."""
    if path.exists():
        shutil.copymode(path, unfinished)
    sync_file(unfinished)
    unfinished.replace(path)
    sync_names(path.parent)


def unfinished_beside(path: Path) -> Path:
    """Return where a file or folder is written; a killed process leaves it, the next replaces it.

    A dot in front and another suffix keep it out of lists of Parquet files.
    """
    return path.with_name(f".{path.name[:200]}.next")


def sync_file(file: Path) -> None:
    """Wait until a file is on disk."""
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def sync_names(folder: Path) -> None:
    """Wait until the names in a folder are on disk, where the system can be asked to."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
