"""Files that take long to write: beside their place, each process its own, whole or not at all."""

from __future__ import annotations

import contextlib
import glob
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from segmentation.published.turns import turns_in
from segmentation.published.whole_files import finish

try:
    import fcntl
except ImportError:  # Windows has no such locks: there, what a killed process left is not removed.
    fcntl = None  # type: ignore[assignment]

SUFFIX = ".next"


def write_own(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file beside its place, wait until it is on disk, and rename it.

    Unlike :func:`segmentation.published.whole_files.write_whole`, processes that write one file do
    not wait for one another; that which ends last has written it.

    Parameters
    ----------
    path : Path
        An existing file is replaced; the new one gets its permissions.
    write : callable
        Writes the file that it is given.
    """
    with _unfinished(path) as unfinished:
        write(unfinished)
        finish(unfinished, path)


@contextlib.contextmanager
def _unfinished(path: Path) -> Iterator[Path]:
    """Yield a hidden file of this process; it is removed, as are those of killed processes."""
    start = f".{path.name[:200]}."
    unfinished = path.with_name(f"{start}{os.getpid()}{SUFFIX}")
    with contextlib.ExitStack() as stack:
        # In turns, so that nobody takes a file that is not locked yet for one that was left.
        with turns_in(path.parent):
            for left in path.parent.glob(f"{glob.escape(start)}*{SUFFIX}"):
                if left.name[len(start) : -len(SUFFIX)].isdecimal() and _is_left(left):
                    left.unlink(missing_ok=True)
            stack.callback(unfinished.unlink, missing_ok=True)
            unfinished.touch()
            if fcntl is not None:
                descriptor = os.open(unfinished, os.O_RDWR)
                stack.callback(os.close, descriptor)
                with contextlib.suppress(OSError):
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield unfinished


def _is_left(file: Path) -> bool:
    """Return whether no process holds the lock of a file, which ends with its process."""
    if fcntl is None:
        return False
    try:
        descriptor = os.open(file, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
