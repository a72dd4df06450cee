"""Files that name the customers without a usable contact, and why."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from segmentation.audiences.audience import AudienceError
from segmentation.audiences.contacts import KEY
from segmentation.audiences.written_files import table_bytes
from segmentation.published.whole_files import write_whole

COLUMNS = [KEY, "field", "problem"]
# What is wrong with what, e.g. "email: not an address".
_PROBLEM = re.compile(r"[a-z]+: .+")


def problems_place(to: Path) -> Path:
    """Return where the problems of an audience's file are written."""
    return to.with_name(f"{to.stem}.problems.csv")


def check_problems_place(to: Path) -> None:
    """Check that no file of somebody else would be replaced.

    Raises
    ------
    AudienceError
        If there is one that no export wrote, or that was changed since into something else.
    """
    place = problems_place(to)
    if place.exists() and not _is_ours(place):
        raise AudienceError(
            f"{place} is there, and no export wrote it as it is. Customers without a usable contact"
            " are named there: move it, or name another file with --to."
        )


def write_problems(to: Path, problems: Sequence[tuple[str, str, str]]) -> Path | None:
    """Write the problems, after :func:`check_problems_place`; without any there is no file.

    Parameters
    ----------
    to : Path
        The audience's file.
    problems : sequence of (customer, field, problem)

    Returns
    -------
    Path or None
    """
    place = problems_place(to)
    if not problems:
        place.unlink(missing_ok=True)
        return None
    columns = [list(values) for values in zip(*problems, strict=True)]
    content = table_bytes(pa.table(columns, names=COLUMNS), place.suffix)

    def write(path: Path) -> None:
        path.write_bytes(content)

    write_whole(place, write)
    return place


def _is_ours(place: Path) -> bool:
    """Return whether a file is of the form that exports write."""
    try:
        with place.open(encoding="utf-8", newline="") as lines:
            rows = csv.reader(lines, strict=True)
            return next(rows, None) == COLUMNS and all(
                len(row) == len(COLUMNS) and _PROBLEM.fullmatch(row[2]) for row in rows
            )
    except (OSError, UnicodeDecodeError, csv.Error):
        return False
