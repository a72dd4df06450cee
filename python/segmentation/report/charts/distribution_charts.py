"""How values are distributed: box plots and histograms."""

from __future__ import annotations

import pandas as pd

from segmentation.report import theme
from segmentation.report.charts.bar_charts import BAR
from segmentation.report.charts.chart_names import in_lines, names_axis, step_of
from segmentation.report.charts.vega_lite import alone, layered, mark, quantity
from segmentation.report.content import Chart


def boxes(rows: pd.DataFrame, *, label: str, unit: str, axis: str = "~s") -> Chart:
    """Return box plots from quartiles that are known already.

    Parameters
    ----------
    rows : DataFrame
        With `label`, minimum, first_quartile, median, third_quartile, maximum.
    label : str
        The column that says what a box is of.
    unit, axis : str
        What the axis says, and its number format.

    Notes
    -----
    A line ends at one and a half times the height of the box beyond it, or at the smallest and
    largest value where those are nearer (Tukey 1977).
    """
    height = rows["third_quartile"] - rows["first_quartile"]
    rows = rows.assign(
        line_from=(rows["first_quartile"] - 1.5 * height).clip(lower=rows["minimum"]),
        line_to=(rows["third_quartile"] + 1.5 * height).clip(upper=rows["maximum"]),
    )
    lowest = min(0.0, float(rows["line_from"].min()))
    highest = float(rows["line_to"].max())
    rows = rows.assign(**{label: in_lines(rows[label])})
    y = names_axis(label)
    scale = {"domain": [lowest, highest if highest > lowest else lowest + 1], "nice": True}
    length = quantity("line_from", title=unit, scale=scale, axis={"format": axis, "tickCount": 5})
    return layered(
        mark("rule", {"y": y, "x": length, "x2": {"field": "line_to"}}, color=theme.QUIET),
        mark(
            "bar",
            {"y": y, "x": quantity("first_quartile"), "x2": {"field": "third_quartile"}},
            color=theme.MAIN,
            fillOpacity=0.35,
            stroke=theme.MAIN,
            height=BAR * 0.6,
        ),
        mark(
            "tick",
            {"y": y, "x": quantity("median")},
            color=theme.INK,
            thickness=3,
            height=BAR * 0.6,
        ),
        rows=rows[[label, "line_from", "line_to", "first_quartile", "median", "third_quartile"]],
        height={"step": step_of(rows[label], BAR + 4)},
    )


def histogram(rows: pd.DataFrame, *, unit: str) -> Chart:
    """Return bars between edges: the columns lower_edge, upper_edge and share."""
    small = float(rows["upper_edge"].abs().max()) < 10
    edges = {"format": "~g" if small else "~s", "grid": False}
    return alone(
        mark(
            "rect",
            {
                "x": quantity("lower_edge", title=unit, axis=edges),
                "x2": {"field": "upper_edge"},
                "y": quantity("share", title="customers", axis={"format": ".0%", "tickCount": 3}),
                "y2": {"datum": 0},
            },
            rows=rows[["lower_edge", "upper_edge", "share"]],
            color=theme.MAIN,
            stroke=theme.PAPER,
            strokeWidth=0.5,
        ),
        height=110,
    )
