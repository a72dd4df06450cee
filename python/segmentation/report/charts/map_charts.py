"""Grids of cells, and customers as points."""

from __future__ import annotations

import altair as alt
import pandas as pd

from segmentation.report import theme
from segmentation.report.charts.bar_charts import BAR
from segmentation.report.charts.chart_layers import layered
from segmentation.report.content import Chart

# A longer text below a column is written aslant.
SHORT = 3


def heat_map(
    rows: pd.DataFrame, *, x: str, y: str, strength: str, text: str, titles: tuple[str, str]
) -> Chart:
    """Return a grid of cells with their numbers; colour repeats what the numbers say.

    Parameters
    ----------
    rows : DataFrame
        One row for each cell. `strength` is from -1 to 1: negative cells have the second colour
        and a frame.
    x, y, strength, text : str
        Columns; an empty text leaves a cell without one.
    titles : tuple of (str, str)
        What the axes say; empty for nothing.
    """
    angle = -60 if rows[x].map(len).max() > SHORT else 0
    base = alt.Chart().encode(
        x=alt.X(
            f"{x}:N",
            sort=list(dict.fromkeys(rows[x])),
            title=titles[0] or None,
            axis=alt.Axis(
                labelAngle=angle,
                domain=False,
                ticks=False,
                labelLimit=95,
            ),
        ),
        y=alt.Y(f"{y}:N", sort=list(dict.fromkeys(rows[y])), title=titles[1] or None),
    )
    sized = alt.Opacity("size:Q", scale=alt.Scale(domain=[0, 1], range=[0, 0.55]), legend=None)
    positive = (
        base.transform_calculate(size=f"abs(datum['{strength}'])")
        .transform_filter(alt.datum[strength] >= 0)
        .mark_rect(color=theme.MAIN)
        .encode(opacity=sized)
    )
    negative = (
        base.transform_calculate(size=f"abs(datum['{strength}'])")
        .transform_filter(alt.datum[strength] < 0)
        .mark_rect(color=theme.OTHER, stroke=theme.OTHER, strokeWidth=1.5)
        .encode(opacity=sized)
    )
    columns = rows[x].nunique()
    words = base.mark_text(color=theme.INK, fontSize=9 if columns > 9 else 11).encode(
        text=alt.Text(f"{text}:N")
    )
    return layered(rows, positive, negative, words).properties(height=alt.Step(BAR))


def point_map(points: pd.DataFrame, centres: pd.DataFrame, titles: tuple[str, str]) -> Chart:
    """Return customers as points and segments as names at their centroids.

    Parameters
    ----------
    points, centres : DataFrame
        With x, y and segment_name; `centres` has the place of each segment too, which decides on
        its colour and shape.
    titles : tuple of (str, str)
        What the axes say.
    """
    names = list(centres["segment_name"])
    places = [int(place) for place in centres["place"]]
    colours = alt.Scale(domain=names, range=[theme.segment_colour(place) for place in places])
    shapes = alt.Scale(domain=names, range=[theme.segment_shape(place) for place in places])
    legend = alt.Legend(symbolFillColor=None)
    x = alt.X("x:Q", title=titles[0], axis=alt.Axis(labels=False, ticks=False, grid=False))
    y = alt.Y("y:Q", title=titles[1], axis=alt.Axis(labels=False, ticks=False, grid=False))
    scattered = (
        alt.Chart(points)
        .mark_point(size=22, opacity=0.75)
        .encode(
            x=x,
            y=y,
            color=alt.Color("segment_name:N", title=None, scale=colours, legend=legend),
            shape=alt.Shape("segment_name:N", title=None, scale=shapes, legend=legend),
        )
    )
    marked = alt.Chart(centres).encode(x=x, y=y)
    crosses = marked.mark_point(size=130, filled=True, opacity=1, color=theme.INK).encode(
        shape=alt.Shape("segment_name:N", scale=shapes, legend=None)
    )
    behind = marked.mark_text(
        dy=-13, fontSize=12, fontWeight="bold", color=theme.PAPER, stroke=theme.PAPER, strokeWidth=4
    ).encode(text=alt.Text("segment_name:N"))
    words = marked.mark_text(dy=-13, fontSize=12, fontWeight="bold", color=theme.INK).encode(
        text=alt.Text("segment_name:N")
    )
    return layered(None, scattered, crosses, behind, words).properties(height=300)
