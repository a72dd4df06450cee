"""Erases customers, and checks whether anything remains."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from segmentation.audiences.erased_members import erase_members
from segmentation.engine.duckdb import DuckDBError
from segmentation.erasure.byte_search import files_naming, holds_bytes
from segmentation.erasure.customer_tables import (
    fold_log,
    values_containing_ids,
)
from segmentation.erasure.customers import Customers
from segmentation.erasure.erasure_error import ErasureError
from segmentation.erasure.parquet_files import write_parquet_without
from segmentation.erasure.places import next_of
from segmentation.erasure.plan import DatabasePlan, Plan, make_plan
from segmentation.erasure.rewriting import write_without
from segmentation.erasure.suppression_key import make_key
from segmentation.erasure.suppression_list import (
    BEGUN,
    DONE,
    Suppressed,
    SuppressionFiles,
    checked_key,
    read_list,
    with_entries,
    write_list,
)
from segmentation.published.files import backfill_folder
from segmentation.published.turns import alone_in, turns_in
from segmentation.published.whole_files import sync_file, sync_names

Say = Callable[[str], None]


@dataclass(frozen=True)
class Request:
    """Who asked for what, and when.

    Attributes
    ----------
    reason : str
        It is stored unchanged, and must hold no id.
    requested_on : str
        The day, as yyyy-mm-dd.
    """

    reason: str
    requested_on: str


def check_reason(reason: str, customers: Customers) -> None:
    """Check that a reason can be stored.

    Raises
    ------
    ErasureError
        If it is blank, has several lines, or names a customer.
    """
    if not reason.strip():
        raise ErasureError('Say why, for the list: --reason "request of 2026-11-20".')
    if reason.splitlines() != [reason]:
        raise ErasureError(
            "The reason has a line break, and the list has a line for each customer. Write the"
            " reason in one line."
        )
    if any(name in reason for name in customers.ids):
        raise ErasureError(
            "The reason holds the id of a customer, and the list must hold no ids. Leave it out."
        )


def state_of(files: SuppressionFiles, customers: Customers) -> dict[str, str]:
    """Return how far earlier erasures of customers got: the state by id, for those on the list.

    Raises
    ------
    ErasureError
        If the list or its key cannot be read.
    """
    entries = read_list(files.listed)
    if not entries:
        return {}
    hashes = customers.hashes(checked_key(files, entries))
    states = {entry.customer_hash: entry.state for entry in entries}
    return {name: states[hashed] for name, hashed in hashes.items() if hashed in states}


def suppress(files: SuppressionFiles, customers: Customers, request: Request) -> None:
    """Put customers on the list, as begun; the key is made with the first of them.

    Raises
    ------
    ErasureError
        If the list or its key cannot be read or written.
    """
    _change_list(files, customers, request, BEGUN)


def erase(plan: Plan, request: Request, say: Say = lambda _: None) -> list[str]:
    """Erase the customers of a plan everywhere, and search again.

    After it was killed, a second call completes the erasure.

    Parameters
    ----------
    plan : Plan
    request : Request
    say : callable
        Called with a description of the next step.

    Returns
    -------
    list of str
        What remains, a line each; empty if nothing does.

    Raises
    ------
    ErasureError
        If a file is in use or cannot be written. Files that were written are complete.
    """
    places, customers = plan.places, plan.customers
    _check_no_backfill(places.warehouse)
    # First: a build after a killed erasure must not restore the customers.
    suppress(places.suppression, customers, request)
    for path in plan.leftovers:
        _remove_leftover(path, places.warehouse)
    for database in plan.databases:
        say(f"Writing {database.file} anew")
        rewrite(database, customers)
    for file in plan.parquet:
        say(f"Writing {file} anew")
        write_parquet_without(file, customers)
    for folder in places.audiences:
        erase_members(folder, customers.dataset, customers.ids)
    for path in plan.removed:
        path.unlink(missing_ok=True)
    say("Checking whether anything remains")
    remaining = find_remaining(plan)
    if not remaining:
        _change_list(places.suppression, customers, request, DONE)
    return remaining


def rewrite(database: DatabasePlan, customers: Customers) -> None:
    """Write a DuckDB file anew without customers, and swap it in.

    A reader that has the old file open reads it to its end. No build can begin before the swap: the
    old file is held open.
    """
    file, new = database.file, next_of(database.file)
    with turns_in(file.parent):
        # Opened as a build does: refused while one runs. A published file has no log, and readers.
        if Path(f"{file}.wal").exists():
            fold_log(file)
        new.unlink(missing_ok=True)
        try:
            write_without(file, new, customers, database.scope, lambda: _swap(new, file))
        except (OSError, DuckDBError) as error:
            raise ErasureError(
                f"{file} could not be written anew, and is as it was: {error}. Call the command"
                " again when that is put right."
            ) from None
        finally:
            for left in (new, Path(f"{new}.wal")):
                left.unlink(missing_ok=True)


def _swap(new: Path, file: Path) -> None:
    # Reading the old file here would end the lock on it, which is of the process.
    shutil.copymode(file, new)
    sync_file(new)
    new.replace(file)
    sync_names(file.parent)


def find_remaining(plan: Plan) -> list[str]:
    """Return where customers of a plan are still found: by queries, and among bytes of files."""
    customers, places = plan.customers, plan.places
    schemas = tuple(schema for one in plan.databases for schema in one.scope.schemas)
    again = make_plan(places, customers, schemas)
    lines = []
    for database in again.databases:
        lines += [f"{database.file}: {column}" for column in database.texts]
        is_found = not database.texts and holds_bytes(database.file, customers)
        # Other values may contain an id, as C100010 contains C10001.
        if is_found and not values_containing_ids(database.file, customers):
            lines.append(f"{database.file}: the bytes of an id, in no table")
    lines += [f"{file}: {count:,} rows" for file, count in again.parquet.items()]
    lines += [str(found.path) for found in again.members]
    lines += [str(path) for path in again.removed]
    lines += [str(path) for path in again.leftovers]
    if places.parquet and not again.parquet:
        lines += [str(path) for path in files_naming([places.parquet], customers.needles)]
    return lines


def _change_list(
    files: SuppressionFiles, customers: Customers, request: Request, state: str
) -> None:
    folder = files.listed.parent
    if not folder.is_dir() or not files.key.parent.is_dir():
        raise ErasureError(
            f"There is no folder for {files.listed} or for {files.key}. Make it first."
        )
    with turns_in(folder):
        entries = read_list(files.listed)
        if not entries and not os.path.lexists(files.key):
            key = make_key(files.key)
        else:
            key = checked_key(files, entries)
        hashes = customers.hashes(key)
        added = [
            Suppressed(
                hashed, customers.dataset, request.requested_on, state, key.key_id, request.reason
            )
            for hashed in hashes.values()
        ]
        named = set(hashes.values())
        changed = [
            replace(entry, state=state) if entry.customer_hash in named else entry
            for entry in with_entries(entries, added)
        ]
        write_list(files.listed, changed)


def _check_no_backfill(warehouse: Path) -> None:
    """Check that no backfill runs: it would carry days of its copy over, with the customers."""
    folder = backfill_folder(warehouse)
    if folder.is_dir():
        with alone_in(folder) as is_alone:
            if not is_alone:
                raise ErasureError(
                    f"A backfill of {warehouse} is at work, in a copy of it. Nothing was changed."
                    " Call the command again when it has ended."
                )


def _remove_leftover(path: Path, warehouse: Path) -> None:
    """Remove what a killed process left; no build is at work while the warehouse can be opened."""
    if warehouse.is_file():
        fold_log(warehouse)
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
