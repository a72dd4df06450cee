"""Tables of databases, and sheets of workbooks."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from segmentation.engine.duckdb import (
    DuckDBEngine,
    DuckDBError,
    FileError,
    lock_holder,
    open_read_only,
)
from segmentation.engine.sql import quoted
from segmentation.onboarding.addresses import SourceAddress
from segmentation.onboarding.refusals import OnboardingError
from segmentation.onboarding.text_files import headers_of

_OWN_SCHEMAS = "('information_schema', 'pg_catalog', 'pg_toast')"


def tables_in(address: SourceAddress) -> list[str]:
    """Return the names of the tables or sheets at a location, in order.

    Raises
    ------
    OnboardingError
        If it cannot be opened.
    """
    if address.kind == "excel":
        with contextlib.closing(_workbook(address)) as workbook:
            return [str(name) for name in workbook.sheetnames]
    if address.kind == "sqlite":
        with contextlib.closing(_sqlite(address)) as connection:
            rows = _answers(
                connection.execute,
                "select name from sqlite_master where type in ('table', 'view')"
                " and name not like 'sqlite_%' order by name",
                address,
            )
            return [str(row[0]) for row in rows]
    query = (
        "select table_schema, table_name from information_schema.tables"
        f" where table_schema not in {_OWN_SCHEMAS} order by table_schema, table_name"
    )
    found = _arrow(address, query).to_pylist()
    usual = "main" if address.kind == "duckdb" else "public"
    return [
        row["table_name"]
        if row["table_schema"] == usual
        else f"{row['table_schema']}.{row['table_name']}"
        for row in found
    ]


def read_database_table(address: SourceAddress) -> pa.Table:
    """Return the rows of a table or sheet, in its order.

    Returns
    -------
    pyarrow.Table
        DuckDB and PostgreSQL keep their types; SQLite and Excel, where each cell has a type of its
        own, give text, dates as ``yyyy-mm-dd``.

    Raises
    ------
    OnboardingError
        If there is no such table.
    """
    known = tables_in(address)
    if address.table not in known:
        raise OnboardingError(
            f"{address.location} has no table or sheet '{address.table}'. It has:"
            f" {', '.join(known) or 'none'}."
        )
    if address.kind == "excel":
        return _sheet(address)
    if address.kind == "sqlite":
        with contextlib.closing(_sqlite(address)) as connection:
            cursor = connection.execute(f"select * from {quoted(address.table)}")
            return as_text([column[0] for column in cursor.description], cursor.fetchall())
    name = ".".join(quoted(part) for part in address.table.split(".", 1))
    return _arrow(address, f"select * from {name}")


def as_text(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> pa.Table:
    """Return rows of Python values as columns of text."""
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.table(
        {
            name: pa.array([_text(value) for value in column], pa.string())
            for name, column in zip(names, columns, strict=True)
        }
    )


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, bytes):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.datetime):
        return (
            value.date().isoformat()
            if value.time() == dt.time()
            else value.isoformat(sep=" ", timespec="seconds")
        )
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return " ".join(str(value).split()) or None


def _sheet(address: SourceAddress) -> pa.Table:
    # Read only, the file stays open until it is closed.
    with contextlib.closing(_workbook(address)) as workbook:
        rows = [
            list(row)
            for row in workbook[address.table].iter_rows(values_only=True)
            if any(value not in (None, "") for value in row)
        ]
    if not rows:
        raise OnboardingError(f"The sheet {address} is empty.")
    filled = [sum(value not in (None, "") for value in row) for row in rows[:50]]
    # Titles above the header fill fewer cells than the table.
    at = next(i for i, cells in enumerate(filled) if cells >= max(filled) * 0.8)
    last = max(i for i, value in enumerate(rows[at]) if value not in (None, "")) + 1
    header = "\t".join(str(value or "").replace("\t", " ") for value in rows[at][:last])
    body = [(row + [None] * last)[:last] for row in rows[at + 1 :]]
    return as_text(headers_of(header, "\t"), body)


def _workbook(address: SourceAddress) -> Any:
    path = _existing(address)
    try:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError:
        raise OnboardingError(
            "Excel needs the package openpyxl, of the extra `onboarding`; in the folder of"
            " the clone: pip install --editable '.[onboarding]'"
        ) from None
    try:
        return load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, KeyError, OSError, ValueError) as error:
        raise OnboardingError(f"{path} is no Excel workbook: {error}") from None
    except Exception as error:
        # A broken archive raises errors of zipfile.
        raise OnboardingError(f"{path} cannot be read as an Excel workbook: {error}") from None


def _sqlite(address: SourceAddress) -> sqlite3.Connection:
    return sqlite3.connect(f"{_existing(address).absolute().as_uri()}?mode=ro", uri=True)


def _answers(execute: Any, query: str, address: SourceAddress) -> list[Any]:
    try:
        return list(execute(query))
    except sqlite3.DatabaseError as error:
        raise OnboardingError(f"{address.location} is no SQLite database: {error}.") from None


def _existing(address: SourceAddress) -> Path:
    path = Path(address.location)
    if not path.is_file():
        raise OnboardingError(f"There is no file {path}.")
    return path


def _arrow(address: SourceAddress, query: str) -> pa.Table:
    return _duckdb_rows(address, query) if address.kind == "duckdb" else _postgres(address, query)


def _duckdb_rows(address: SourceAddress, query: str) -> pa.Table:
    path = _existing(address)
    try:
        with open_read_only(path) as connection:
            return DuckDBEngine(connection).relation(query).to_arrow_table()
    except FileError as error:
        holder = lock_holder(error)
        raise OnboardingError(
            f"{path} is open in another process, {holder}. Close it there."
            if holder
            else f"{path} cannot be read: {error}"
        ) from None
    except DuckDBError as error:
        raise OnboardingError(f"{path} cannot be read: {error}") from None


def _postgres(address: SourceAddress, query: str) -> pa.Table:
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError:
        raise OnboardingError(
            "PostgreSQL needs the package adbc-driver-postgresql, of the extra `onboarding`; in the"
            " folder of the clone: pip install --editable '.[onboarding]'"
        ) from None
    try:
        with dbapi.connect(address.url()) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return _without_extensions(cursor.fetch_arrow_table())
    except dbapi.Error as error:
        # Its message names the server and never the password.
        raise OnboardingError(f"PostgreSQL at {address.location}: {error}") from None


def _without_extensions(table: pa.Table) -> pa.Table:
    """Return types that DuckDB knows: the driver hands numerics on as text of a type of its own."""
    columns = []
    for column in table.columns:
        kind = column.type
        if isinstance(kind, pa.BaseExtensionType):
            column = pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type)
        columns.append(column)
    return pa.table(columns, names=table.column_names)
