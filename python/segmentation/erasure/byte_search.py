"""Looks for ids among the bytes of files."""

from __future__ import annotations

import contextlib
import mmap
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from segmentation.erasure.customers import Customers

_LETTERS = rb"0-9A-Za-z\x80-\xff"


def holds_bytes(file: Path, customers: Customers) -> bool:
    """Return whether a file contains a distinctive id."""
    with _mapped(file) as content:
        return any(content.find(needle) >= 0 for needle in customers.needles)


def files_naming(paths: Iterable[Path], needles: Sequence[bytes]) -> Iterator[Path]:
    """Yield the text files, also those below folders, that contain an id as a word.

    Parameters
    ----------
    paths : iterable of Path
        Files and folders; they may be missing.
    needles : sequence of bytes
        Ids, as :attr:`Customers.needles` has them.
    """
    if not needles:
        return
    names = b"|".join(re.escape(needle) for needle in needles)
    word = re.compile(rb"(?<![%b])(?:%b)(?![%b])" % (_LETTERS, names, _LETTERS))
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and not file.is_symlink():
                with _mapped(file) as content:
                    if word.search(content):
                        yield file


@contextlib.contextmanager
def _mapped(file: Path) -> Iterator[mmap.mmap | bytes]:
    with file.open("rb") as opened:
        if not file.stat().st_size:
            yield b""
            return
        with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            yield content
