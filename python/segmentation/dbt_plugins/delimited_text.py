"""Splits delimited text into records: each physical line is one record or one reject.

A quote that does not close in its line either begins a cell of several lines or is a stray
character. The lines of such a cell are rejected and never joined, because a stray quote would
swallow hundreds of rows. A stray quote is read as part of the value if the surrounding lines prove
that it is stray (see :func:`read_records`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

QUOTE = '"'
# Delimiters that must be where the header has them before a quote that could also begin a cell of
# several lines counts as stray. A line of an address has fewer commas.
DELIMITERS_THAT_PROVE = 8
# Possessive, so that a doubled quote is never split in two to find an end.
_QUOTED_CELL = re.compile(r'"((?:[^"]++|"")*+)"')


class Line(NamedTuple):
    """A physical line that is not blank, and its number in the file, counted from 1."""

    number: int
    text: str


class ScannedLine(NamedTuple):
    """The cells of one line, and the state of its quotes.

    Attributes
    ----------
    cells : list of str
        A cell with malformed quotes is kept unchanged, with its quotes.
    opened : int or None
        The first cell, counted from 0, whose quote does not close in the line.
    proper : bool
        Whether every quoted cell before `opened` ends with its closing quote.
    doubtful : bool
        Whether a delimiter is within malformed quotes, so that the cells are a guess.
    """

    cells: list[str]
    opened: int | None = None
    proper: bool = True
    doubtful: bool = False


class Record(NamedTuple):
    """A line with its cells, or with the reason for its rejection."""

    line: Line
    cells: list[str] | None
    reject: str | None


class _Quote(NamedTuple):
    """The range of a quote that does not close in its line.

    Indices into the lines: `end` follows the last line of the cell, `tried` the last line that was
    examined. `closes` is whether the quote closes properly, `fits` whether the joined lines then
    have as many cells as the header.
    """

    end: int
    tried: int
    closes: bool = False
    fits: bool = False


def split_lines(text: str) -> list[Line]:
    r"""Return the lines of a text that hold more than white space.

    A line ends with ``\n``, ``\r\n`` or ``\r``, and with nothing else: other separators of
    Unicode are characters of a value.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [Line(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def scan_cells(text: str, delimiter: str) -> ScannedLine:
    """Split one line into cells, as RFC 4180 quotes them.

    The csv module is not used: it does not report where an open quote began, cannot continue within
    one, and limits the length of cells for the whole process.
    """
    if QUOTE not in text:
        return ScannedLine(text.split(delimiter))
    cells: list[str] = []
    opened: int | None = None
    proper, doubtful = True, False
    at = 0
    while True:
        end = text.find(delimiter, at)
        end = len(text) if end < 0 else end
        cell = text[at:end]
        if cell.startswith(QUOTE):
            quoted = _QUOTED_CELL.match(text, at)
            if quoted is None:
                opened = len(cells) if opened is None else opened
            elif quoted.end() == len(text) or text[quoted.end()] == delimiter:
                end = quoted.end()
                cell = quoted[1].replace(QUOTE * 2, QUOTE)
            else:
                proper = False if opened is None else proper
                doubtful = doubtful or quoted.end() > end
        cells.append(cell)
        if end == len(text):
            return ScannedLine(cells, opened, proper, doubtful)
        at = end + 1


def read_records(lines: Sequence[Line], width: int, delimiter: str) -> list[Record]:
    """Read each line as a row of `width` cells.

    A quote that does not close in its line is stray if most of the lines that it would swallow fit
    the header by themselves. If the joined lines would fit the header too, these lines must also
    hold at least :data:`DELIMITERS_THAT_PROVE` delimiters in the right places. Otherwise all lines
    of the cell are rejected.

    Parameters
    ----------
    lines : sequence of Line
        The lines below the header.
    width : int
        Cells of the header.
    delimiter : str
        One character.

    Returns
    -------
    list of Record
        One for each line, in their order.

    Raises
    ------
    RuntimeError
        If a line was lost or read twice: a defect of this function, not of the file.
    """
    records: list[Record] = []
    while len(records) < len(lines):
        at = len(records)
        scanned = scan_cells(lines[at].text, delimiter)
        if scanned.opened is None:
            records.append(_record(lines[at], scanned, width))
            continue
        quote = _follow_quote(lines, at, scanned, width, delimiter)
        if _is_stray(lines, at, scanned, quote, width, delimiter):
            records.append(_record(lines[at], scanned, width))
        else:
            records.extend(_quoted_lines(lines, at, scanned.opened, quote, width, delimiter))
    if [record.line for record in records] != list(lines):
        raise RuntimeError(
            f"{len(lines)} lines were read as {len(records)} records that are not these lines in "
            "their order. Nothing was kept; this is a defect of the reader: please report it."
        )
    return records


def _record(line: Line, scanned: ScannedLine, width: int) -> Record:
    if "\0" in line.text:
        return Record(line, None, _reject("a NUL character", line, scanned, width))
    if scanned.doubtful:
        return Record(line, None, _reject("text after a closing quote", line, scanned, width))
    if len(scanned.cells) != width:
        return Record(line, None, _reject("cells that do not fit the header", line, scanned, width))
    return Record(line, scanned.cells, None)


def _reject(kind: str, line: Line, scanned: ScannedLine, width: int) -> str:
    cells = _counted(len(scanned.cells), "cell")
    characters = _counted(len(line.text), "character")
    return f"{kind}: line {line.number} ({cells}, the header has {width}; {characters})"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _follow_quote(
    lines: Sequence[Line], at: int, scanned: ScannedLine, width: int, delimiter: str
) -> _Quote:
    """Find where the quote that `lines[at]` leaves open would close."""
    if not scanned.proper or scanned.opened is None:
        return _Quote(end=at + 1, tried=at + 1)
    cells = scanned.opened + 1
    for later in range(at + 1, len(lines)):
        inside = scan_cells(QUOTE + lines[later].text, delimiter)
        if not inside.proper:
            return _Quote(end=later, tried=later + 1)
        if inside.opened is None:
            cells += len(inside.cells) - 1
            return _Quote(later + 1, later + 1, closes=True, fits=cells == width)
        cells += inside.opened
        # No row has so many cells. Stopping here also keeps the time linear.
        if cells > width:
            return _Quote(end=later, tried=later + 1)
    return _Quote(end=len(lines), tried=len(lines))


def _is_stray(
    lines: Sequence[Line],
    at: int,
    scanned: ScannedLine,
    quote: _Quote,
    width: int,
    delimiter: str,
) -> bool:
    """Return whether the lines fit the header by themselves, so that the quote is stray."""
    fitting, others, delimiters = 0, 0, 0
    if len(scanned.cells) != width:
        others += 1
    elif scanned.opened is not None and scanned.opened < width - 1:
        # The delimiters after the quote in its own line are where the header has them.
        fitting += 1
        delimiters += width - 1 - scanned.opened
    for later in lines[at + 1 : quote.tried]:
        if _record(later, scan_cells(later.text, delimiter), width).cells is None:
            others += 1
        else:
            fitting += 1
            delimiters += width - 1
    return fitting > others and delimiters >= (DELIMITERS_THAT_PROVE if quote.fits else 1)


def _quoted_lines(
    lines: Sequence[Line], at: int, opened: int, quote: _Quote, width: int, delimiter: str
) -> Iterator[Record]:
    """Yield a reject for each line of a cell of several lines."""
    where = f", within the quote that opens in line {lines[at].number}, cell {opened + 1}, "
    if quote.closes:
        last = lines[quote.end - 1].number
        where += f"and would take the lines up to line {last} into one cell"
    else:
        where += "and does not close as a quote should"
    for line in lines[at : quote.end]:
        scanned = scan_cells(line.text, delimiter)
        yield Record(
            line, None, _reject("a quote over several lines", line, scanned, width) + where
        )
