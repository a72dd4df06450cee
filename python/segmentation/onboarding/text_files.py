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
    filled = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    if not filled:
        raise OnboardingError(f"{path} is empty: it has no header and no row.")
    best = max(DELIMITERS, key=lambda delimiter: _agreement([t for _, t in filled], delimiter))
    usual = Counter(_cells(line, best) for _, line in filled).most_common(1)[0][0]
    # Titles above the header have fewer cells than the table.
    header = next(number for number, line in filled if _cells(line, best) == usual)
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


def _cells(line: str, delimiter: str) -> int:
    if delimiter == " ":
        return len(line.split())
    try:
        return len(next(csv.reader([line], delimiter=delimiter), []))
    except csv.Error:
        return 0


def _agreement(lines: list[str], delimiter: str) -> tuple[bool, float, int]:
    """Return how well lines agree in their number of cells, where there are several."""
    cells, agreeing = Counter(_cells(line, delimiter) for line in lines).most_common(1)[0]
    # One column of text has blanks too.
    share = agreeing / len(lines)
    return cells > 1 and (delimiter != " " or share == 1.0), share if cells > 1 else 0.0, cells


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
        bad = _rejects(engine, layout.header_line) if path.stat().st_size else []
    return good, bad


def _rejects(engine: DuckDBEngine, lines_before: int) -> list[tuple[int, str]]:
    found: dict[int, str] = {}
    for line, kind, text in engine.rows(
        "select line, error_type, csv_line from reject_errors order by line, column_idx"
    ):
        number = int(line) + lines_before
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
