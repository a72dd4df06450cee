"""What an erasure finds, before anything is changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from segmentation.audiences.erased_members import MemberFile, files_with_members
from segmentation.erasure.byte_search import files_naming
from segmentation.erasure.customer_tables import (
    customer_rows,
    dataset_of_last_build,
    known_ids,
    places_with_ids,
    shared_identities,
)
from segmentation.erasure.customers import Customers
from segmentation.erasure.erased_rows import Rows, Scope
from segmentation.erasure.erasure_error import ErasureError
from segmentation.erasure.parquet_files import parquet_rows
from segmentation.erasure.places import Places


@dataclass(frozen=True)
class DatabasePlan:
    """What a DuckDB file holds.

    Attributes
    ----------
    file : Path
    scope : Scope
    rows : tuple of Rows
        Of the customers, in each table that has some.
    texts : tuple of str
        Columns in which an id is found, among them those of `rows`.
    """

    file: Path
    scope: Scope
    rows: tuple[Rows, ...]
    texts: tuple[str, ...]

    @property
    def count(self) -> int:
        """Rows in tables of this project."""
        return sum(rows.count for rows in self.rows if rows.is_own)


@dataclass(frozen=True)
class Plan:
    """What is found of some customers.

    Attributes
    ----------
    customers : Customers
    places : Places
    databases : tuple of DatabasePlan
    parquet : mapping of Path to int
        Rows in the Parquet files beside the published file.
    members : tuple of MemberFile
        What exports wrote.
    removed : tuple of Path
        Reports, logs and compiled SQL that contain an id. The next use writes them anew.
    leftovers : tuple of Path
        What killed builds left.
    sharing : int
        Other customers with the identity of one of these.
    unknown : tuple of int
        The places of ids that are found in no table and no export: the first is 1.
    """

    customers: Customers
    places: Places
    databases: tuple[DatabasePlan, ...]
    parquet: dict[Path, int]
    members: tuple[MemberFile, ...]
    removed: tuple[Path, ...]
    leftovers: tuple[Path, ...]
    sharing: int = 0
    unknown: tuple[int, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether anything of the customers is found."""
        return bool(
            any(database.rows or database.texts for database in self.databases)
            or self.parquet
            or self.members
            or self.removed
        )


def built_dataset(places: Places) -> str | None:
    """Return the data set of the last build, by the warehouse or else by the published file."""
    for file in places.databases:
        found = dataset_of_last_build(file)
        if found is not None:
            return found
    return None


def make_plan(
    places: Places,
    customers: Customers,
    schemas: tuple[str, ...] = (),
    say: Callable[[str], None] = lambda _: None,
) -> Plan:
    """Look for customers everywhere; nothing is changed.

    Parameters
    ----------
    places : Places
    customers : Customers
    schemas : tuple of str
        Schemas of other tables in the warehouse that are erased from too.
    say : callable
        Called with a description of the next step.

    Raises
    ------
    ErasureError
        If a file is in use, or cannot be read.
    """
    databases = []
    for file in places.databases:
        say(f"Looking through {file}")
        dataset = dataset_of_last_build(file)
        # A file that names no data set counts as one of the named data set.
        scope = Scope(dataset or customers.dataset, schemas if file == places.warehouse else ())
        rows = tuple(customer_rows(file, customers, scope))
        texts = tuple(places_with_ids(file, customers, scope))
        databases.append(DatabasePlan(file, scope, rows, texts))
    say("Looking through exports, reports and logs")
    is_published = any(d.file == places.published and _is_of(d, customers) for d in databases)
    folder = places.parquet
    missing = [s for s in schemas if not any(s in d.scope.schemas for d in databases)]
    if missing:
        raise ErasureError(f"There is no warehouse with the schema {', '.join(missing)}.")
    known = set().union(*(known_ids(d.file, customers, d.scope) for d in databases))
    return Plan(
        customers=customers,
        places=places,
        databases=tuple(databases),
        parquet=parquet_rows(folder, customers) if folder and is_published else {},
        members=tuple(
            found
            for audiences in places.audiences
            for found in files_with_members(audiences, customers.dataset, customers.ids)
        ),
        removed=(
            *files_naming(places.pages, customers.needles_of_words),
            *files_naming(places.scratch, customers.needles),
        ),
        leftovers=tuple(places.leftovers()),
        sharing=max(
            (
                shared_identities(database.file, customers)
                for database in databases
                if _is_of(database, customers)
            ),
            default=0,
        ),
        unknown=tuple(
            number
            for number, name in enumerate(customers.ids, start=1)
            if name not in known and not _is_member(places, customers.dataset, name)
        ),
    )


def _is_member(places: Places, dataset: str, customer_id: str) -> bool:
    return any(files_with_members(folder, dataset, [customer_id]) for folder in places.audiences)


def _is_of(database: DatabasePlan, customers: Customers) -> bool:
    return database.scope.built_dataset == customers.dataset
