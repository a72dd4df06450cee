"""Grids of cells, and customers as points."""

from __future__ import annotations

import math

import altair as alt
import pandas as pd

from segmentation.report import theme
from segmentation.report.charts.bar_charts import BAR
from segmentation.report.charts.chart_layers import layered
from segmentation.report.charts.chart_names import LETTER, legend_of
from segmentation.report.charts.map_names import beside_centres
from segmentation.report.content import Chart

# A longer text below a column is written aslant.
SHORT = 3
# Sizes of the numbers in cells; the width of a digit in the widest usual font, beside its size; the
# width of the longest name beside the cells.
LARGEST, SMALLEST = 11.0, 6.0
DIGIT = 0.64
MOST_NAME = 150
# Height of a map; what stands around its points, in width and height; a row of its legend.
MAP_HEIGHT = 300
AROUND = (34.0, 36.0)
LEGEND_ROW = 17.0


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
                labelLimit=125,
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
    words = base.mark_text(color=theme.INK, fontSize=_size_of_numbers(rows, x, y, text)).encode(
        text=alt.Text(f"{text}:N")
    )
    return layered(rows, positive, negative, words).properties(height=alt.Step(BAR))


def _size_of_numbers(rows: pd.DataFrame, x: str, y: str, text: str) -> float:
    """Return the size of the numbers in the cells: the largest one that a cell has room for."""
    names = min(MOST_NAME, LETTER * max(map(len, rows[y].astype(str))))
    cell = (theme.WIDTH - names - 20) / rows[x].nunique()
    longest = max(1, *map(len, rows[text].astype(str)))
    return round(min(LARGEST, max(SMALLEST, cell / (DIGIT * longest))), 1)


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
    legend = legend_of(names, hollow=True)
    spans = [_span(pd.concat([points[axis], centres[axis]])) for axis in ("x", "y")]
    x, y = (
        alt.X("x:Q", title=titles[0], axis=_bare_axis(), scale=_exactly(spans[0])),
        alt.Y("y:Q", title=titles[1], axis=_bare_axis(), scale=_exactly(spans[1])),
    )
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
    crosses = (
        alt.Chart(centres)
        .mark_point(size=130, filled=True, opacity=1, color=theme.INK)
        .encode(x=x, y=y, shape=alt.Shape("segment_name:N", scale=shapes, legend=None))
    )
    rows_of_legend = math.ceil(len(names) / int(legend.columns))
    height = MAP_HEIGHT - AROUND[1] - LEGEND_ROW * rows_of_legend
    named = alt.Chart(
        beside_centres(centres, spans, (theme.WIDTH - AROUND[0], max(60.0, height)))
    ).encode(
        x=alt.X("label_x:Q", scale=_exactly(spans[0])),
        y=alt.Y("label_y:Q", scale=_exactly(spans[1])),
        text=alt.Text("segment_name:N"),
    )
    behind = named.mark_text(
        fontSize=12, fontWeight="bold", color=theme.PAPER, stroke=theme.PAPER, strokeWidth=4
    )
    words = named.mark_text(fontSize=12, fontWeight="bold", color=theme.INK)
    return layered(None, scattered, crosses, behind, words).properties(height=MAP_HEIGHT)


def _bare_axis() -> alt.Axis:
    return alt.Axis(labels=False, ticks=False, grid=False)


def _span(values: pd.Series) -> list[float]:
    """Return from where to where an axis goes: a little further than the values on both sides."""
    lowest, highest = float(values.min()), float(values.max())
    room = (highest - lowest) * 0.04 or 1.0
    return [lowest - room, highest + room]


def _exactly(span: list[float]) -> alt.Scale:
    return alt.Scale(domain=span, nice=False, zero=False)
