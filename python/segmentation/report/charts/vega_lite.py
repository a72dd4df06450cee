"""Charts as specifications of Vega-Lite, in the dictionaries that it reads.

A page has half a hundred charts. A library that builds each from objects and looks each part up in
the schema takes longer than all the rest of a page; a test holds every kind of chart against it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from segmentation.report.content import Chart, Specification

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.1.0.json"


def quantity(field: str, **options: object) -> Specification:
    """Return how a column of numbers is shown."""
    return {"field": field, "type": "quantitative", **options}


def name(field: str, **options: object) -> Specification:
    """Return how a column of names is shown."""
    return {"field": field, "type": "nominal", **options}


def mark(
    kind: str,
    encoding: Specification,
    *,
    rows: pd.DataFrame | None = None,
    transform: Sequence[Specification] = (),
    **look: object,
) -> Specification:
    """Return one kind of mark for all rows.

    Parameters
    ----------
    kind : str
        For example bar.
    encoding : dict
        What each channel shows.
    rows : DataFrame, optional
        Where they are not those of the whole chart; see :func:`values_of`.
    transform : sequence of dict
        What is done with the rows before.
    look : object
        Properties of the mark.
    """
    made: Specification = {"mark": {"type": kind, **look}, "encoding": encoding}
    if rows is not None:
        made["data"] = values_of(rows)
    if transform:
        made["transform"] = list(transform)
    return made


def layered(
    *marks: Specification, height: float | Specification, rows: pd.DataFrame | None = None
) -> Chart:
    """Return marks on top of one another: of the same rows, or each of rows of its own."""
    chart: Chart = {"$schema": SCHEMA, "height": height, "layer": list(marks)}
    if rows is not None:
        chart["data"] = values_of(rows)
    return chart


def alone(marks: Specification, *, height: float) -> Chart:
    """Return a chart of one kind of mark."""
    return {"$schema": SCHEMA, "height": height, **marks}


def values_of(rows: pd.DataFrame) -> Specification:
    """Return rows as a specification holds them; what is no number is null.

    Parameters
    ----------
    rows : DataFrame
        Texts, numbers and truths, nothing else.
    """
    names = [str(name) for name in rows]
    columns = [_known_values(rows[name]) for name in rows]
    return {"values": [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]}


def _known_values(column: pd.Series) -> list[object]:
    is_known = (
        np.isfinite(column.to_numpy(dtype=float, na_value=np.nan))
        if column.dtype.kind == "f"
        else column.notna().to_numpy()
    )
    return [
        value if known else None
        for value, known in zip(column.tolist(), is_known.tolist(), strict=True)
    ]
