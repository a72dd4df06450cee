"""Charts over frames: each kind once, whatever it shows."""

from __future__ import annotations

import math
import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import cast

import altair as alt
import pandas as pd

from segmentation.report import theme
from segmentation.report.content import Chart

BAR = 22
# What a letter takes, and what a chart keeps for bars however long the texts are, in pixels.
LETTER = 6.4
LEAST_BAR = 50
# Names longer than this are broken into lines, of which so many are shown.
LINE = 20
MOST_LINES = 3
LINE_HEIGHT = 15


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
    rows = rows.assign(**{label: _in_lines(rows[label])})
    base = alt.Chart().encode(
        y=_names(label),
        x=alt.X(
            f"{value}:Q",
            title=unit,
            axis=_axis_of(rows[value], axis),
            scale=alt.Scale(domain=_span(rows, label, value, text)),
        ),
    )
    return _layered(
        rows,
        base.mark_bar(color=theme.MAIN, height=BAR * 0.7),
        # Beside a bar to the left, the number stands on the other side of the axis.
        base.transform_calculate(end=f"max(0, datum['{value}'])")
        .mark_text(align="left", dx=4, color=theme.INK)
        .encode(x=alt.X("end:Q"), text=alt.Text(f"{text}:N")),
    ).properties(height=alt.Step(_step(rows[label], BAR)))


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
    rows = rows.assign(**{label: _in_lines(rows[label])})
    base = alt.Chart().encode(
        y=_names(label, 0.25, 0.1),
        yOffset=alt.YOffset(f"{group}:N", sort=groups),
        x=alt.X(
            f"{value}:Q",
            title=unit,
            axis=_axis_of(rows[value], axis),
            scale=alt.Scale(domain=_span(rows, label, value, text)),
        ),
    )
    bar = base.mark_bar().encode(
        color=alt.Color(
            f"{group}:N",
            sort=groups,
            title=None,
            scale=alt.Scale(domain=groups, range=colours),
            legend=None if named else alt.Legend(),
        ),
        fillOpacity=alt.condition(alt.datum[group] == groups[0], alt.value(1.0), alt.value(0.55)),
    )
    return _layered(
        rows,
        bar,
        base.mark_text(align="left", dx=4, color=theme.INK).encode(text=alt.Text(f"{text}:N")),
    ).properties(
        height=alt.Step(max(17.0, _step(rows[label], BAR) / len(groups)), **{"for": "offset"})
    )


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
    rows = rows.assign(**{label: _in_lines(rows[label])})
    base = alt.Chart().encode(y=_names(label))
    scale = alt.Scale(domain=[lowest, highest if highest > lowest else lowest + 1], nice=True)
    x_axis = alt.Axis(format=axis, tickCount=5)
    line = base.mark_rule(color=theme.QUIET).encode(
        x=alt.X("line_from:Q", title=unit, scale=scale, axis=x_axis), x2=alt.X2("line_to:Q")
    )
    box = base.mark_bar(
        color=theme.MAIN, fillOpacity=0.35, stroke=theme.MAIN, height=BAR * 0.6
    ).encode(x=alt.X("first_quartile:Q"), x2=alt.X2("third_quartile:Q"))
    median = base.mark_tick(color=theme.INK, thickness=3, height=BAR * 0.6).encode(
        x=alt.X("median:Q")
    )
    return _layered(rows, line, box, median).properties(
        height=alt.Step(_step(rows[label], BAR + 4))
    )


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
    return _layered(
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
    base = alt.Chart().encode(
        x=alt.X(
            f"{x}:N",
            sort=list(dict.fromkeys(rows[x])),
            title=titles[0] or None,
            axis=alt.Axis(labelAngle=-60, domain=False, ticks=False, labelLimit=95),
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
    return _layered(rows, positive, negative, words).properties(height=alt.Step(BAR))


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
    return _layered(None, scattered, crosses, behind, words).properties(height=300)


def intervals(
    rows: pd.DataFrame, *, label: str, value: str, ends: tuple[str, str], text: str, unit: str
) -> Chart:
    """Return points with lines from the lower to the upper end, where both are known."""
    rows = rows.assign(**{label: _in_lines(rows[label])})
    base = alt.Chart().encode(y=_names(label))
    known = rows[[value, *ends]].astype(float)
    lowest = min(0.0, float(known.min().min()))
    span = max(0.0, float(known.max().max())) - lowest or 1.0
    words = LETTER * max(map(len, rows[text])) + 8
    scale = alt.Scale(domain=[lowest, lowest + span * (1 + words / 250)])
    lines_between = (
        base.transform_filter(alt.datum[ends[0]] != None)  # noqa: E711 - Vega's null
        .mark_rule(color=theme.MAIN, strokeWidth=3, opacity=0.6)
        .encode(
            x=alt.X(f"{ends[0]}:Q", title=unit, scale=scale, axis=alt.Axis(tickCount=5)),
            x2=alt.X2(f"{ends[1]}:Q"),
        )
    )
    points = base.mark_point(filled=True, size=90, color=theme.INK, opacity=1).encode(
        x=alt.X(f"{value}:Q", title=unit, scale=scale)
    )
    words = base.mark_text(align="left", dx=6, dy=-9, color=theme.INK).encode(
        x=alt.X(f"{value}:Q", scale=scale), text=alt.Text(f"{text}:N")
    )
    return _layered(rows, lines_between, points, words).properties(
        height=alt.Step(_step(rows[label], BAR + 10))
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
    return _layered(None, diagonal, points).properties(height=240)


def _layered(rows: pd.DataFrame | None, *charts: alt.Chart | alt.LayerChart) -> alt.LayerChart:
    """Return charts on top of one another: of the same rows, or each of rows of its own.

    Altair makes charts that bring the same rows into layers too, and hashes the rows for each.
    """
    layered = alt.layer(*charts) if rows is None else alt.layer(*charts, data=rows)
    return cast(alt.LayerChart, layered)


def wrapped(name: str) -> str:
    """Return a name in lines that fit beside a chart; what is left out has an ellipsis."""
    lines = textwrap.wrap(name, LINE)
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], f"{lines[MOST_LINES - 1][: LINE - 1]}…"]
    return "\n".join(lines)


def _in_lines(names: pd.Series) -> pd.Series:
    """Return names in lines; those that begin alike are not shortened."""
    short = {name: wrapped(name) for name in map(str, names)}
    uses = Counter(short.values())
    whole = {
        name: "\n".join(textwrap.wrap(name, LINE)) if uses[lines] > 1 else lines
        for name, lines in short.items()
    }
    return names.map(lambda name: whole[str(name)])


def _step(names: pd.Series, least: float) -> float:
    """Return how high a bar is, in pixels: as all lines of its name, at least."""
    lines = int(names.str.count("\n").max()) + 1
    return max(least, LINE_HEIGHT * lines + 4.0)


def _names(label: str, inner: float = 0.0, outer: float = 0.0) -> alt.Y:
    """Return the axis of names, in the order of the rows."""
    return alt.Y(
        f"{label}:N",
        sort=None,
        title=None,
        axis=alt.Axis(labelExpr="split(datum.label, '\\n')"),
        scale=alt.Scale(paddingInner=inner, paddingOuter=outer),
    )


def _axis_of(values: pd.Series, written: str) -> alt.Axis:
    """Return the axis of bars; one of shares has no tick beyond the first that no bar reaches.

    Behind the longest bar there is room for its number, where a tick would promise 150%.
    """
    if not written.endswith("%"):
        return alt.Axis(format=written, tickCount=4)
    longest = max(0.0, float(values.max()))
    magnitude = 10.0 ** math.floor(math.log10(longest)) if longest > 0 else 1.0
    step = next(
        m * magnitude / 10
        for m in (1, 2, 2.5, 5, 10, 20, 25, 50)
        if m * 4 >= 10 * longest / magnitude
    )
    ticks = [i * step for i in range(math.ceil(longest / step - 1e-9) + 1)]
    return alt.Axis(format=written, values=ticks)


def _span(rows: pd.DataFrame, label: str, value: str, text: str) -> list[float]:
    """Return where the axis of bars begins and ends: with room for what stands behind the bars."""
    lines = [line for name in rows[label] for line in str(name).split("\n")]
    room = theme.WIDTH - 20 - LETTER * max(map(len, lines))
    words = LETTER * max(map(len, rows[text])) + 8
    headroom = room / max(LEAST_BAR, room - words)
    lowest = min(0.0, float(rows[value].min()))
    highest = max(0.0, float(rows[value].max()))
    span = highest - lowest or 1.0
    return [lowest * 1.1, lowest + span * headroom]
