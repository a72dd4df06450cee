"""What was exported last, beside the file of an audience, so that changes can be told.

An export writes three things, in this order: the next state under another name, what the
destination is given, and the state under its own name. If it is killed in between, the next export
sees whether the destination was given the file, and either accepts the next state or forgets it:
nothing is given twice, and nothing is lost.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from segmentation.audiences.audience import Audience, AudienceError
from segmentation.published.whole_files import write_whole

_KEY = b"segmentation_audience"
_VERSION = 1

# A row that was given: the customer, and what the destination finds them by.
Row: TypeAlias = tuple[str | None, ...]

Write: TypeAlias = Callable[[], None]


@dataclass(frozen=True)
class Given:
    """What a destination has been given of an audience.

    Attributes
    ----------
    audience : Audience
    file : str
        Name of the audience's file.
    destination : str
    exports : int
        How many exports gave something.
    as_of : str
        Day of the marts of the last of them.
    columns : tuple of str
        `customer_id` and the destination's headers.
    rows : tuple of Row
        What the destination has now.
    written : str
        What the last export wrote, as a path from the folder of the file.
    digest : str
        SHA-256 of the file, empty for a folder.
    """

    audience: Audience
    file: str
    destination: str
    exports: int
    as_of: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    written: str = ""
    digest: str = ""


def state_file(to: Path) -> Path:
    """Return where the state of an audience's file is kept."""
    return to.with_name(f"{to.stem}.state.parquet")


def changes_folder(to: Path, number: int) -> Path:
    """Return the folder of the changes of an export."""
    return to.with_name(f"{to.stem}.changes") / f"{number:04d}"


def recovered_state(to: Path) -> Given | None:
    """Return what was given last, after the end of an export that was killed is made up for.

    Parameters
    ----------
    to : Path
        The audience's file.

    Returns
    -------
    Given or None
        None if nothing was given.

    Raises
    ------
    AudienceError
        If the state cannot be read.
    """
    state, pending = state_file(to), _pending(to)
    if pending.exists():
        following = read_state(pending)
        if _was_written(to, following):
            pending.replace(state)
        else:
            pending.unlink()
    return read_state(state) if state.exists() else None


def give(to: Path, following: Given, write: Write) -> None:
    """Write what the destination is given, and the state after it.

    Parameters
    ----------
    to : Path
    following : Given
        With `written` and `digest`.
    write : callable
        Writes the file or folder `following.written`, whole or not at all.
    """
    pending = _pending(to)
    write_whole(pending, lambda unfinished: write_state(unfinished, following))
    write()
    pending.replace(state_file(to))


def changed_rows(
    before: Sequence[Row], after: Sequence[Row], keys: Sequence[Sequence[int]] = ()
) -> tuple[list[Row], list[Row]]:
    """Return the rows to add to a destination and the rows to remove.

    Parameters
    ----------
    before, after : sequence of Row
        What it was given, and what it is to have. The first value of a row is the customer.
    keys : sequence of positions
        What finds a person: for each way the positions of its values, not counting the customer.
        None if that is the customer alone.

    Returns
    -------
    added, removed : list of Row
        In the order of `after` and of `before`. What finds somebody who stays is left out of a
        removed row, and a row that finds nobody then is not removed: two customers with one address
        are one person there.
    """
    had, has = set(before), set(after)
    added = [row for row in after if row not in had]
    gone = [row for row in before if row not in has]
    staying = [{_key(row, key) for row in after} for key in keys]
    removed = []
    for row in gone:
        shared = [key for key, found in zip(keys, staying, strict=True) if _key(row, key) in found]
        blank = {at + 1 for key in shared for at in key}
        left = tuple(None if at in blank else value for at, value in enumerate(row))
        if not keys or any(all(_key(left, key)) for key in keys):
            removed.append(left)
    return added, removed


def digest_of(content: bytes) -> str:
    """Return the digest of a file's content."""
    return hashlib.sha256(content).hexdigest()


def check_state(state: Given, audience: Audience, to: Path, destination: str) -> None:
    """Check that a state is of the audience that is exported.

    Raises
    ------
    AudienceError
        If it is of another one, of another file or for another destination.
    """
    place = str(state_file(to))
    audience.check_same(state.audience, place)
    if state.file != to.name or state.destination != destination:
        raise AudienceError(
            f"{place} is of {state.file} for the destination {state.destination}, not of {to.name}"
            f" for {destination}. Name another file with --to."
        )


def _key(row: Row, key: Sequence[int]) -> Row:
    return tuple(row[at + 1] for at in key)


def _pending(to: Path) -> Path:
    return state_file(to).with_suffix(".pending")


def _was_written(to: Path, following: Given) -> bool:
    place = to.parent / following.written
    if not following.digest:
        return place.is_dir()
    return place.is_file() and digest_of(place.read_bytes()) == following.digest


def write_state(path: Path, given: Given) -> None:
    """Write a state into a file."""
    about = asdict(replace(given, rows=()))
    about["version"] = _VERSION
    columns = zip(*given.rows, strict=True) if given.rows else ([] for _ in given.columns)
    table = pa.table(
        [pa.array(list(values), pa.string()) for values in columns], names=list(given.columns)
    )
    pq.write_table(table.replace_schema_metadata({_KEY: json.dumps(about).encode()}), path)


def read_state(path: Path) -> Given:
    """Read a state.

    Raises
    ------
    AudienceError
        If the file is none.
    """
    try:
        table = pq.read_table(path)
        about = json.loads((table.schema.metadata or {})[_KEY])
        version = about.pop("version")
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise AudienceError(
            f"{path} is not the state of an audience, or it is damaged ({type(error).__name__})."
            " What was exported is not known without it: name another file with --to, or remove"
            " both, and the next export gives everything anew."
        ) from error
    if version > _VERSION:
        raise AudienceError(f"{path} was written by a later version of segmentation: update it.")
    about["audience"] = Audience.of(about["audience"])
    about["columns"] = tuple(about["columns"])
    about["rows"] = tuple(zip(*table.to_pydict().values(), strict=True))
    return Given(**about)
