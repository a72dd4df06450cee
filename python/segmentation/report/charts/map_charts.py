"""Grids of cells, and customers as points."""

from __future__ import annotations

import pandas as pd

from segmentation.report import theme
from segmentation.report.charts.bar_charts import BAR
from segmentation.report.charts.vega_lite import layered, mark, name, quantity
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
    cell = {
        "x": name(
            x,
            sort=list(dict.fromkeys(rows[x])),
            title=titles[0] or None,
            axis={"labelAngle": angle, "domain": False, "ticks": False, "labelLimit": 95},
        ),
        "y": name(y, sort=list(dict.fromkeys(rows[y])), title=titles[1] or None),
    }
    size = quantity("size", scale={"domain": [0, 1], "range": [0, 0.55]}, legend=None)
    sized = {"calculate": f"abs(datum['{strength}'])", "as": "size"}
    columns = rows[x].nunique()
    return layered(
        mark(
            "rect",
            {**cell, "opacity": size},
            transform=[sized, {"filter": f"datum['{strength}'] >= 0"}],
            color=theme.MAIN,
        ),
        mark(
            "rect",
            {**cell, "opacity": size},
            transform=[sized, {"filter": f"datum['{strength}'] < 0"}],
            color=theme.OTHER,
            stroke=theme.OTHER,
            strokeWidth=1.5,
        ),
        mark(
            "text",
            {**cell, "text": name(text)},
            color=theme.INK,
            fontSize=9 if columns > 9 else 11,
        ),
        rows=rows[[x, y, strength, text]],
        height={"step": BAR},
    )


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
    colours = {"domain": names, "range": [theme.segment_colour(place) for place in places]}
    shapes = {"domain": names, "range": [theme.segment_shape(place) for place in places]}
    legend = {"symbolFillColor": None}
    bare = {"labels": False, "ticks": False, "grid": False}
    where = {
        "x": quantity("x", title=titles[0], axis=bare),
        "y": quantity("y", title=titles[1], axis=bare),
    }
    written = {**where, "text": name("segment_name")}
    points, centres = points[["x", "y", "segment_name"]], centres[["x", "y", "segment_name"]]
    return layered(
        mark(
            "point",
            {
                **where,
                "color": name("segment_name", title=None, scale=colours, legend=legend),
                "shape": name("segment_name", title=None, scale=shapes, legend=legend),
            },
            rows=points,
            size=22,
            opacity=0.75,
        ),
        mark(
            "point",
            {**where, "shape": name("segment_name", scale=shapes, legend=None)},
            rows=centres,
            size=130,
            filled=True,
            opacity=1,
            color=theme.INK,
        ),
        # The names, on paper of their own.
        mark(
            "text",
            written,
            rows=centres,
            dy=-13,
            fontSize=12,
            fontWeight="bold",
            color=theme.PAPER,
            stroke=theme.PAPER,
            strokeWidth=4,
        ),
        mark(
            "text", written, rows=centres, dy=-13, fontSize=12, fontWeight="bold", color=theme.INK
        ),
        height=300,
    )
