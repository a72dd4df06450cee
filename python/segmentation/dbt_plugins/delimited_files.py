"""dbt-duckdb plugin: sources that are delimited text files, whatever their headers are called.

A source names it with ``plugin: delimited_files``::

    meta:
      plugin: delimited_files
      dataset: marketing_campaign
      directory: SEGMENTATION_DATA_DIR
      file: marketing_campaign/marketing_campaign.csv
      headers: seeds/source_headers.csv
      materialization: view

`directory` is an environment variable. `headers` lists for every data set which headers stand for
which column. All columns come as text; what cannot be read as a number or a date is for staging
to say. Two columns are added: ``source_row``, the row's number in the file counted from 1 below
the header, and ``malformed``, the text of a row whose cells do not fit the header, else null.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.duckdb.utils import SourceConfig
from dbt.flags import get_flags

DELIMITERS = (",", "\t", ";", "|")


class SourceFileError(ValueError):
    """A file that is not there, or not what was expected; the message says both."""


@dataclass(frozen=True)
class SourceColumn:
    """A column and what it may be called in a file.

    Attributes
    ----------
    name : str
        What staging calls it.
    headers : tuple of str
        What files call it. Case, spaces, hyphens and underscores make no difference.
    required : bool
        Whether a file without it is an error; otherwise the column is null.
    """

    name: str
    headers: tuple[str, ...]
    required: bool


class Plugin(BasePlugin):
    """Loads delimited files."""

    def load(self, source_config: SourceConfig) -> pa.Table:
        """Return a source's file as a table of text columns.

        Raises
        ------
        SourceFileError
            If the environment variable is not set, the file is not there or cannot be decoded,
            or a required column is missing.
        """
        # dbt-duckdb writes the catalog without quotes; the view goes into the default one anyway.
        source_config.database = None
        variable = str(source_config.get("directory"))
        relative = str(source_config.get("file"))
        directory = os.environ.get(variable)
        if not directory:
            raise SourceFileError(
                f"The data set '{source_config.get('dataset')}' is read from the file {relative} "
                f"in the folder that the environment variable {variable} names, which is not set. "
                f"Set it: export {variable}=/path/to/the/folder"
            )
        # The project, wherever dbt was started from: --project-dir, DBT_PROJECT_DIR, or here.
        headers = Path(get_flags().PROJECT_DIR) / str(source_config.get("headers"))
        with headers.open(encoding="utf-8", newline="") as lines:
            columns = source_columns(csv.DictReader(lines), str(source_config.get("dataset")))
        return read_delimited(Path(directory) / relative, columns)


def source_columns(rows: Iterable[Mapping[str, str]], dataset: str) -> list[SourceColumn]:
    """Return the columns of one data set, in the order of the seed ``source_headers``."""
    headers: dict[str, list[str]] = {}
    required: dict[str, bool] = {}
    for row in rows:
        if row["dataset"] == dataset:
            headers.setdefault(row["source_column"], []).append(row["header"])
            required[row["source_column"]] = row["required"].strip().lower() == "true"
    return [SourceColumn(name, tuple(headers[name]), required[name]) for name in headers]


def read_delimited(path: Path, columns: list[SourceColumn]) -> pa.Table:
    """Read a delimited file.

    The delimiter is the one of :data:`DELIMITERS` under which most headers are known. A byte
    order mark, either kind of line ending, quoted cells, columns in any order and columns that
    nobody asked for make no difference. An empty cell is null.

    Parameters
    ----------
    path : Path
    columns : list of SourceColumn
        What is looked for.

    Returns
    -------
    pyarrow.Table
        ``source_row``, the names of `columns` as text, and ``malformed``.

    Raises
    ------
    SourceFileError
        If the file is not there, is not UTF-8, or has no header for a required column.
    """
    if not path.is_file():
        beside = sorted(p.name for p in path.parent.glob("*")) if path.parent.is_dir() else []
        raise SourceFileError(
            f"There is no file {path}. "
            + (
                f"In its folder there are: {', '.join(beside)}."
                if beside
                else "Its folder is empty or not there either."
            )
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceFileError(
            f"{path} is not UTF-8 text: the byte at {error.start} cannot be read. Save it as UTF-8."
        ) from error
    header, delimiter = _header(text, columns)
    position = _positions(path, header, columns)
    names = list(position)
    cells: dict[str, list[str | None]] = {name: [] for name in names}
    malformed: list[str | None] = []
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        if not row:
            continue
        fits = len(row) == len(header)
        malformed.append(None if fits else delimiter.join(row))
        for name in names:
            at = position[name]
            cells[name].append((row[at].strip() or None) if fits and at is not None else None)
    table = {
        # The first row read is the header itself.
        "source_row": pa.array(range(1, len(malformed)), pa.int64()),
        **{name: pa.array(values[1:], pa.string()) for name, values in cells.items()},
        "malformed": pa.array(malformed[1:], pa.string()),
    }
    return pa.table(table)


def _header(text: str, columns: list[SourceColumn]) -> tuple[list[str], str]:
    known = {_plain(header) for column in columns for header in column.headers}
    candidates = []
    for delimiter in DELIMITERS:
        first = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
        candidates.append((sum(_plain(cell) in known for cell in first), first, delimiter))
    _, header, delimiter = max(candidates, key=lambda candidate: candidate[0])
    return header, delimiter


def _positions(path: Path, header: list[str], columns: list[SourceColumn]) -> dict[str, int | None]:
    plain = [_plain(cell) for cell in header]
    positions: dict[str, int | None] = {}
    missing = []
    for column in columns:
        found = [plain.index(_plain(h)) for h in column.headers if _plain(h) in plain]
        positions[column.name] = found[0] if found else None
        if column.required and not found:
            missing.append(f"{column.name} (called {' or '.join(column.headers)})")
    if missing:
        raise SourceFileError(
            f"{path} lacks {len(missing)} of the columns that are needed: {'; '.join(missing)}. "
            f"It has: {', '.join(cell for cell in header if cell) or 'no header at all'}. "
            "If a column goes by another name, add it to seeds/source_headers.csv."
        )
    return positions


def _plain(header: str) -> str:
    return re.sub(r"[\s_-]+", "", header).lower()
