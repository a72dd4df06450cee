"""dbt-duckdb plugin: sources that are delimited text files with translated headers.

A source names it with ``plugin: delimited_files``::

    meta:
      plugin: delimited_files
      dataset: marketing_campaign
      directory: SEGMENTATION_DATA_DIR
      file: marketing_campaign/marketing_campaign.csv
      project: segmentation
      headers: seeds/source_headers.csv
      materialization: view

`directory` is an environment variable. `headers` lists the headers of each column for every data
set. All columns are text; staging parses numbers and dates and reports what it cannot read. Two
columns are added: ``source_row``, the row's number in the file counted from 1 below the header, and
``malformed``, why a line is not a row, else null.

What is not read is not kept: a malformed line is described by its number, its length and its number
of cells. Its text is shown only if every column of the file is read, because a column that is not
read may be personal.
"""

from __future__ import annotations

import csv
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.duckdb.utils import SourceConfig

from segmentation.dbt_plugins.delimited_text import (
    Line,
    Record,
    ScannedLine,
    read_records,
    scan_cells,
    split_lines,
)
from segmentation.dbt_plugins.project_folder import project_folder
from segmentation.dbt_plugins.registered_sources import guard_registered_sources
from segmentation.engine.duckdb import Connection

DELIMITERS = (",", "\t", ";", "|")
# Characters of a malformed line, and headers of a file, that a message shows.
CHARACTERS_SHOWN = 500
HEADERS_SHOWN = 40
# Separators, control and format characters, which are invisible on a screen.
INVISIBLE = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})
# What programs write for a number that is none, or infinite.
_NOT_A_NUMBER = re.compile("[-+]?(nan|inf|infinity)", re.IGNORECASE | re.ASCII)


class SourceFileError(ValueError):
    """A file that is missing or not as expected; the message says which and what was expected."""


@dataclass(frozen=True)
class SourceColumn:
    """A column and its possible headers in a file.

    Attributes
    ----------
    name : str
        Its name in staging.
    headers : tuple of str
        Its headers in files. Case, spaces, hyphens and underscores make no difference.
    required : bool
        Whether a file without it is an error; otherwise the column is null.
    """

    name: str
    headers: tuple[str, ...]
    required: bool


class Plugin(BasePlugin):
    """Loads delimited files."""

    def configure_connection(self, conn: Connection) -> None:  # noqa: ARG002
        """Let dbt's threads load sources and open cursors at the same time."""
        guard_registered_sources()

    def load(self, source_config: SourceConfig) -> pa.Table:
        """Return a source's file as a table of text columns.

        Raises
        ------
        SourceFileError
            If the environment variable is not set, the file is missing or cannot be decoded, or a
            required column is missing.
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
        project = project_folder(str(source_config.get("project")))
        headers = project / str(source_config.get("headers"))
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
    """Read a delimited file: one line is one row, accepted or malformed.

    The delimiter is the one of :data:`DELIMITERS` under which most headers are known. A byte
    order mark, any kind of line ending, quoted cells, columns in any order and columns that
    nobody asked for make no difference. Blanks around a value of whatever kind are no part of it;
    an empty cell is null. In a column whose name ends with ``_id``, NaN and
    infinity are null too, and 7.0 is 7.

    Parameters
    ----------
    path : Path
    columns : list of SourceColumn
        Columns to read.

    Returns
    -------
    pyarrow.Table
        ``source_row``, the names of `columns` as text, and ``malformed``. One row for each line
        below the header that is not blank, in their order.

    Raises
    ------
    SourceFileError
        If the file is missing, is not UTF-8, or its header lacks a required column, names one twice
        or cannot be split into cells.
    """
    lines = split_lines(_text(path))
    first = lines[0] if lines else Line(1, "")
    header, delimiter = _header(path, first, columns)
    position = _positions(path, first, header, columns)
    records = read_records(lines[1:], len(header), delimiter)
    read = {at for at in position.values() if at is not None}
    show_text = len(read) == len(header)
    table = {
        "source_row": pa.array(range(1, len(records) + 1), pa.int64()),
        **{name: _column(records, name, at) for name, at in position.items()},
        "malformed": pa.array([_malformed(record, show_text) for record in records], pa.string()),
    }
    return pa.table(table)


def _text(path: Path) -> str:
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
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = len(re.findall(rb"\r\n|\r|\n", content[: error.start])) + 1
        raise SourceFileError(
            f"{path} is not UTF-8 text: the byte at {error.start}, in line {line}, cannot be "
            "read. Save it as UTF-8."
        ) from error


def _column(records: Sequence[Record], name: str, at: int | None) -> pa.Array:
    read = _id if name.endswith("_id") else _value
    return pa.array(
        [None if at is None or r.cells is None else read(r.cells[at]) for r in records],
        pa.string(),
    )


def _value(cell: str) -> str | None:
    """Return a cell without surrounding white space, null if nothing remains."""
    value = cell.strip()
    if not value:
        return None
    if value[0].isprintable() and value[-1].isprintable():
        return value
    # str.strip keeps zero-width spaces, direction marks and control characters.
    start, end = 0, len(value)
    while start < end and unicodedata.category(value[start]) in INVISIBLE:
        start += 1
    while start < end and unicodedata.category(value[end - 1]) in INVISIBLE:
        end -= 1
    return value[start:end] or None


def _id(cell: str) -> str | None:
    value = _value(cell)
    if value is None or _NOT_A_NUMBER.fullmatch(value):
        return None
    whole = re.fullmatch(r"(-?[0-9]+)\.0+", value)
    return whole[1] if whole else value


def _malformed(record: Record, show_text: bool) -> str | None:
    if record.reject is None or not show_text:
        return record.reject
    text = record.line.text
    shown = text if len(text) <= CHARACTERS_SHOWN else text[:CHARACTERS_SHOWN] + "…"
    return f"{record.reject}: {shown.replace(chr(0), chr(0x2400))}"


def _header(path: Path, line: Line, columns: list[SourceColumn]) -> tuple[list[str], str]:
    known = {_plain(header) for column in columns for header in column.headers}

    def count_known(scanned: ScannedLine) -> int:
        return sum(_plain(cell) in known for cell in scanned.cells)

    candidates = [(scan_cells(line.text, delimiter), delimiter) for delimiter in DELIMITERS]
    scanned, delimiter = max(candidates, key=lambda candidate: count_known(candidate[0]))
    if "\0" in line.text:
        raise SourceFileError(
            f"{path} holds NUL characters in its header, line {line.number}: it may be UTF-16. "
            "Save it as UTF-8."
        )
    if scanned.opened is not None or scanned.doubtful:
        raise SourceFileError(
            f"{path} has a quote in its header, line {line.number}, that does not close at the "
            "end of its cell. Write the header into one line, and remove the quote or close it."
        )
    return [_value(cell) or "" for cell in scanned.cells], delimiter


def _positions(
    path: Path, line: Line, header: list[str], columns: list[SourceColumn]
) -> dict[str, int | None]:
    places: dict[str, list[int]] = {}
    for at, cell in enumerate(header):
        places.setdefault(_plain(cell), []).append(at)
    positions: dict[str, int | None] = {}
    missing, repeated = [], []
    for column in columns:
        names = {_plain(h) for h in column.headers}
        found = sorted(at for name in names for at in places.get(name, []))
        positions[column.name] = found[0] if found else None
        if column.required and not found:
            missing.append(f"{column.name} (called {' or '.join(column.headers)})")
        if len(found) > 1:
            cells = ", ".join(f"'{header[at]}' in cell {at + 1}" for at in found[:HEADERS_SHOWN])
            repeated.append(f"{column.name} ({cells})")
    if missing:
        raise SourceFileError(
            f"{path} lacks {len(missing)} of the columns that are needed: {'; '.join(missing)}. "
            f"{_describe(line, header, positions)} "
            "If a column goes by another name, add it to seeds/source_headers.csv."
        )
    if repeated:
        raise SourceFileError(
            f"{path} has more than one column for {'; '.join(repeated)}, and which one is meant "
            "is not known. Rename or remove the others."
        )
    return positions


def _describe(
    line: Line,
    header: list[str],
    positions: Mapping[str, int | None],
) -> str:
    """Say what a header is like without a cell that is not known: it may be about a person.

    It is, where a file has no header, and where the lines of a file were run together.
    """
    if not any(header):
        return "It has: no header at all."
    size = f"Line {line.number} has {len(header):,} cells and {len(line.text):,} characters"
    known = sorted(at for at in positions.values() if at is not None)
    if not known:
        return f"{size}, and none of its cells is a known header: the header may be missing."
    names = ", ".join(f"'{header[at]}' (cell {at + 1})" for at in known[:HEADERS_SHOWN])
    return f"{size}; the headers that are known in it: {names}."


def _plain(header: str) -> str:
    return re.sub(r"[\s_-]+", "", header).lower()
