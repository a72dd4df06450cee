"""Carries days of the segment log from the copy in which they were computed to the warehouse.

Both files have the table ``segment_log``. Each day is written in one short transaction, and only if
the log of the warehouse is still the one that the day was computed on: a build may have added a day
meanwhile.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from segmentation.engine.duckdb import Connection
from segmentation.engine.sql import quoted, select, text_literal

# Rows and a sum of their hashes, by segmentation and day.
Fingerprint = dict[tuple[str, dt.date], tuple[int, int]]


class OtherColumnsError(RuntimeError):
    """The same table has other columns in the two files; the message says what to do."""


@dataclass(frozen=True)
class LogPlace:
    """Where the log is in both files, and which part of it a backfill is about.

    Attributes
    ----------
    schema, name : str
        As in the catalogue.
    dataset, variant : str
    """

    schema: str
    name: str
    dataset: str
    variant: str

    def table(self, database: str) -> str:
        """Return the log of a file, as what can stand after ``from``."""
        return table_of(database, self.schema, self.name)

    @property
    def rows(self) -> str:
        """The condition that a row is of the data set."""
        return f"dataset = {text_literal(self.dataset)} and variant = {text_literal(self.variant)}"


def table_of(database: str, schema: str, name: str) -> str:
    """Return a table of an attached file, as what can stand after ``from``."""
    return f"{quoted(database)}.{quoted(schema)}.{quoted(name)}"


def columns_of(connection: Connection, table: str) -> dict[str, str]:
    """Return the columns of a table and their types, in its order."""
    described = connection.sql(f"select * from {table} limit 0")
    return dict(zip(described.columns, map(str, described.types), strict=True))


def shared_columns(connection: Connection, table: str, other: str) -> list[str]:
    """Return the columns of a table, which another one must have too.

    Raises
    ------
    OtherColumnsError
        If names or types differ.
    """
    columns, others = columns_of(connection, table), columns_of(connection, other)
    if columns != others:
        differing = sorted(name for name, _ in columns.items() ^ others.items())
        raise OtherColumnsError(
            f"{table.split('.')[-1]} has other columns than this version of the project gives it"
            f" ({', '.join(dict.fromkeys(differing))}). Build everything once: segmentation build"
        )
    return list(columns)


def fingerprint(connection: Connection, place: LogPlace, database: str) -> Fingerprint:
    """Return the numbers and hashes of rows by day, which show whether two logs are equal.

    Parameters
    ----------
    connection : Connection
    place : LogPlace
    database : str
        Under which the file is attached.
    """
    table = place.table(database)
    names = ", ".join(quoted(name) for name in sorted(columns_of(connection, table)))
    rows = connection.execute(
        select(
            ["segmentation", "as_of", "count(*)", f"sum(cast(hash({names}) as hugeint))"],
            table,
            where=place.rows,
            group_by="segmentation, as_of",
        )
    ).fetchall()
    return {(segmentation, day): (count, hashes) for segmentation, day, count, hashes in rows}


def refresh_log(connection: Connection, place: LogPlace, *, source: str, target: str) -> None:
    """Replace the rows of the data set in one log by those of another file.

    Parameters
    ----------
    connection : Connection
    place : LogPlace
    source, target : str
        Under which the files are attached.
    """
    into = place.table(target)
    columns = shared_columns(connection, into, place.table(source))
    with transaction(connection):
        connection.execute(f"delete from {into} where {place.rows}")
        _insert(connection, into, columns, place.table(source), place.rows)


def carry_days(
    connection: Connection,
    place: LogPlace,
    *,
    source: str,
    target: str,
    segmentations: Collection[str],
) -> int:
    """Replace the days of the log that a computed day changed: the day and its neighbours.

    Parameters
    ----------
    connection : Connection
        Of the file that is written to, in a transaction.
    place : LogPlace
    source, target : str
        Under which the files are attached.
    segmentations : collection of str
        Days of others stay as they are.

    Returns
    -------
    int
        How many pairs of a segmentation and a day were replaced.
    """
    before = fingerprint(connection, place, target)
    after = fingerprint(connection, place, source)
    into = place.table(target)
    columns = shared_columns(connection, into, place.table(source))
    changed = changed_days(before, after, segmentations)
    for segmentation, day in changed:
        rows = (
            f"{place.rows} and segmentation = {text_literal(segmentation)}"
            f" and as_of = date {text_literal(day.isoformat())}"
        )
        connection.execute(f"delete from {into} where {rows}")
        _insert(connection, into, columns, place.table(source), rows)
    return len(changed)


def changed_days(
    before: Mapping[tuple[str, dt.date], tuple[int, int]],
    after: Mapping[tuple[str, dt.date], tuple[int, int]],
    segmentations: Collection[str],
) -> list[tuple[str, dt.date]]:
    """Return the segmentations and days whose rows differ, in order."""
    return sorted(
        key
        for key in before.keys() | after.keys()
        if key[0] in segmentations and before.get(key) != after.get(key)
    )


def replace_table(connection: Connection, schema: str, name: str, databases: Sequence[str]) -> None:
    """Replace the rows of a table by those of the same table in another file, in stored order.

    Its description, and what is granted on it, stay.

    Parameters
    ----------
    connection : Connection
        Of the file that is written to, in a transaction.
    schema, name : str
    databases : sequence of str
        Under which the files are attached: that of the rows, that which gets them.
    """
    source, target = (table_of(database, schema, name) for database in databases)
    columns = shared_columns(connection, target, source)
    connection.execute(f"delete from {target}")
    _insert(connection, target, columns, source, "true")


@contextlib.contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """Commit all changes of the body, or none."""
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _insert(
    connection: Connection, into: str, columns: Sequence[str], source: str, where: str
) -> None:
    names = ", ".join(quoted(name) for name in columns)
    connection.execute(
        f"insert into {into} ({names}) {select([quoted(c) for c in columns], source, where=where)}"
    )
