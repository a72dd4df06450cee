"""SQL about the rows of customers who are erased: which they are, and which texts name somebody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from segmentation.engine.duckdb import Connection
from segmentation.engine.sql import quoted, text_literal
from segmentation.erasure.customers import ERASED, Customers
from segmentation.published.publication import Table

ID_COLUMN, DATASET_COLUMN = "customer_id", "dataset"
# Columns that hold a customer's id as it is, where an id is too short to be looked for in others.
ID_COLUMNS = (ID_COLUMN, "identity_id", "record_id")

# A table of one data set, whatever was built last.
_OF_DATASET = re.compile("stg_([a-z_]+?)__.*|(sample)_[a-z_]+")

# Of so many ids each is looked for by itself.
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
    """Which tables of a file are of the customers' data set, and which are ours.

    Attributes
    ----------
    built_dataset : str
        The data set of the tables that do not say of which they are.
    schemas : tuple of str
        Schemas of somebody else that are erased from too.
    """

    built_dataset: str
    schemas: tuple[str, ...] = ()


def put_erased(connection: Connection, customers: Customers) -> None:
    """Put the ids into a table of the connection, which no file gets."""
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
    """Return whether rows of a table can be of the customers' data set."""
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
        # Patterns are slow, and hardly any text holds an id at all.
        holds = [f"contains({text}, {text_literal(name)})" for name in customers.ids]
        matches = f"({' or '.join(holds)}) and {matches}"
    return f"coalesce({matches}, false)"


def erased_text(text: str, customers: Customers) -> str:
    """Return SQL of a text in which ``(erased)`` stands for the customers."""
    # Twice: what stands between two names is the end of one match and the beginning of another.
    for pattern in customers.text_patterns * 2:
        replacement = text_literal(rf"\1{ERASED}\2")
        text = f"regexp_replace({text}, {text_literal(pattern)}, {replacement}, 'g')"
    return text
