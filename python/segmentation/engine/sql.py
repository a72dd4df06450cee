"""SQL that Python writes: how values are spelled, how expressions and queries are laid out.

Everything here returns text of several lines where one would be long, as a person would write it:
one column, one case, one term a line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

# What is longer is written on several lines.
LINE_LENGTH = 100

# A line ends outside of quotes: what stands in a literal, a name or a comment stays as it is. A
# line is one match, and nothing of it is taken back: builds lay out thousands of long texts.
_LINE = re.compile(r"""((?:[^'"\n-]++|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*+|['"-])*+)\n""")


def quoted(identifier: str) -> str:
    """Return a column name as SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def number(value: float) -> str:
    """Return a finite number as a SQL literal that the engine reads back bit for bit.

    Raises
    ------
    ValueError
        If the number is not finite: a fitted number never is.
    """
    # As few digits as are read back as the same number.
    text, one_digit = repr(float(value)), f"{float(value):.0e}"
    if "n" in text:
        raise ValueError(f"{value!r} cannot stand in a fitted model: it is not a finite number.")
    if abs(value) >= 1e6 and float(one_digit) == value:
        text = one_digit
    if "e" not in text:
        # Without an exponent, DuckDB would read a DECIMAL: slower, and other digits.
        text += "e0"
    return f"({text})" if text.startswith("-") else text


def text_literal(value: str) -> str:
    """Return text as a SQL literal."""
    quotes = "'" + value.replace("'", "''") + "'"
    # The parser ends at a zero character, which text in a table may well hold.
    return "(" + quotes.replace("\0", "' || chr(0) || '") + ")" if "\0" in value else quotes


def indented(text: str) -> str:
    """Return SQL with every line four spaces further in, but for lines within quotes."""
    return "\n".join([f"    {line}" for line in _LINE.findall(f"{text}\n")])


def call(function: str, arguments: Sequence[str]) -> str:
    """Return a call of a function."""
    line = f"{function}({', '.join(arguments)})"
    return line if _fits(line) else f"{function}(\n{indented(_listed(arguments))}\n)"


def sum_of(terms: Sequence[str]) -> str:
    """Return the sum of terms, which the engine adds up from the first to the last."""
    line = f"({' + '.join(terms)})"
    return line if _fits(line) else f"(\n{indented(_joined(terms, '+'))}\n)"


def all_of(conditions: Sequence[str]) -> str:
    """Return SQL that is true where all conditions are, which none of no conditions prevents."""
    line = " and ".join(conditions)
    return (line if _fits(line) else _joined(conditions, "and")) or "true"


def case(branches: Sequence[tuple[str, str]], otherwise: str | None = None, *, of: str = "") -> str:
    """Return a case expression.

    Parameters
    ----------
    branches : sequence of (condition, result)
    otherwise : str, optional
        The result where no condition holds; null where it is not given.
    of : str
        What the conditions are values of; nothing where they are conditions of their own.
    """
    parts = [_branch(condition, result) for condition, result in branches]
    parts += [] if otherwise is None else [f"else {otherwise}"]
    opening = f"case {of}".rstrip()
    line = f"{opening} {' '.join(parts)} end"
    if _fits(line):
        return line
    return f"{opening}\n{indented(chr(10).join(parts))}\nend"


def select(  # noqa: PLR0913 - they are the clauses of a select
    columns: Sequence[str],
    source: str,
    *,
    where: str = "",
    group_by: str = "",
    order_by: str = "",
    limit: int | None = None,
    distinct: bool = False,
) -> str:
    """Return a select; several columns stand on lines of their own.

    Parameters
    ----------
    columns : sequence of str
        Expressions; at least one.
    source : str
        What stands after ``from``; nothing where it is empty.
    where, group_by, order_by : str
        What stands after these words.
    limit : int, optional
        Most rows.
    distinct : bool
        Whether rows that are alike count once.
    """
    word = "select distinct" if distinct else "select"
    if len(columns) == 1 and _fits(columns[0]):
        lines = [f"{word} {columns[0]}"]
    else:
        lines = [word, indented(_listed(columns))]
    lines += [f"from {source}"] if source else []
    if where:
        lines += [f"where {where}"] if _fits(where) else ["where", indented(where)]
    lines += [f"group by {group_by}"] if group_by else []
    lines += [f"order by {order_by}"] if order_by else []
    lines += [] if limit is None else [f"limit {int(limit)}"]
    return "\n".join(lines)


@dataclass(frozen=True)
class Step:
    """A named part of a query: a common table expression."""

    name: str
    sql: str


@dataclass(frozen=True)
class Query:
    """A query as a person would write it: named steps, each of which reads the ones before.

    A query never changes; each method returns another one. ``str`` of it is SQL: the steps as
    common table expressions, the last one as the final select.

    >>> orders = Query("orders").step("large_orders", "select * from orders where amount > 100")
    >>> counted = orders.step("counted_orders", f"select count(*) from {orders.result}")
    >>> print(counted)
    with
    <BLANKLINE>
    large_orders as (
        select * from orders where amount > 100
    )
    <BLANKLINE>
    select count(*) from large_orders

    Attributes
    ----------
    source : str
        The from-item that the first step reads: a table, or a query in parentheses.
    steps : tuple of Step
    """

    source: str = ""
    steps: tuple[Step, ...] = ()

    @classmethod
    def of(cls, source: str | Query) -> Query:
        """Return a query that goes on from a from-item, or from the last step of another query."""
        return source if isinstance(source, Query) else cls(source)

    @property
    def result(self) -> str:
        """What the next step reads: the name of the last step, before the first one the source."""
        return self.steps[-1].name if self.steps else self.source

    def step(self, name: str, sql: str) -> Query:
        """Return the query with one more step.

        Parameters
        ----------
        name : str
            What the step's rows are, in lower case with underscores.
        sql : str
            A select that may read every step so far by its name.

        Raises
        ------
        ValueError
            If a step has that name, or if it is none.
        """
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise ValueError(f"{name!r} cannot name a step of a query; write e.g. scaled_features.")
        if name in (step.name for step in self.steps):
            raise ValueError(f"A query has one step {name}. Give the other one another name.")
        return Query(self.source, (*self.steps, Step(name, sql)))

    def adding(self, name: str, columns: Sequence[str]) -> Query:
        """Return the query with a step that adds columns to those of the last one."""
        return self.step(name, select(["*", *columns], self.result))

    def __str__(self) -> str:
        if not self.steps:
            return f"select * from {self.source}"
        *before, last = self.steps
        named = ",\n\n".join(f"{step.name} as (\n{indented(step.sql)}\n)" for step in before)
        return f"with\n\n{named}\n\n{last.sql}" if named else last.sql

    @property
    def from_item(self) -> str:
        """The query as what can stand after ``from``, in a query of its own."""
        return f"(\n{indented(str(self))}\n)"


# What an engine runs: a query of steps, or a statement that needs none.
Statement: TypeAlias = str | Query


def _branch(condition: str, result: str) -> str:
    line = f"when {condition} then {result}"
    if "\n" in condition:
        return f"when\n{indented(condition)}\n    then {_continued(result)}"
    # A result of several lines begins beside its condition.
    first = line.partition("\n")[0]
    return line if len(first) <= LINE_LENGTH else f"when {condition}\n    then {_continued(result)}"


def _continued(text: str) -> str:
    return indented(text).lstrip(" ")


def _listed(items: Sequence[str]) -> str:
    return ",\n".join(items)


def _joined(items: Sequence[str], operator: str) -> str:
    return "\n".join(item if i == 0 else f"{operator} {item}" for i, item in enumerate(items))


def _fits(text: str) -> bool:
    return len(text) <= LINE_LENGTH and "\n" not in text
