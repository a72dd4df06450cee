"""Lines and points between two axes of numbers."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from segmentation.report import theme
from segmentation.report.charts.chart_layers import layered
from segmentation.report.content import Chart


def lines(
    rows: pd.DataFrame,
    *,
    x: str,
    y: str,
    units: tuple[str, str],
    marked: Sequence[float],
    axis: str = "~s",
) -> Chart:
    """Return a line over whole numbers, with marks at some of them.

    Parameters
    ----------
    rows : DataFrame
    x, y : str
        Columns.
    units : tuple of (str, str)
        What the two axes say.
    marked : sequence of float
        Places on the x axis that have a large point and a dashed line.
    axis : str
        How the y axis writes numbers.
    """
    base = alt.Chart().encode(
        x=alt.X(
            f"{x}:Q",
            title=units[0],
            axis=alt.Axis(values=[float(v) for v in rows[x]], format="d", grid=False),
            scale=alt.Scale(zero=False, nice=False, padding=12),
        ),
        y=alt.Y(
            f"{y}:Q",
            title=units[1],
            axis=alt.Axis(format=axis, tickCount=5),
            scale=alt.Scale(zero=False, nice=True),
        ),
    )
    chosen = base.transform_filter(alt.FieldOneOfPredicate(field=x, oneOf=list(marked)))
    return layered(
        rows,
        chosen.mark_rule(color=theme.OTHER, strokeDash=[4, 3]).encode(y=alt.Y()),
        base.mark_line(color=theme.MAIN, strokeWidth=2),
        base.mark_point(color=theme.MAIN, filled=True, size=30, opacity=1),
        chosen.mark_point(color=theme.OTHER, filled=True, size=120, shape="diamond", opacity=1),
    ).properties(height=190)


def curve(rows: pd.DataFrame, *, x: str, y: str, units: tuple[str, str], axis: str = "~s") -> Chart:
    """Return a line from nothing to its highest value, or to 100 % where the axis is one of shares.

    Parameters
    ----------
    rows : DataFrame
    x, y : str
        Columns.
    units : tuple of (str, str)
        What the two axes say.
    axis : str
        How the y axis writes numbers.
    """
    highest = 1.0 if axis.endswith("%") else float(rows[y].max()) or 1.0
    return (
        alt.Chart(rows)
        .mark_line(color=theme.MAIN, strokeWidth=2)
        .encode(
            x=alt.X(f"{x}:Q", title=units[0], axis=alt.Axis(tickCount=6, grid=False)),
            y=alt.Y(
                f"{y}:Q",
                title=units[1],
                axis=alt.Axis(format=axis, tickCount=5),
                scale=alt.Scale(domain=[0.0, highest], nice=True),
            ),
        )
        .properties(height=190)
    )


def calibration(rows: pd.DataFrame) -> Chart:
    """Return stated probabilities against what came true: mean_probability, accuracy, stage."""
    diagonal = (
        alt.Chart(pd.DataFrame({"p": [0.0, 1.0]}))
        .mark_line(color=theme.QUIET, strokeDash=[4, 3])
        .encode(x=alt.X("p:Q"), y=alt.Y("p:Q"))
    )
    axis = alt.Axis(format=".0%", tickCount=5)
    scale = alt.Scale(domain=[0, 1])
    stages = list(dict.fromkeys(rows["stage"]))
    points = (
        alt.Chart(rows)
        .mark_point(filled=True, opacity=0.9)
        .encode(
            x=alt.X("mean_probability:Q", title="stated probability", axis=axis, scale=scale),
            y=alt.Y("accuracy:Q", title="share that came true", axis=axis, scale=scale),
            size=alt.Size("predictions:Q", legend=None, scale=alt.Scale(range=[20, 260])),
            color=alt.Color(
                "stage:N",
                title=None,
                scale=alt.Scale(domain=stages, range=[theme.MAIN, theme.OTHER][: len(stages)]),
            ),
            shape=alt.Shape(
                "stage:N",
                title=None,
                scale=alt.Scale(domain=stages, range=["circle", "diamond"][: len(stages)]),
            ),
        )
    )
    return layered(None, diagonal, points).properties(height=240)
