"""Drawings on top of one another."""

from __future__ import annotations

from typing import cast

import altair as alt
import pandas as pd


def layered(rows: pd.DataFrame | None, *charts: alt.Chart | alt.LayerChart) -> alt.LayerChart:
    """Return charts on top of one another: of the same rows, or each of rows of its own.

    Altair makes charts that bring the same rows into layers too, and hashes the rows for each.
    """
    layered = alt.layer(*charts) if rows is None else alt.layer(*charts, data=rows)
    return cast(alt.LayerChart, layered)
