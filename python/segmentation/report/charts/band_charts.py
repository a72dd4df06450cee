"""Shares over time: bands one above the other, each with its name."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from segmentation.report import theme
from segmentation.report.charts.chart_layers import layered
from segmentation.report.charts.chart_names import LINE_HEIGHT, wrapped
from segmentation.report.content import Chart

HEIGHT = 230.0
# How wide the bands are, and where their names begin, in pixels from the axis.
WIDTH = 170.0
NAMES = 190.0
NAME_LINE = 15
# Days that are written below the axis, at most.
WRITTEN_DAYS = 3


def bands(rows: pd.DataFrame, names: Sequence[str], colours: Sequence[str]) -> Chart:
    """Return the shares of segments on some days, from the first segment at the top.

    Parameters
    ----------
    rows : DataFrame
        One row for each day and segment: as_of (a date), segment (the place in `names`) and share;
        the shares of a day add up to 1. What a day lacks is 0.
    names, colours : sequence of str
        Of each segment. Names may be the same.

    Notes
    -----
    Days are as far apart as they are in the calendar. Thin lines mark those that are known.
    """
    shares = (
        rows.pivot_table(index="as_of", columns="segment", values="share", aggfunc="sum")
        .reindex(columns=range(len(names)))
        .fillna(0.0)
        .sort_index()
    )
    days = pd.to_datetime(pd.Series(shares.index))
    since = (days - days.iloc[0]).dt.days.to_numpy()
    upper = np.minimum(1.0, shares.to_numpy().cumsum(axis=1))
    lower = np.hstack([np.zeros((len(shares), 1)), upper[:, :-1]])
    areas = pd.DataFrame(
        {
            "day": np.repeat(since, len(names)),
            "band": np.tile(np.arange(len(names)), len(since)),
            "upper": upper.ravel(),
            "lower": lower.ravel(),
            "colour": list(colours) * len(since),
        }
    )
    labels, height = _labels(names, (upper[-1] + lower[-1]) / 2)
    leaders = labels.assign(begins=int(since[-1]))
    x = alt.X(
        "day:Q",
        title=None,
        axis=_day_axis(since, [day.strftime("%Y-%m-%d") for day in days]),
        scale=alt.Scale(
            domain=[0, max(1, int(since[-1]))], range=[0, WIDTH], nice=False, zero=False
        ),
    )
    y_scale = alt.Scale(domain=[0, 1], reverse=True, nice=False)
    y_axis = alt.Axis(
        values=[0, 0.25, 0.5, 0.75, 1], labelExpr="format(1 - datum.value, '.0%')", grid=False
    )
    return layered(
        None,
        alt.Chart(areas)
        .mark_area(opacity=0.75, stroke=theme.PAPER, strokeWidth=0.5)
        .encode(
            x=x,
            y=alt.Y("upper:Q", title="customers", scale=y_scale, axis=y_axis),
            y2=alt.Y2("lower:Q"),
            detail=alt.Detail("band:N"),
            color=alt.Color("colour:N", scale=None),
        ),
        alt.Chart(pd.DataFrame({"day": since}))
        .mark_rule(color=theme.PAPER, strokeWidth=1, opacity=0.7)
        .encode(x=x),
        *_names_with_leaders(leaders, y_scale),
    ).properties(height=height + 40)


def _names_with_leaders(leaders: pd.DataFrame, y_scale: alt.Scale) -> list[alt.Chart]:
    """Return the lines from the bands to their names, and the names."""
    lines = (
        alt.Chart(leaders)
        .mark_rule(color=theme.QUIET, strokeWidth=0.7)
        .encode(
            x=alt.value(WIDTH + 2),
            x2=alt.value(NAMES - 3),
            y=alt.Y("middle:Q", scale=y_scale),
            y2=alt.Y2("anchor:Q"),
        )
    )
    written = (
        alt.Chart(leaders)
        .mark_text(align="left", baseline="middle", lineBreak="\n", lineHeight=LINE_HEIGHT)
        .encode(
            x=alt.value(NAMES),
            y=alt.Y("label_y:Q", scale=y_scale),
            text=alt.Text("label:N"),
            color=alt.value(theme.INK),
        )
    )
    return [lines, written]


def _labels(names: Sequence[str], middles: np.ndarray) -> tuple[pd.DataFrame, float]:
    """Return the names beside the last day, and how high the bands are."""
    texts = [wrapped(name, NAME_LINE) for name in names]
    lines = np.array([text.count("\n") + 1 for text in texts])
    height = max(HEIGHT, float(lines.sum() * LINE_HEIGHT))
    centres = spread(middles * height, lines * float(LINE_HEIGHT), height)
    rows = pd.DataFrame(
        {
            "label": texts,
            "middle": middles,
            "anchor": centres / height,
            # Lines are set from the first one down.
            "label_y": (centres - (lines - 1) * LINE_HEIGHT / 2) / height,
        }
    )
    return rows, height


def spread(centres: np.ndarray, sizes: np.ndarray, height: float) -> np.ndarray:
    """Move labels apart, as little as their order allows, until none lies on another.

    Parameters
    ----------
    centres : array, shape (n,)
        Where the middle of each label should be, ascending.
    sizes : array, shape (n,)
        How high each label is; together they are at most as high as `height`.
    height : float
        Labels are between 0 and this.

    Returns
    -------
    array, shape (n,)
    """
    placed = np.array(centres, dtype=float)
    edge = 0.0
    for place, size in enumerate(sizes):
        placed[place] = max(placed[place], edge + size / 2)
        edge = placed[place] + size / 2
    edge = height
    for place in range(len(placed) - 1, -1, -1):
        placed[place] = min(placed[place], edge - sizes[place] / 2)
        edge = placed[place] - sizes[place] / 2
    return placed


def _day_axis(since: np.ndarray, days: Sequence[str]) -> alt.Axis:
    """Return the axis of days, of which the first, the last and some between are written.

    Numbers of days are drawn, not dates: these would depend on the time zone of the machine.
    """
    count = min(WRITTEN_DAYS, len(days))
    places = sorted({round(place) for place in np.linspace(0, len(days) - 1, count)})
    written = "".join(f"datum.value == {since[p]} ? '{days[p]}' : " for p in places)
    return alt.Axis(
        values=[int(since[place]) for place in places],
        labelExpr=f"{written}''",
        labelOverlap=True,
        labelFlush=True,
        grid=False,
    )
