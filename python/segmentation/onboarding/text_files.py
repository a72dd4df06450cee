"""Delimited text files: how one is laid out, and its rows.

DuckDB reads the rows. A line that is no row is kept with its number and the reason, so that every
line is accounted for.
"""

from __future__ import annotations

import codecs
import csv
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from segmentation.engine.duckdb import DuckDBEngine, open_in_memory
from segmentation.engine.sql import text_literal
from segmentation.onboarding.refusals import OnboardingError

# Commas come last: where decimals are written with commas, they are in every line too.
DELIMITERS = (";", "\t", "|", ",", " ")
# What a line is judged by.
LINES_LOOKED_AT = 200

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_REASONS = {
    "MISSING COLUMNS": "too few cells",
    "TOO MANY COLUMNS": "too many cells",
    "UNQUOTED VALUE": "a quote that is not closed, or text after a closing quote",
    "LINE SIZE OVER MAXIMUM": "the line is too long",
    "INVALID ENCODING": "characters that are no UTF-8",
}


@dataclass(frozen=True)
class TextLayout:
    """How a delimited file is written.

    Attributes
    ----------
    encoding : str
        As Python names it.
    delimiter : str
    header_line : int
        The line with the headers, counted from 1.
    """

    encoding: str
    delimiter: str
    header_line: int = 1


def layout_of(path: Path) -> TextLayout:
    """Return how a file is laid out: the delimiter that gives most lines equally many cells.

    Raises
    ------
    OnboardingError
        If the file is empty.
    """
    content = _content(path)
    encoding = _encoding(content)
    lines = content.decode(encoding).splitlines()[:LINES_LOOKED_AT]
    if not any(line.strip() for line in lines):
        raise OnboardingError(f"{path} is empty: it has no header and no row.")
    best = max(DELIMITERS, key=lambda delimiter: _agreement(_cells(lines, delimiter), delimiter))
    cells = _cells(lines, best)
    usual = _usual(cells)
    # Titles above the header have fewer cells than the table.
    header = next(line for line, count in cells if count == usual)
    return TextLayout(encoding, best, header)


def read_text_file(path: Path, layout: TextLayout) -> pa.Table:
    """Read a file as text.

    Returns
    -------
    pyarrow.Table
        ``source_row``, counted from 1; ``malformed``, why a line is no row, else null; and the
        columns of the file as text without white space around it, null where nothing is left.

    Raises
    ------
    OnboardingError
        If the file cannot be decoded.
    """
    content = _content(path)
    try:
        text = content.decode(layout.encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise OnboardingError(
            f"{path} cannot be read as {layout.encoding}: {error}. Name its encoding in the"
            " mapping, e.g. encoding: cp1252."
        ) from None
    if "\0" in text:
        raise OnboardingError(f"{path} holds NUL characters. Save it as UTF-8 text.")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    headers = headers_of(lines[layout.header_line - 1], layout.delimiter)
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.csv"
        rows.write_text("\n".join(lines[layout.header_line :]), encoding="utf-8", newline="")
        good, bad = _rows(rows, headers, layout)
    return _table(headers, good, bad)


def headers_of(line: str, delimiter: str) -> list[str]:
    """Return the headers in a line, each once: a blank one is called after its place."""
    cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=delimiter == " "), [])
    headers: list[str] = []
    for place, cell in enumerate(cells, start=1):
        name = " ".join(cell.split()) or f"column {place}"
        while name.lower() in {other.lower() for other in headers}:
            name = f"{name} {place}"
        headers.append(name)
    return headers


def _content(path: Path) -> bytes:
    if not path.is_file():
        beside = sorted(p.name for p in path.parent.glob("*"))[:20] if path.parent.is_dir() else []
        there = f" In its folder there are: {', '.join(beside)}." if beside else ""
        raise OnboardingError(f"There is no file {path}.{there}")
    try:
        return path.read_bytes()
    except OSError as error:
        raise OnboardingError(f"{path} cannot be read: {error.strerror}.") from None


def _encoding(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252" if _decodes(content, "cp1252") else "latin-1"
    return "utf-8"


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _cells(lines: list[str], delimiter: str) -> list[tuple[int, int]]:
    """Return the line in which each record begins, and how many cells it has."""
    if delimiter == " ":
        return [(at, len(line.split())) for at, line in enumerate(lines, 1) if line.strip()]
    reader = csv.reader((line + "\n" for line in lines), delimiter=delimiter)
    found, begins = [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((begins, len(cells)))
            begins = reader.line_num + 1
    except csv.Error:
        # A cell without an end, beyond what the reader takes.
        return found or [(1, 0)]
    return found


def _usual(cells: list[tuple[int, int]]) -> int:
    return Counter(count for _, count in cells).most_common(1)[0][0] if cells else 0


def _agreement(cells: list[tuple[int, int]], delimiter: str) -> tuple[bool, float, int]:
    """Return how well records agree in their number of cells, where there are several."""
    usual = _usual(cells)
    share = sum(count == usual for _, count in cells) / max(len(cells), 1)
    # One column of text has blanks too.
    is_table = usual > 1 and (delimiter != " " or share == 1.0)
    return is_table, share if usual > 1 else 0.0, usual


def _rows(
    path: Path, headers: list[str], layout: TextLayout
) -> tuple[pa.Table, list[tuple[int, str]]]:
    if layout.delimiter == " ":
        # Columns that are lined up with blanks: as many as it takes.
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join(",".join(line.split()) for line in lines), encoding="utf-8")
    delimiter = "," if layout.delimiter == " " else layout.delimiter
    names = [f"c{place}" for place in range(len(headers))]
    columns = ", ".join(f"{name}: 'varchar'" for name in names)
    blanks = "' ' || chr(9) || chr(160) || chr(8203) || chr(65279)"
    trimmed = ", ".join(f"nullif(trim({name}, {blanks}), '') as {name}" for name in names)
    with open_in_memory() as connection:
        engine = DuckDBEngine(connection)
        connection.execute(
            f"create table kept as select {trimmed} from read_csv({text_literal(str(path))},"
            f" header = false, auto_detect = false, columns = {{{columns}}},"
            f" delim = {text_literal(delimiter)}, quote = '\"', escape = '\"', nullstr = '',"
            " store_rejects = true, max_line_size = 10000000)"
            if path.stat().st_size
            else f"create table kept ({', '.join(f'{name} varchar' for name in names)})"
        )
        good = engine.relation("select * from kept").to_arrow_table()
        bad = _rejects(engine, path, layout.header_line) if path.stat().st_size else []
    return good, bad


def _rejects(engine: DuckDBEngine, path: Path, lines_before: int) -> list[tuple[int, str]]:
    found: dict[int, str] = {}
    content = path.read_bytes()
    for place, kind, text in engine.rows(
        "select line_byte_position, error_type, csv_line from reject_errors"
        " order by line, column_idx"
    ):
        # DuckDB counts rows; a row may span lines, and its place may be the end of the line before.
        at = int(place) - 1
        while content[at : at + 1] == b"\n":
            at += 1
        number = content.count(b"\n", 0, at) + 1 + lines_before
        more = str(text or "").strip("\r\n").count("\n")
        swallowed = f" (lines {number} to {number + more})" if more else ""
        reason = _REASONS.get(str(kind), str(kind).lower())
        found.setdefault(number, f"line {number}: {reason}{swallowed}")
    return sorted(found.items())


def _table(headers: list[str], good: pa.Table, bad: list[tuple[int, str]]) -> pa.Table:
    nothing: Any = pa.nulls(len(bad), pa.string())
    columns: dict[str, Any] = {
        "source_row": pa.array(range(1, len(good) + len(bad) + 1), pa.int64()),
        "malformed": pa.chunked_array(
            [pa.nulls(len(good), pa.string()), pa.array([text for _, text in bad], pa.string())]
        ),
    }
    for place, header in enumerate(headers):
        columns[header] = pa.chunked_array([*good.column(place).chunks, nothing], pa.string())
    return pa.table(columns)
