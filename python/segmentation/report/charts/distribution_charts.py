"""How values are distributed: box plots and histograms."""

from __future__ import annotations

import altair as alt
import pandas as pd

from segmentation.report import theme
from segmentation.report.charts.bar_charts import BAR
from segmentation.report.charts.chart_layers import layered
from segmentation.report.charts.chart_names import in_lines, names_axis, step_of, title_of
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
    base = alt.Chart().encode(y=names_axis(label))
    scale = alt.Scale(domain=[lowest, highest if highest > lowest else lowest + 1], nice=True)
    x_axis = alt.Axis(format=axis, tickCount=5)
    line = base.mark_rule(color=theme.QUIET).encode(
        x=alt.X("line_from:Q", title=title_of(unit, rows[label]), scale=scale, axis=x_axis),
        x2=alt.X2("line_to:Q"),
    )
    box = base.mark_bar(
        color=theme.MAIN, fillOpacity=0.35, stroke=theme.MAIN, height=BAR * 0.6
    ).encode(x=alt.X("first_quartile:Q"), x2=alt.X2("third_quartile:Q"))
    median = base.mark_tick(color=theme.INK, thickness=3, height=BAR * 0.6).encode(
        x=alt.X("median:Q")
    )
    return layered(rows, line, box, median).properties(
        height=alt.Step(step_of(rows[label], BAR + 4))
    )


def histogram(rows: pd.DataFrame, *, unit: str) -> Chart:
    """Return bars between edges: the columns lower_edge, upper_edge and share."""
    small = float(rows["upper_edge"].abs().max()) < 10
    return (
        alt.Chart(rows)
        .mark_rect(color=theme.MAIN, stroke=theme.PAPER, strokeWidth=0.5)
        .encode(
            x=alt.X(
                "lower_edge:Q",
                title=unit,
                axis=alt.Axis(format="~g" if small else "~s", grid=False),
            ),
            x2=alt.X2("upper_edge:Q"),
            y=alt.Y("share:Q", title="customers", axis=alt.Axis(format=".0%", tickCount=3)),
            y2=alt.Y2Datum(0),
        )
        .properties(height=110)
    )
