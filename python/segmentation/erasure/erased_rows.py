"""SQL about the rows of erased customers: which rows are theirs, and which texts hold an id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from segmentation.engine.duckdb import Connection
from segmentation.engine.sql import quoted, text_literal
from segmentation.erasure.customers import ERASED, Customers
from segmentation.published.publication import Table

ID_COLUMN, DATASET_COLUMN = "customer_id", "dataset"
# Columns that hold a customer's id alone. Ids that are too short for other columns are searched in
# these.
ID_COLUMNS = (ID_COLUMN, "identity_id", "record_id")

# A table with rows of one data set, whatever data set was built last.
_OF_DATASET = re.compile("stg_([a-z_]+?)__.*|(sample)_[a-z_]+")

# Up to so many ids are searched one by one.
_FEW = 10

_ERASED = "temp.main.erased_customers"


@dataclass(frozen=True)
class Rows:
    """Rows of customers in a table.

    Attributes
    ----------
    table : str
        With its schema.
    count : int
    is_own : bool
        Whether the table is one of this project.
    """

    table: str
    count: int
    is_own: bool = True


@dataclass(frozen=True)
class Scope:
    """Which tables of a file belong to the customers' data set, and which to this project.

    Attributes
    ----------
    built_dataset : str
        The data set of tables without a column for it.
    schemas : tuple of str
        Schemas of other projects that are erased from too.
    """

    built_dataset: str
    schemas: tuple[str, ...] = ()


def put_erased(connection: Connection, customers: Customers) -> None:
    """Put the ids into a temporary table of the connection, which is in no file."""
    connection.execute(
        f"create or replace temp table {_ERASED.split('.')[-1]} (customer_id varchar)"
    )
    connection.executemany(f"insert into {_ERASED} values (?)", [[name] for name in customers.ids])


def rows_of_erased(
    table: Table, columns: Mapping[str, str], customers: Customers, scope: Scope
) -> str | None:
    """Return SQL that is true for the rows of the customers; None if a table has none of them."""
    if ID_COLUMN not in columns or not can_be_of(table, columns, customers, scope):
        return None
    condition = of_erased(ID_COLUMN)
    if DATASET_COLUMN in columns:
        of_dataset = f"{DATASET_COLUMN} = {text_literal(customers.dataset)}"
        return f"{condition} and coalesce({of_dataset}, false)"
    return condition


def can_be_of(table: Table, columns: Mapping[str, str], customers: Customers, scope: Scope) -> bool:
    """Return whether a table can have rows of the customers' data set."""
    if DATASET_COLUMN in columns:
        return True
    of_table = _OF_DATASET.fullmatch(table.name)
    dataset = next(filter(None, of_table.groups())) if of_table else scope.built_dataset
    return dataset == customers.dataset


def holds_id(column: str, kind: str, customers: Customers) -> str | None:
    """Return SQL that is true where a column holds an id; None if it cannot."""
    text = f"cast({quoted(column)} as varchar)"
    if column in ID_COLUMNS:
        return of_erased(column)
    if re.search("VARCHAR|JSON|STRUCT|MAP", kind):
        return names_somebody(text, customers)
    return None


def of_erased(column: str) -> str:
    """Return SQL that is true where a column is the id of a customer, after :func:`put_erased`."""
    return (
        f"coalesce(cast({quoted(column)} as varchar) in (select customer_id from {_ERASED}), false)"
    )


def names_somebody(text: str, customers: Customers) -> str:
    """Return SQL that is true where a text names one of the customers."""
    parts = [
        f"regexp_matches({text}, {text_literal(pattern)})" for pattern in customers.text_patterns
    ]
    matches = f"({' or '.join(parts)})"
    if len(customers.ids) <= _FEW:
        # Patterns are slow, and few texts hold an id.
        holds = [f"contains({text}, {text_literal(name)})" for name in customers.ids]
        matches = f"({' or '.join(holds)}) and {matches}"
    return f"coalesce({matches}, false)"


def erased_text(text: str, customers: Customers) -> str:
    """Return SQL of a text in which ``(erased)`` replaces the ids."""
    # Twice: the text between two ids is the end of one match and the start of another.
    for pattern in customers.text_patterns * 2:
        replacement = text_literal(rf"\1{ERASED}\2")
        text = f"regexp_replace({text}, {text_literal(pattern)}, {replacement}, 'g')"
    return text
