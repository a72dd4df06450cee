"""The list of erased customers, as keyed hashes; builds leave these customers out."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from segmentation.erasure.erasure_error import ErasureError
from segmentation.erasure.suppression_key import SuppressionKey, read_key
from segmentation.published.whole_files import write_whole

LIST_VARIABLE = "SEGMENTATION_SUPPRESSED"
KEY_VARIABLE = "SEGMENTATION_SUPPRESSION_KEY_FILE"
LIST_NAME, KEY_NAME = "suppressed_customers.csv", "suppression.key"

# The state of an erasure: a begun one has not ended.
BEGUN, DONE = "begun", "done"

_HASH = re.compile("[0-9a-f]{64}")
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Suppressed:
    """A customer on the list.

    Attributes
    ----------
    customer_hash : str
        See :meth:`segmentation.erasure.suppression_key.SuppressionKey.hash_of`.
    dataset : str
    requested_on : str
        The day on which the erasure was asked for, as yyyy-mm-dd.
    state : str
        ``begun`` or ``done``.
    key_id : str
        Of the key of the hash.
    reason : str
    """

    customer_hash: str
    dataset: str
    requested_on: str
    state: str
    key_id: str
    reason: str


COLUMNS = tuple(field.name for field in fields(Suppressed))


@dataclass(frozen=True)
class SuppressionFiles:
    """The paths of the list and its key.

    Attributes
    ----------
    listed, key : Path
    """

    listed: Path
    key: Path

    @classmethod
    def of(
        cls, warehouse: str | Path, environment: Mapping[str, str] | None = None
    ) -> SuppressionFiles:
        """Return the files of a warehouse: those that the environment names, or beside it."""
        named = os.environ if environment is None else environment
        listed = Path(named.get(LIST_VARIABLE) or Path(warehouse).parent / LIST_NAME)
        key = Path(named.get(KEY_VARIABLE) or listed.parent / KEY_NAME)
        return cls(listed.expanduser(), key.expanduser())


def read_list(path: Path) -> list[Suppressed]:
    """Read a list; a missing file is an empty list.

    Raises
    ------
    ErasureError
        If it cannot be read. A build must not treat it as empty.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(path, f"it cannot be read ({type(error).__name__})") from None
    rows = list(csv.reader(io.StringIO(text)))
    if not rows or tuple(rows[0]) != COLUMNS:
        raise _damaged(path, f"its first line must be {','.join(COLUMNS)}")
    entries = []
    for number, row in enumerate(rows[1:], start=2):
        entry = Suppressed(*row) if len(row) == len(COLUMNS) else None
        if entry is None or not _is_right(entry):
            raise _damaged(path, f"row {number} is not as the command writes it")
        entries.append(entry)
    return entries


def write_list(path: Path, entries: Iterable[Suppressed]) -> None:
    """Write a list whole, ordered by data set and hash, so that the order reveals nothing."""
    ordered = sorted(entries, key=lambda entry: (entry.dataset, entry.customer_hash))

    def write(unfinished: Path) -> None:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file, lineterminator="\n")
            lines.writerow(COLUMNS)
            lines.writerows(list(asdict(entry).values()) for entry in ordered)

    write_whole(path, write)


def with_entries(entries: Iterable[Suppressed], added: Iterable[Suppressed]) -> list[Suppressed]:
    """Return a list with further entries; customers on it keep their first day and reason."""
    by_hash = {entry.customer_hash: entry for entry in added}
    for entry in entries:
        by_hash[entry.customer_hash] = entry
    return list(by_hash.values())


def list_problems(files: SuppressionFiles) -> list[str]:
    """Return why a build cannot leave out the customers on the list; empty if it can.

    Returns
    -------
    list of str
        Sentences.
    """
    try:
        entries = read_list(files.listed)
        if entries:
            checked_key(files, entries)
    except ErasureError as error:
        return [str(error)]
    return []


def checked_key(files: SuppressionFiles, entries: Iterable[Suppressed]) -> SuppressionKey:
    """Return the key of a list.

    Raises
    ------
    ErasureError
        If it is missing or another one: customers on the list would come back unnoticed.
    """
    try:
        key = read_key(files.key)
    except ErasureError as error:
        raise ErasureError(
            f"{files.listed} lists customers who were erased, and without its key they would come"
            f" back. {error}"
        ) from None
    others = sorted({entry.key_id for entry in entries} - {key.key_id})
    if others:
        raise ErasureError(
            f"{files.listed} was written under the key {', '.join(others)}, and {files.key} is the"
            f" key {key.key_id}: customers who were erased would come back. Restore the other key."
        )
    return key


def _is_right(entry: Suppressed) -> bool:
    return (
        _HASH.fullmatch(entry.customer_hash) is not None
        and _DAY.fullmatch(entry.requested_on) is not None
        and entry.state in (BEGUN, DONE)
        and entry.dataset != ""
    )


def _damaged(path: Path, why: str) -> ErasureError:
    return ErasureError(
        f"{path} is no list of suppressed customers: {why}. Restore it from a backup; without it"
        " customers who were erased would come back."
    )
