"""Tables as files, and folders of them that are there whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from segmentation.published.whole_files import sync_file, sync_names, unfinished_beside


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
    unfinished = unfinished_beside(path)
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
