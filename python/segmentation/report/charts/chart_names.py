"""Names beside charts: broken into lines, on an axis of their own."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence

import altair as alt
import pandas as pd

from segmentation.report import theme

# Names longer than this are broken into lines, of which so many are shown.
LINE = 20
MOST_LINES = 3
LINE_HEIGHT = 15
# Width of a letter in the widest usual font, in pixels; and of a symbol of a legend with its room.
LETTER = 7.4
SYMBOL = 30
# The least width of bars, in pixels, and of the lines of names beside them, in letters.
LEAST_BAR = 50
LEAST_LINE = 10
# A title is broken into lines of this width at least, in pixels.
LEAST_ROOM = 120


def wrapped(name: str, width: int = LINE) -> str:
    """Return a name in lines that fit beside a chart; what is left out has an ellipsis."""
    lines = textwrap.wrap(name, width)
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], f"{lines[MOST_LINES - 1][: width - 1]}…"]
    return "\n".join(lines)


def in_lines(names: pd.Series, width: int = LINE) -> pd.Series:
    """Return names in lines of so many letters; those that begin alike are not shortened."""
    short = {name: wrapped(name, width) for name in map(str, names)}
    uses = Counter(short.values())
    whole = {
        name: "\n".join(textwrap.wrap(name, width)) if uses[lines] > 1 else lines
        for name, lines in short.items()
    }
    return names.map(lambda name: whole[str(name)])


def line_beside(texts: pd.Series) -> int:
    """Return how many letters a line of a name has beside bars with texts at their ends."""
    left = theme.WIDTH - 20 - LEAST_BAR - width_of(texts)
    return max(LEAST_LINE, min(LINE, int(left / LETTER)))


def width_of(texts: pd.Series) -> float:
    """Return how wide the longest of the texts is at the end of a bar, in pixels."""
    return LETTER * max(map(len, texts)) + 8


def step_of(names: pd.Series, least: float) -> float:
    """Return how high a bar is, in pixels: as all lines of its name, at least."""
    lines = int(names.str.count("\n").max()) + 1
    return max(least, LINE_HEIGHT * lines + 4.0)


def names_axis(label: str, inner: float = 0.0, outer: float = 0.0) -> alt.Y:
    """Return the axis of names, in the order of the rows."""
    return alt.Y(
        f"{label}:N",
        sort=None,
        title=None,
        axis=alt.Axis(labelExpr="split(datum.label, '\\n')"),
        scale=alt.Scale(paddingInner=inner, paddingOuter=outer),
    )


def room_beside(names: pd.Series) -> float:
    """Return how wide a chart is beside names that are in lines, in pixels."""
    lines = [line for name in names for line in str(name).split("\n")]
    return theme.WIDTH - 20 - LETTER * max(map(len, lines))


def title_of(unit: str, names: pd.Series) -> list[str]:
    """Return the title of the axis below a chart, in lines that are as wide as the chart.

    Parameters
    ----------
    unit : str
        What the axis says.
    names : Series of str
        What stands beside the chart, in lines.
    """
    letters = int(max(LEAST_ROOM, room_beside(names)) / LETTER)
    return textwrap.wrap(unit, letters, break_long_words=False)


def legend_of(
    names: Sequence[str], room: float = theme.WIDTH, *, hollow: bool = False
) -> alt.Legend:
    """Return the legend of series: in two columns, or in one where there is no room for two.

    Parameters
    ----------
    names : sequence of str
        In the order of the legend.
    room : float
        How wide it can be, in pixels.
    hollow : bool
        Whether its symbols are empty, as points on a map are.
    """
    widths = [max(map(len, names[column::2]), default=0) * LETTER + SYMBOL for column in (0, 1)]
    columns = 2 if sum(widths) <= room else 1
    return alt.Legend(
        columns=columns,
        labelLimit=theme.WIDTH - SYMBOL if columns == 1 else theme.WIDTH / 2,
        symbolFillColor=None if hollow else alt.Undefined,
    )
