"""Single rows of a table, as the findings name them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


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


def first(rows: pd.DataFrame) -> dict[str, Any]:
    """Return the first row."""
    return _record(rows, 0)


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return all rows, as mappings of columns to values."""
    return [_record(rows, place) for place in range(len(rows))]


def _record(rows: pd.DataFrame, place: int) -> dict[str, Any]:
    return {str(name): rows[name].iloc[place] for name in rows.columns}
