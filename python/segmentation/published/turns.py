"""Processes that write into one folder take turns, or exclude each other."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has no such locks: there, let one process write at a time.
    fcntl = None  # type: ignore[assignment]


@contextlib.contextmanager
def turns_in(*folders: Path) -> Iterator[None]:
    """Wait until no other process writes into the folders, and keep others waiting.

    The lock is the system's, on the folder itself: it leaves no file, and ends with the process.
    A file system without locks makes no process wait.

    Parameters
    ----------
    *folders : Path
    """
    if fcntl is None:
        yield
        return
    with contextlib.ExitStack() as stack:
        # Always in one order: two processes never wait for one another.
        for folder in sorted({path.resolve() for path in folders}):
            descriptor = os.open(folder, os.O_RDONLY)
            stack.callback(os.close, descriptor)
            with contextlib.suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[bool]:
    """Keep other processes out of a folder while the body runs.

    The lock is that of :func:`turns_in`.

    Parameters
    ----------
    folder : Path

    Yields
    ------
    bool
        Whether no other process is in the folder.
    """
    if fcntl is None:
        yield True
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        except OSError:
            # A file system without locks excludes no process.
            pass
        yield True
    finally:
        os.close(descriptor)
