"""What a step returns where there is nothing: no rows, of the columns that there would be."""

from __future__ import annotations

from collections.abc import Mapping

from segmentation.engine.sql import quoted


def no_rows(columns: Mapping[str, str]) -> str:
    """Return a query without rows, of columns that are given by name and SQL type."""
    typed = (f"cast(null as {kind}) as {quoted(name)}" for name, kind in columns.items())
    return f"select {', '.join(typed)} where 1 = 0"
