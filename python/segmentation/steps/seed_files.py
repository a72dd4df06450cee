"""The CSV files that people edit, checked before dbt loads them.

dbt fails at the first line that it cannot read, in the words of its parser, and takes a line that
is too short for one whose last cells are empty.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from segmentation.playbook.errors import PlaybookError
from segmentation.playbook.feature_words import read_feature_words
from segmentation.playbook.playbook import read_playbook
from segmentation.registry.promotions import StoredVersions, contradictions, row_problems

# Once a file is this wrong, more lines of it say nothing new.
MOST_PROBLEMS = 5

# The seed with decisions about which model is in force.
PROMOTIONS = "model_promotions"

_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_LINE_ENDS = {"\n": "LF", "\r\n": "CR LF", "\r": "CR"}


@dataclass(frozen=True)
class SeedFile:
    """A seed.

    Attributes
    ----------
    name : str
    path : Path
    shown : str
        What messages call the file.
    columns : mapping of str to str
        Column to its SQL type.
    versions : StoredVersions or None
        The models that promotions can name; None where these are not known.
    """

    name: str
    path: Path
    shown: str
    columns: Mapping[str, str] = field(default_factory=dict)
    versions: StoredVersions | None = None


def seed_problems(seed: SeedFile) -> list[str]:
    """Return what is wrong with a seed: file, line, and what to do, in one sentence or two each.

    Parameters
    ----------
    seed : SeedFile

    Returns
    -------
    list of str
        At most :data:`MOST_PROBLEMS`, and how many more there are; of promotions, all.
    """
    content = seed.path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return [
            f"{seed.shown}, line {line}: the byte {content[error.start]:#04x} is not UTF-8, so the "
            "file is in another encoding, e.g. Latin-1. Save it as UTF-8."
        ]
    expected = ",".join(seed.columns)
    if not text.strip():
        return [f"{seed.shown}, line 1: the file is empty. Write the header: {expected}"]
    wrong_header = _header_problems(seed, text)
    if wrong_header:
        return wrong_header
    problems = _row_problems(seed, text)
    if seed.name == PROMOTIONS:
        return problems
    more = len(problems) - MOST_PROBLEMS
    return problems[:MOST_PROBLEMS] + (
        [f"{seed.shown}: {more} more lines are wrong."] if more > 0 else []
    )


def _header_problems(seed: SeedFile, text: str) -> list[str]:
    header = next(csv.reader(io.StringIO(text, newline="")), [])
    found, expected = [cell.strip() for cell in header], list(seed.columns)
    if not any(found):
        return [f"{seed.shown}, line 1: it is blank. Remove the blank lines above the header."]
    if sorted(header) == sorted(expected):
        return []
    written = ",".join(expected)
    if any(cell != cell.strip() for cell in header):
        return [
            f"{seed.shown}, line 1: there are blanks around names in the header. Write it as: "
            f"{written}"
        ]
    for delimiter, spoken in _OTHER_DELIMITERS.items():
        if len(found) == 1 and delimiter in found[0]:
            return [
                f"{seed.shown}, line 1: the cells are separated by {spoken}. Save the file with "
                f"commas between them; its header is: {written}"
            ]
    missing = [name for name in expected if name not in found]
    foreign = [name or "a column without a name" for name in found if name not in expected]
    twice = sorted({name for name in found if name in expected and found.count(name) > 1})
    wrong = [
        f"{what} {', '.join(names)}"
        for what, names in (("lacks", missing), ("has also", foreign), ("has twice", twice))
        if names
    ]
    return [f"{seed.shown}, line 1: the header {'; '.join(wrong)}. Write it as: {written}"]


def _row_problems(seed: SeedFile, text: str) -> list[str]:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = next(rows)
    # The engine reads one kind of line end. Those within quotes are of a value: the end of a row is
    # that of its last line.
    ends = re.findall("\r\n|\r|\n", text)
    has_mixed_ends = False
    problems = []
    records = {}
    line = rows.line_num + 1
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            break
        except csv.Error as error:
            problems.append(
                f"{seed.shown}, line {line}: a quote is not closed, or text follows it ({error}). "
                "Put quotes around the whole cell, and double those within."
            )
            break
        end = ends[rows.line_num - 1] if rows.line_num <= len(ends) else ends[0]
        if end != ends[0] and not has_mixed_ends:
            has_mixed_ends = True
            problems.append(
                f"{seed.shown}, line {rows.line_num}: it ends with {_LINE_ENDS[end]} and the "
                f"header with {_LINE_ENDS[ends[0]]}. Save the file with one kind of line end."
            )
        if len(cells) == 1 and not cells[0].strip():
            problems.append(
                f"{seed.shown}, line {line}: it holds nothing but blanks. Remove the line."
            )
        elif cells and len(cells) != len(header):
            problems.append(
                f"{seed.shown}, line {line}: it has {len(cells)} cells and the header has "
                f"{len(header)}. Put quotes around a cell with a comma; write an empty cell as "
                "nothing between two commas."
            )
        elif cells:
            record = {name: cell or None for name, cell in zip(header, cells, strict=True)}
            wrong = _value_problems(seed, record)
            problems += [f"{seed.shown}, line {line}: {problem}" for problem in wrong]
            records[line] = record
        line = rows.line_num + 1
    if seed.name == PROMOTIONS:
        return problems + [f"{seed.shown}, {problem}" for problem in contradictions(records)]
    return problems or _whole_problems(seed, list(records.values()))


def _value_problems(seed: SeedFile, record: Mapping[str, str | None]) -> list[str]:
    problems = []
    for name, value in record.items():
        kind = seed.columns[name]
        if value is None:
            continue
        if kind == "integer" and not _is_whole(value):
            problems.append(f"{name} is {value!r}. Write a whole number, or nothing.")
        if kind == "boolean" and value.lower() not in {"true", "false"}:
            problems.append(f"{name} is {value!r}. Write true or false.")
    if problems:
        return problems
    if seed.name == PROMOTIONS:
        stored = seed.versions.row_problems(record) if seed.versions else []
        return row_problems(record) + stored
    try:
        if seed.name == "segment_playbook":
            read_playbook([record], str(record["segmentation"]))
        elif seed.name == "feature_words":
            read_feature_words([record])
    except PlaybookError as error:
        return [str(error)]
    return []


def _whole_problems(seed: SeedFile, records: list[dict[str, str | None]]) -> list[str]:
    """Return what only several rows together show."""
    if seed.name != "segment_playbook":
        return []
    problems = []
    for segmentation in sorted({str(record["segmentation"]) for record in records}):
        try:
            read_playbook(records, segmentation)
        except PlaybookError as error:
            problems.append(f"{seed.shown}: {error}")
    return problems


def _is_whole(value: str) -> bool:
    # Spaces are all that the engine leaves out around a number.
    digits = value.strip(" ").removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= 9
