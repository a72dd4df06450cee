"""Names beside charts: broken into lines, on an axis of their own."""

from __future__ import annotations

import textwrap
from collections import Counter

import altair as alt
import pandas as pd

# Names longer than this are broken into lines, of which so many are shown.
LINE = 20
MOST_LINES = 3
LINE_HEIGHT = 15


def wrapped(name: str, width: int = LINE) -> str:
    """Return a name in lines that fit beside a chart; what is left out has an ellipsis."""
    lines = textwrap.wrap(name, width)
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], f"{lines[MOST_LINES - 1][: width - 1]}…"]
    return "\n".join(lines)


def in_lines(names: pd.Series) -> pd.Series:
    """Return names in lines; those that begin alike are not shortened."""
    short = {name: wrapped(name) for name in map(str, names)}
    uses = Counter(short.values())
    whole = {
        name: "\n".join(textwrap.wrap(name, LINE)) if uses[lines] > 1 else lines
        for name, lines in short.items()
    }
    return names.map(lambda name: whole[str(name)])


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
