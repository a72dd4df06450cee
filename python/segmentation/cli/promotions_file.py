"""Writes the seed ``model_promotions.csv`` for the command ``promote``."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path

from segmentation.cli.conventions import CommandError

PROMOTIONS = Path("seeds") / "model_promotions.csv"
COLUMNS = (
    "segmentation",
    "dataset",
    "variant",
    "model_version",
    "action",
    "decided_on",
    "decided_by",
    "reason",
)
_KEY = ("segmentation", "dataset", "variant")


def with_decision(content: str, decision: Mapping[str, str]) -> str:
    """Return the text of the file, with a decision instead of earlier ones about the same model.

    Parameters
    ----------
    content : str
        The file as it is.
    decision : mapping of str to str
        A value for each of :data:`COLUMNS`.

    Raises
    ------
    CommandError
        If the file has another header.
    """
    rows = list(csv.DictReader(io.StringIO(content, newline="")))
    header = next(csv.reader(io.StringIO(content, newline="")), [])
    if header and sorted(header) != sorted(COLUMNS):
        raise CommandError(
            f"{PROMOTIONS}, line 1: the header is {','.join(header)}. Write it as: "
            f"{','.join(COLUMNS)}"
        )
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, header or COLUMNS, lineterminator="\n")
    writer.writeheader()
    kept = [row for row in rows if not _decides_the_same(row, decision)]
    writer.writerows([*kept, decision])
    return written.getvalue()


def write_decision(project: Path, decision: Mapping[str, str]) -> Path:
    """Write a decision into the file of a project, as a whole or not at all, and return its path.

    Raises
    ------
    CommandError
        If the project has no such file, or one with another header.
    """
    path = project / PROMOTIONS
    if not path.is_file():
        raise CommandError(
            f"{project} has no {PROMOTIONS}. Name the folder of the project with --project. In a "
            "project that installs this one as a package, write into dbt_project.yml "
            "`seeds: {segmentation: {model_promotions: {+enabled: false}}}`, so that dbt reads "
            f"your file, and make the file with the header: {','.join(COLUMNS)}"
        )
    try:
        content = with_decision(path.read_text(encoding="utf-8-sig"), decision)
    except UnicodeDecodeError as error:
        raise CommandError(
            f"{path} is no UTF-8 from byte {error.start} on. Save it as UTF-8: spreadsheets have "
            "'CSV UTF-8' among the formats."
        ) from None
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(content, encoding="utf-8", newline="")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def _decides_the_same(row: Mapping[str, str], decision: Mapping[str, str]) -> bool:
    # A row without a variant applies to all variants.
    same_variant = "" in (row["variant"], decision["variant"]) or (
        row["variant"] == decision["variant"]
    )
    return same_variant and all(row[name] == decision[name] for name in _KEY[:2])
