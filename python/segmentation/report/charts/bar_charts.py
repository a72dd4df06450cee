"""Bars and points beside names."""

from __future__ import annotations

import math

import pandas as pd

from segmentation.report import theme
from segmentation.report.charts.chart_names import in_lines, names_axis, step_of
from segmentation.report.charts.vega_lite import layered, mark, name, quantity
from segmentation.report.content import Chart, Specification

BAR = 22
# Width of a letter, and the least width of the bars, in pixels.
LETTER = 6.4
LEAST_BAR = 50


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
    rows = rows.assign(**{label: in_lines(rows[label])})
    y = names_axis(label)
    return layered(
        mark(
            "bar",
            {"y": y, "x": _length(rows, label, value, text, unit, axis)},
            color=theme.MAIN,
            height=BAR * 0.7,
        ),
        # Beside a bar to the left, the number stands on the other side of the axis.
        mark(
            "text",
            {"y": y, "x": quantity("end"), "text": name(text)},
            transform=[{"calculate": f"max(0, datum['{value}'])", "as": "end"}],
            align="left",
            dx=4,
            color=theme.INK,
        ),
        rows=rows[[label, value, text]],
        height={"step": step_of(rows[label], BAR)},
    )


def grouped_bars(
    rows: pd.DataFrame,
    *,
    label: str,
    group: str,
    value: str,
    text: str,
    unit: str,
    axis: str,
    named: bool = False,
) -> Chart:
    """Return bars of several groups for each label.

    Parameters
    ----------
    rows : DataFrame
        One row for each label and group.
    label, group, value, text : str
        Columns.
    unit, axis : str
        What the axis says, and its number format.
    named : bool
        The texts name the groups, so that no legend is needed.
    """
    groups = list(dict.fromkeys(rows[group]))
    colours = [theme.MAIN, theme.OTHER, *theme.SEGMENTS[2:]][: len(groups)]
    rows = rows.assign(**{label: in_lines(rows[label])})
    encoding = {
        "y": names_axis(label, 0.25, 0.1),
        "yOffset": name(group, sort=groups),
        "x": _length(rows, label, value, text, unit, axis),
    }
    colour = name(
        group,
        sort=groups,
        title=None,
        scale={"domain": groups, "range": colours},
        legend=None if named else {},
    )
    is_first = {"field": group, "equal": groups[0]}
    opacity = {"condition": {"test": is_first, "value": 1.0}, "value": 0.55}
    return layered(
        mark("bar", {**encoding, "color": colour, "fillOpacity": opacity}),
        mark("text", {**encoding, "text": name(text)}, align="left", dx=4, color=theme.INK),
        rows=rows[[label, group, value, text]],
        height={"step": max(17.0, step_of(rows[label], BAR) / len(groups)), "for": "offset"},
    )


def intervals(
    rows: pd.DataFrame, *, label: str, value: str, ends: tuple[str, str], text: str, unit: str
) -> Chart:
    """Return points with lines from the lower to the upper end, where both are known."""
    rows = rows.assign(**{label: in_lines(rows[label])})
    y = names_axis(label)
    known = rows[[value, *ends]].astype(float)
    lowest = min(0.0, float(known.min().min()))
    span = max(0.0, float(known.max().max())) - lowest or 1.0
    words = LETTER * max(map(len, rows[text])) + 8
    scale = {"domain": [lowest, lowest + span * (1 + words / 250)]}
    return layered(
        mark(
            "rule",
            {
                "y": y,
                "x": quantity(ends[0], title=unit, scale=scale, axis={"tickCount": 5}),
                "x2": {"field": ends[1]},
            },
            transform=[{"filter": f"datum['{ends[0]}'] !== null"}],
            color=theme.MAIN,
            strokeWidth=3,
            opacity=0.6,
        ),
        mark(
            "point",
            {"y": y, "x": quantity(value, title=unit, scale=scale)},
            filled=True,
            size=90,
            color=theme.INK,
            opacity=1,
        ),
        mark(
            "text",
            {"y": y, "x": quantity(value, scale=scale), "text": name(text)},
            align="left",
            dx=6,
            dy=-9,
            color=theme.INK,
        ),
        rows=rows[[label, value, *ends, text]],
        height={"step": step_of(rows[label], BAR + 10)},
    )


def _length(
    rows: pd.DataFrame, label: str, value: str, text: str, unit: str, axis: str
) -> Specification:
    """Return how the length of a bar is shown."""
    return quantity(
        value,
        title=unit,
        axis=axis_of(rows[value], axis),
        scale={"domain": span_of(rows, label, value, text)},
    )


def axis_of(values: pd.Series, written: str) -> Specification:
    """Return the axis of bars; one of shares has no tick beyond the first that no bar reaches.

    Behind the longest bar there is room for its number, where a tick would promise 150%.
    """
    if not written.endswith("%"):
        return {"format": written, "tickCount": 4}
    longest = max(0.0, float(values.max()))
    magnitude = 10.0 ** math.floor(math.log10(longest)) if longest > 0 else 1.0
    step = next(
        m * magnitude / 10
        for m in (1, 2, 2.5, 5, 10, 20, 25, 50)
        if m * 4 >= 10 * longest / magnitude
    )
    ticks = [i * step for i in range(math.ceil(longest / step - 1e-9) + 1)]
    return {"format": written, "values": ticks}


def span_of(rows: pd.DataFrame, label: str, value: str, text: str) -> list[float]:
    """Return where the axis of bars begins and ends: with room for what stands behind the bars."""
    lines = [line for name in rows[label] for line in str(name).split("\n")]
    room = theme.WIDTH - 20 - LETTER * max(map(len, lines))
    words = LETTER * max(map(len, rows[text])) + 8
    headroom = room / max(LEAST_BAR, room - words)
    lowest = min(0.0, float(rows[value].min()))
    highest = max(0.0, float(rows[value].max()))
    span = highest - lowest or 1.0
    return [lowest * 1.1, lowest + span * headroom]
