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


@dataclass(frozen=True)
class SearchedTable:
    """A table in which customers are searched.

    Attributes
    ----------
    table : Table
    columns : mapping of str to str
        Name to type, in order.
    is_of_project : bool
        Whether this project wrote it. In other tables ids are compared as the contract reads
        them, and a column ``dataset`` has a meaning of its own.
    """

    table: Table
    columns: Mapping[str, str]
    is_of_project: bool

    @property
    def id_column(self) -> str | None:
        """The column of customer ids, whose name the contract reads in any case."""
        return next((name for name in self.columns if name.lower() == ID_COLUMN), None)

    @property
    def has_dataset(self) -> bool:
        """Whether each row says of which data set it is."""
        return self.is_of_project and DATASET_COLUMN in self.columns

    def id_of(self, column: str) -> str:
        """Return SQL of an id as the marts have it."""
        if self.is_of_project:
            return f"cast({quoted(column)} as varchar)"
        return _id_as_read(quoted(column), self.columns[column])

    def rows_of(self, customers: Customers, scope: Scope) -> str | None:
        """Return SQL that is true for the rows of customers; None if the table has none of them."""
        if self.id_column is None or not self.can_be_of(customers, scope):
            return None
        return f"{self.of_dataset(customers)}{_is_erased(self.id_of(self.id_column))}"

    def of_dataset(self, customers: Customers) -> str:
        """Return SQL, ending with "and", that is true for rows of the customers' data set."""
        if not self.has_dataset:
            return ""
        return f"coalesce({DATASET_COLUMN} = {text_literal(customers.dataset)}, false) and "

    def can_be_of(self, customers: Customers, scope: Scope) -> bool:
        """Return whether the table can have rows of the customers' data set."""
        if self.has_dataset:
            return True
        of_table = _OF_DATASET.fullmatch(self.table.name) if self.is_of_project else None
        dataset = next(filter(None, of_table.groups())) if of_table else scope.built_dataset
        return dataset == customers.dataset

    def holds_id(self, column: str, customers: Customers) -> str | None:
        """Return SQL that is true where a column holds an id; None if it cannot."""
        if column.lower() in ID_COLUMNS:
            return _is_erased(self.id_of(column))
        if re.search("VARCHAR|JSON|STRUCT|MAP", self.columns[column]):
            return names_somebody(f"cast({quoted(column)} as varchar)", customers)
        return None

    @property
    def texts(self) -> list[str]:
        """The columns with text about other things than a customer's id."""
        return [
            name
            for name, kind in self.columns.items()
            if kind == "VARCHAR" and name.lower() not in ID_COLUMNS
        ]


def _id_as_read(value: str, kind: str) -> str:
    """Return SQL of an id as `own_id` of macros/own_tables reads it: 7, 7.0 and ' 7.00' are one."""
    if kind in ("FLOAT", "DOUBLE"):
        whole = f"case when {value} = floor({value}) then try_cast({value} as decimal(38, 0)) end"
        text = f"coalesce(cast({whole} as varchar), cast({value} as varchar))"
        return f"case when isfinite({value}) then {text} end"
    blank = r"[\s\p{Z}\p{Cc}\p{Cf}]+"
    text = f"regexp_replace(cast({value} as varchar), '^{blank}|{blank}$', '', 'g')"
    # Not a number is no id, nor is what is blank.
    is_id = f"not regexp_matches(lower({text}), '^([-+]?(nan|inf|infinity))?$')"
    return rf"case when {is_id} then regexp_replace({text}, '^(-?[0-9]+)[.]0+$', '\1') end"


def of_erased(column: str) -> str:
    """Return SQL that is true where a column of this project is the id of a customer.

    After :func:`put_erased`.
    """
    return _is_erased(f"cast({quoted(column)} as varchar)")


def _is_erased(id_text: str) -> str:
    return f"coalesce({id_text} in (select customer_id from {_ERASED}), false)"


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
