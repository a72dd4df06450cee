"""Single rows of a table, as the findings name them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

# Figures of fewer are chance: titles leave them out, charts show them with their counts.
ENOUGH = 30


def largest(rows: pd.DataFrame, column: str) -> dict[str, Any]:
    """Return the row with the largest value of a column, the first of equal ones.

    Parameters
    ----------
    rows : DataFrame
        At least one has a value; those without are passed over.
    column : str
    """
    return _record(rows, int(np.nanargmax(rows[column].astype(float).to_numpy())))


def smallest(rows: pd.DataFrame, column: str) -> dict[str, Any]:
    """Return the row with the smallest value of a column, the first of equal ones."""
    return _record(rows, int(np.nanargmin(rows[column].astype(float).to_numpy())))


def enough(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the rows that stand for enough customers to be named in a finding.

    Parameters
    ----------
    rows : DataFrame
    column : str
        How many customers, visits or the like a row stands for. Where no row has 30, all of them
        are returned.
    """
    many = rows[rows[column] >= ENOUGH]
    return many if len(many) else rows


def where(rows: pd.DataFrame, **values: str) -> pd.DataFrame:
    """Return the rows with these values in these columns; none of a table that the file lacks.

    Parameters
    ----------
    rows : DataFrame
        As :meth:`segmentation.published.read_marts.Marts.table` returns it.
    **values : str
        The value that a column has.
    """
    for column, value in values.items():
        rows = rows[rows[column] == value] if column in rows else rows[:0]
    return rows


def with_value(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the rows that have a value in a column; none of a table that the file lacks."""
    return rows[rows[column].notna()] if column in rows else rows[:0]


def first(rows: pd.DataFrame) -> dict[str, Any]:
    """Return the first row."""
    return _record(rows, 0)


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return all rows, as mappings of columns to values."""
    return [_record(rows, place) for place in range(len(rows))]


def _record(rows: pd.DataFrame, place: int) -> dict[str, Any]:
    return {str(name): rows[name].iloc[place] for name in rows.columns}
