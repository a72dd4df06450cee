"""How customers can be reached: a file or a table of the user's. The marts hold none of it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from segmentation.audiences.audience import AudienceError
from segmentation.audiences.destinations import Destination
from segmentation.audiences.phones import NotNormalisedError
from segmentation.engine.duckdb import (
    Connection,
    DuckDBError,
    open_in_memory,
    open_read_only,
)
from segmentation.engine.sql import quoted, text_literal

KEY = "customer_id"

# Other names of the columns.
_ALSO_CALLED = {"postcode": ("zip", "postal_code")}

_DATABASES = (".duckdb", ".db")


@dataclass
class Identified:
    """People as a destination finds them.

    Attributes
    ----------
    rows : dict
        Customer to rows of the destination's columns, hashed where it wants that. A customer may
        have several.
    problems : list of (customer, field, problem)
        What could not be sent, and why. Values are not shown: they are personal.
    """

    rows: dict[str, list[tuple[str | None, ...]]] = field(default_factory=dict)
    problems: list[tuple[str, str, str]] = field(default_factory=list)


def read_contacts(place: Path, table: str | None, destination: Destination) -> pa.Table:
    """Read contacts as text.

    Parameters
    ----------
    place : Path
        A CSV or Parquet file, or a DuckDB file.
    table : str, optional
        The table of a DuckDB file, with its schema if that is not `main`: ``crm.people``.
    destination : Destination
        Its contact columns are read; one that is missing is null.

    Returns
    -------
    pyarrow.Table
        `customer_id` and the contact columns, as text.

    Raises
    ------
    AudienceError
        If the file cannot be read, or lacks `customer_id` or all contact columns.
    """
    if not place.is_file():
        raise AudienceError(f"There is no file {place}. Name the contacts with --contacts.")
    is_database = place.suffix.lower() in _DATABASES
    if is_database and not table:
        raise AudienceError(f"{place} is a database: name the table with --contacts-table.")
    try:
        opened = open_read_only(place) if is_database else open_in_memory()
        with contextlib.closing(opened) as connection:
            source = _table_of(connection, table) if is_database and table else _file_of(place)
            return _selected(connection, source, place, destination)
    except DuckDBError as error:
        raise AudienceError(f"{place} cannot be read: {error}") from error


def identify(
    customers: Sequence[str],
    contacts: pa.Table,
    destination: Destination,
    region: str | None,
) -> Identified:
    """Return what a destination is sent of each customer.

    Parameters
    ----------
    customers : sequence of str
        Those of the audience; contacts of others are not looked at.
    contacts : pyarrow.Table
        As :func:`read_contacts` returns them.
    destination : Destination
    region : str, optional
        Of phone numbers without a country's code, where the contact names no country.

    Returns
    -------
    Identified
    """
    wanted = dict.fromkeys(customers)
    found = Identified()
    met: set[str] = set()
    for contact in contacts.to_pylist():
        customer = contact[KEY]
        if customer not in wanted:
            continue
        met.add(customer)
        row = _row(contact, destination, region, found.problems)
        rows = found.rows.setdefault(customer, [])
        if destination.finds(row) and row not in rows:
            rows.append(row)
    for customer in wanted:
        if customer not in met:
            found.problems.append((customer, "contact", "contact: none in the file"))
        elif not found.rows[customer]:
            found.problems.append((customer, "contact", "contact: nothing to be found by"))
    found.problems.sort()
    return found


@dataclass(frozen=True)
class IdMatches:
    """How the ids of contacts compare with those of an audience.

    Attributes
    ----------
    of_contacts, of_audience, in_both : int
        Distinct ids.
    examples : tuple of (str, str) or None
        An id of the contacts and one of the audience, where the two may be spelt in different ways:
        no id is in both, or some are alike but for zeros in front, decimals, case or blanks. Such
        two, if there are any.
    """

    of_contacts: int
    of_audience: int
    in_both: int
    examples: tuple[str, str] | None


def compare_ids(customers: Sequence[str], contacts: pa.Table) -> IdMatches:
    """Compare the ids of an audience with those of contacts.

    Parameters
    ----------
    customers : sequence of str
    contacts : pyarrow.Table
        As :func:`read_contacts` returns them.
    """
    audience = set(customers)
    known = {contact for contact in contacts[KEY].to_pylist() if contact is not None}
    both = audience & known
    strangers = {_loosely(contact): contact for contact in sorted(known - both, reverse=True)}
    alike = [
        (strangers[_loosely(customer)], customer)
        for customer in sorted(audience - both)
        if _loosely(customer) in strangers
    ]
    examples = alike[0] if alike else None
    if not both and known and audience:
        examples = examples or (min(known), min(audience))
    return IdMatches(len(known), len(audience), len(both), examples)


def _loosely(customer_id: str) -> str:
    """Return an id without what programs add to ids, or take from them."""
    return re.sub(r"\.0+$", "", customer_id.strip().casefold()).lstrip("0")


def without_held_out(
    found: Identified, held_out: Identified, destination: Destination
) -> Identified:
    """Return what is sent, without what would also find somebody who is held out.

    Parameters
    ----------
    found, held_out : Identified
        Of the treated customers, and of those held out.
    destination : Destination

    Returns
    -------
    Identified
        One person may have two customer ids, and two people one address.
    """
    theirs = [
        {tuple(row[at] for at in key) for rows in held_out.rows.values() for row in rows}
        for key in destination.keys
    ]
    left = Identified(problems=list(found.problems))
    for customer, rows in found.rows.items():
        kept = left.rows.setdefault(customer, [])
        for row in rows:
            shared = {
                at
                for key, taken in zip(destination.keys, theirs, strict=True)
                if all(row[at] for at in key) and tuple(row[at] for at in key) in taken
                for at in key
            }
            if shared:
                left.problems.append(
                    (customer, "contact", "contact: shared with a held out customer")
                )
            rest = tuple(None if at in shared else value for at, value in enumerate(row))
            if destination.finds(rest):
                kept.append(rest)
    left.problems.sort()
    return left


def _row(
    contact: dict[str, str | None],
    destination: Destination,
    region: str | None,
    problems: list[tuple[str, str, str]],
) -> tuple[str | None, ...]:
    country = (contact.get("country") or "").strip().upper()
    row: list[str | None] = []
    for sent in destination.fields:
        text = contact.get(sent.contact)
        if text is None or not text.strip():
            row.append(None)
            continue
        try:
            row.append(sent.value_of(text, country if _is_region(country) else region))
        except NotNormalisedError as error:
            row.append(None)
            problems.append((str(contact[KEY]), sent.contact, str(error)))
    return tuple(row)


def _is_region(country: str) -> bool:
    import phonenumbers

    return country in phonenumbers.SUPPORTED_REGIONS


def _table_of(connection: Connection, table: str) -> str:
    """Return a table with its schema and database: a file and a schema may have one name."""
    ((database,),) = connection.sql("select current_database()").fetchall()
    schema, _, name = table.rpartition(".")
    return ".".join(quoted(part) for part in (database, schema or "main", name))


def _file_of(place: Path) -> str:
    path = text_literal(str(place))
    if place.suffix.lower() == ".parquet":
        return f"read_parquet({path})"
    if place.suffix.lower() == ".csv":
        # A phone number is no number: its plus sign and leading zeros count.
        return f"read_csv({path}, header = true, all_varchar = true)"
    raise AudienceError(f"{place} must be a CSV, Parquet or DuckDB file.")


def _selected(
    connection: Connection, source: str, place: Path, destination: Destination
) -> pa.Table:
    there = {
        name.strip().lower(): name
        for name in connection.sql(f"select * from {source} limit 0").columns
    }
    # Phone numbers are read by it.
    wanted = list(dict.fromkeys([*(sent.contact for sent in destination.fields), "country"]))
    columns = {name: _called(name, there) for name in (KEY, *wanted)}
    if columns[KEY] is None or not any(columns[sent.contact] for sent in destination.fields):
        raise AudienceError(
            f"{place} has the columns {', '.join(there.values())}. Contacts need {KEY} and at least"
            f" one of {', '.join(sent.contact for sent in destination.fields)}."
        )
    selected = ", ".join(
        f"cast({'null' if there_as is None else quoted(there_as)} as varchar) as {name}"
        for name, there_as in columns.items()
    )
    # Always in one order.
    return connection.sql(f"select {selected} from {source} order by all").to_arrow_table()


def _called(name: str, there: dict[str, str]) -> str | None:
    names: Iterable[str] = (name, *_ALSO_CALLED.get(name, ()))
    return next((there[one] for one in names if one in there), None)
