"""Columns of a customer that the contract does not know, as columns of a feature table.

They lie in one column of JSON text, ``further_columns``, all of them as text. What a model is asked
to look at is laid out from it: a number as a number, a category as text.
"""

from __future__ import annotations

from collections.abc import Sequence

from segmentation.engine.base import Engine
from segmentation.engine.sql import Query, case, number, quoted, text_literal
from segmentation.features.numbers import MAX_ABSOLUTE_VALUE

FURTHER_COLUMNS = "further_columns"


def with_further_columns(
    engine: Engine, table: str, *, numbers: Sequence[str] = (), texts: Sequence[str] = ()
) -> str:
    """Return a from-item that also has the further columns that are named.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item.
    numbers, texts : sequence of str
        Columns wanted. One that the table has, or has no further column for, is passed over.

    Returns
    -------
    str
        `table`, or a query of it with more columns; a text among `numbers` is null if it is no
        number, or one beyond MAX_ABSOLUTE_VALUE.
    """
    further = further_names(engine, table, [*numbers, *texts])
    columns = []
    for name in further:
        text = further_text(engine, name)
        if name in numbers:
            value = engine.read_number(text)
            text = case([(f"abs({value}) <= {number(MAX_ABSOLUTE_VALUE)}", value)])
        columns.append(f"{text} as {quoted(name)}")
    if not columns:
        return table
    return Query(table).adding("customers_with_further_columns", columns).from_item


def further_names(engine: Engine, table: str, names: Sequence[str]) -> list[str]:
    """Return which names are further columns and no columns of the table itself, each once.

    Of a table without rows it cannot be known: there every name is one.
    """
    own = engine.column_names(table)
    missing = [name for name in dict.fromkeys(names) if name not in own]
    if not missing or FURTHER_COLUMNS not in own:
        return []
    if not engine.rows(f"select 1 from {table} limit 1"):
        return missing
    listed = f"unnest({engine.json_names(quoted(FURTHER_COLUMNS))})"
    known = {row[0] for row in engine.rows(f"select distinct {listed} from {table}")}
    return [name for name in missing if name in known]


def further_numbers(engine: Engine, table: str, names: Sequence[str]) -> list[str]:
    """Return which further columns hold numbers alone, and at least one."""
    return [
        name
        for name in further_names(engine, table, names)
        if engine.rows(
            f"select count(text) > 0 and count(text) = count({engine.read_number('text')}) "
            f"from (select {further_text(engine, name)} as text from {table})"
        )[0][0]
    ]


def further_text(engine: Engine, name: str) -> str:
    """Return SQL for the text of a further column; null where a customer has none."""
    return engine.json_text(quoted(FURTHER_COLUMNS), text_literal(name))
