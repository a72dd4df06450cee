"""Builds that publish into one folder take turns."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has no such locks: there, let one build run at a time.
    fcntl = None  # type: ignore[assignment]


@contextlib.contextmanager
def turn_in(folder: Path) -> Iterator[None]:
    """Wait until no other process publishes into a folder, and keep others waiting.

    The lock is the system's, on the folder itself: it leaves no file, and ends with the process
    however that ends. Where the file system knows no locks, nobody waits.

    Parameters
    ----------
    folder : Path
    """
    if fcntl is None:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
