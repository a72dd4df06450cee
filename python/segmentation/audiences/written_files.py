"""Files and folders that are there whole or not at all, and the lock of who writes them."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from segmentation.published.files import sync_file, sync_names


@contextlib.contextmanager
def locked_folders(*folders: Path) -> Iterator[None]:
    """Hold folders while the body runs: a second export waits for the first.

    Where the system has no locks of folders, nothing is held.
    """
    if os.name != "posix":
        yield
        return
    import fcntl

    with contextlib.ExitStack() as stack:
        # In one order, whoever asks.
        for folder in sorted({path.resolve() for path in folders}):
            descriptor = os.open(folder, os.O_RDONLY)
            stack.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file beside its place, wait until it is on disk, and rename it.

    Parameters
    ----------
    path : Path
        A file that is there is replaced; the new one has its permissions.
    write : callable
        Writes the file that it is given.
    """
    unfinished = _unfinished(path)
    write(unfinished)
    if path.exists():
        shutil.copymode(path, unfinished)
    sync_file(unfinished)
    unfinished.replace(path)
    sync_names(path.parent)


def write_folder_whole(path: Path, tables: dict[str, pa.Table]) -> None:
    """Write a folder of tables, which are all there or none of them.

    Parameters
    ----------
    path : Path
        A folder that is not there; its parent is made if it is missing.
    tables : dict
        Names of files, whose suffixes say the format, and their rows.
    """
    path.parent.mkdir(exist_ok=True)
    unfinished = _unfinished(path)
    # What a killed export left.
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    for name, table in tables.items():
        write_table(table, unfinished / name)
        sync_file(unfinished / name)
    sync_names(unfinished)
    unfinished.rename(path)
    sync_names(path.parent)


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table as CSV or Parquet, which the suffix says."""
    if path.suffix.lower() == ".parquet":
        pq.write_table(table, path)
    else:
        pa_csv.write_csv(table, path, pa_csv.WriteOptions(quoting_style="needed"))


def table_bytes(table: pa.Table, suffix: str) -> bytes:
    """Return what :func:`write_table` would write into a file with a suffix."""
    sink = pa.BufferOutputStream()
    if suffix.lower() == ".parquet":
        pq.write_table(table, sink)
    else:
        pa_csv.write_csv(table, sink, pa_csv.WriteOptions(quoting_style="needed"))
    return sink.getvalue().to_pybytes()


def _unfinished(path: Path) -> Path:
    # A dot in front and another suffix: nobody who lists Parquet files reads it.
    return path.with_name(f".{path.name}.next")
