"""Bars and points beside names."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from segmentation.report import theme
from segmentation.report.charts.chart_layers import layered
from segmentation.report.charts.chart_names import (
    LEAST_BAR,
    LETTER,
    in_lines,
    legend_of,
    line_beside,
    names_axis,
    room_beside,
    step_of,
    title_of,
    width_of,
)
from segmentation.report.content import Chart

BAR = 22


def bars(
    rows: pd.DataFrame,
    *,
    label: str,
    value: str,
    text: str,
    unit: str,
    axis: str = "~s",
) -> Chart:
    """Return horizontal bars in the order of the rows, each with its number.

    Parameters
    ----------
    rows : DataFrame
    label, value, text : str
        Columns: what a bar is called, how long it is, what is written at its end.
    unit : str
        What the axis says.
    axis : str
        How the axis writes numbers, in d3's format.
    """
    rows = rows.assign(**{label: in_lines(rows[label], line_beside(rows[text]))})
    base = alt.Chart().encode(
        y=names_axis(label),
        x=alt.X(
            f"{value}:Q",
            title=title_of(unit, rows[label]),
            axis=axis_of(rows[value], axis),
            scale=alt.Scale(domain=span_of(rows, label, value, text)),
        ),
    )
    return layered(
        rows,
        base.mark_bar(color=theme.MAIN, height=BAR * 0.7),
        # Beside a bar to the left, the number stands on the other side of the axis.
        base.transform_calculate(end=f"max(0, datum['{value}'])")
        .mark_text(align="left", dx=4, color=theme.INK)
        .encode(x=alt.X("end:Q"), text=alt.Text(f"{text}:N")),
    ).properties(height=alt.Step(step_of(rows[label], BAR)))


@dataclass(frozen=True)
class BarColumns:
    """Columns of the rows of grouped bars.

    Attributes
    ----------
    label, group, value, text : str
        What several bars are called, which of them it is, how long it is, what is written at its
        end.
    """

    label: str
    group: str
    value: str
    text: str


def grouped_bars(
    rows: pd.DataFrame, columns: BarColumns, *, unit: str, axis: str, named: bool = False
) -> Chart:
    """Return bars of several groups for each label.

    Parameters
    ----------
    rows : DataFrame
        One row for each label and group.
    columns : BarColumns
    unit, axis : str
        What the axis says, and its number format.
    named : bool
        The texts name the groups, so that no legend is needed.
    """
    label, group, value, text = columns.label, columns.group, columns.value, columns.text
    groups = list(dict.fromkeys(rows[group]))
    colours = [theme.MAIN, theme.OTHER, *theme.SEGMENTS[2:]][: len(groups)]
    rows = rows.assign(**{label: in_lines(rows[label], line_beside(rows[text]))})
    base = alt.Chart().encode(
        y=names_axis(label, 0.25, 0.1),
        yOffset=alt.YOffset(f"{group}:N", sort=groups),
        x=alt.X(
            f"{value}:Q",
            title=title_of(unit, rows[label]),
            axis=axis_of(rows[value], axis),
            scale=alt.Scale(domain=span_of(rows, label, value, text)),
        ),
    )
    bar = base.mark_bar().encode(
        color=alt.Color(
            f"{group}:N",
            sort=groups,
            title=None,
            scale=alt.Scale(domain=groups, range=colours),
            legend=None if named else legend_of(groups, room_beside(rows[label])),
        ),
        fillOpacity=alt.condition(alt.datum[group] == groups[0], alt.value(1.0), alt.value(0.55)),
    )
    return layered(
        rows,
        bar,
        base.mark_text(align="left", dx=4, color=theme.INK).encode(text=alt.Text(f"{text}:N")),
    ).properties(
        height=alt.Step(max(17.0, step_of(rows[label], BAR) / len(groups)), **{"for": "offset"})
    )


def intervals(
    rows: pd.DataFrame, *, label: str, value: str, ends: tuple[str, str], text: str, unit: str
) -> Chart:
    """Return points with lines from the lower to the upper end, where both are known."""
    rows = rows.assign(**{label: in_lines(rows[label], line_beside(rows[text]))})
    title = title_of(unit, rows[label])
    base = alt.Chart().encode(y=names_axis(label))
    known = rows[[value, *ends]].astype(float)
    lowest = min(0.0, float(known.min().min()))
    span = max(0.0, float(known.max().max())) - lowest or 1.0
    of_texts = _span_of_texts(known[value] - lowest, rows[text], room_beside(rows[label]))
    scale = alt.Scale(domain=[lowest, lowest + max(span, of_texts)])
    lines_between = (
        base.transform_filter(alt.datum[ends[0]] != None)  # noqa: E711 - Vega's null
        .mark_rule(color=theme.MAIN, strokeWidth=3, opacity=0.6)
        .encode(
            x=alt.X(f"{ends[0]}:Q", title=title, scale=scale, axis=_short_axis(span)),
            x2=alt.X2(f"{ends[1]}:Q"),
        )
    )
    points = base.mark_point(filled=True, size=90, color=theme.INK, opacity=1).encode(
        x=alt.X(f"{value}:Q", title=title, scale=scale)
    )
    words = base.mark_text(align="left", dx=6, dy=-9, color=theme.INK).encode(
        x=alt.X(f"{value}:Q", scale=scale), text=alt.Text(f"{text}:N")
    )
    return layered(rows, lines_between, points, words).properties(
        height=alt.Step(step_of(rows[label], BAR + 10))
    )


def _span_of_texts(begins: pd.Series, texts: pd.Series, room: float) -> float:
    """Return how long an axis is at least on which the text of each point has room behind it."""
    left = np.maximum(LEAST_BAR, room - LETTER * texts.map(len) - 8)
    return float(np.nanmax([0.0, *(begins * room / left)]))


def _short_axis(span: float) -> alt.Axis:
    """Return an axis that writes thousands and millions in short, as 1.5M."""
    return _written_axis("~s", tickCount=4) if span >= 1000 else alt.Axis(tickCount=4)


def _written_axis(written: str, **options: Any) -> alt.Axis:
    if written == "~s":
        # Zero thousands are zero.
        options["labelExpr"] = "datum.value === 0 ? '0' : datum.label"
    return alt.Axis(format=written, **options)


def axis_of(values: pd.Series, written: str) -> alt.Axis:
    """Return the axis of bars, which has no tick beyond the first that no bar reaches.

    Behind the longest bar there is room for its number, where a tick would promise 150%.
    """
    longest = max(0.0, float(values.max()))
    if written == "~s" and longest < 10:
        # Half a customer would be 500m.
        written = "~g"
    if float(values.min()) < 0:
        return _written_axis(written, tickCount=4)
    steps: tuple[float, ...] = (1, 2, 2.5, 5, 10, 20, 25, 50)
    if not written.endswith("%"):
        # A quarter needs one digit more than the others.
        steps = (1, 2, 5, 10, 20, 50)
    magnitude = 10.0 ** math.floor(math.log10(longest)) if longest > 0 else 1.0
    step = next(m * magnitude / 10 for m in steps if m * 4 >= 10 * longest / magnitude)
    ticks = [i * step for i in range(math.ceil(longest / step - 1e-9) + 1)]
    return _written_axis(written, values=ticks)


def span_of(rows: pd.DataFrame, label: str, value: str, text: str) -> list[float]:
    """Return where the axis of bars begins and ends: with room for what stands behind the bars."""
    room = room_beside(rows[label])
    words = width_of(rows[text])
    headroom = room / max(LEAST_BAR, room - words)
    lowest = min(0.0, float(rows[value].min()))
    highest = max(0.0, float(rows[value].max()))
    span = highest - lowest or 1.0
    return [lowest * 1.1, lowest + span * headroom]
