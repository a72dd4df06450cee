"""Lines and points between two axes of numbers."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from segmentation.report import theme
from segmentation.report.charts.vega_lite import alone, layered, mark, name, quantity
from segmentation.report.content import Chart


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
    across = quantity(
        x,
        title=units[0],
        axis={"values": [float(v) for v in rows[x]], "format": "d", "grid": False},
        scale={"zero": False, "nice": False, "padding": 12},
    )
    up = quantity(
        y,
        title=units[1],
        axis={"format": axis, "tickCount": 5},
        scale={"zero": False, "nice": True},
    )
    chosen = [{"filter": {"field": x, "oneOf": list(marked)}}]
    both = {"x": across, "y": up}
    return layered(
        mark("rule", {"x": across}, transform=chosen, color=theme.OTHER, strokeDash=[4, 3]),
        mark("line", both, color=theme.MAIN, strokeWidth=2),
        mark("point", both, color=theme.MAIN, filled=True, size=30, opacity=1),
        mark(
            "point",
            both,
            transform=chosen,
            color=theme.OTHER,
            filled=True,
            size=120,
            shape="diamond",
            opacity=1,
        ),
        rows=rows[[x, y]],
        height=190,
    )


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
    return alone(
        mark(
            "line",
            {
                "x": quantity(x, title=units[0], axis={"tickCount": 6, "grid": False}),
                "y": quantity(
                    y,
                    title=units[1],
                    axis={"format": axis, "tickCount": 5},
                    scale={"domain": [0.0, highest], "nice": True},
                ),
            },
            rows=rows[[x, y]],
            color=theme.MAIN,
            strokeWidth=2,
        ),
        height=190,
    )


def calibration(rows: pd.DataFrame) -> Chart:
    """Return stated probabilities against what came true: mean_probability, accuracy, stage."""
    axis = {"format": ".0%", "tickCount": 5}
    scale = {"domain": [0, 1]}
    stages = list(dict.fromkeys(rows["stage"]))
    colours = {"domain": stages, "range": [theme.MAIN, theme.OTHER][: len(stages)]}
    shapes = {"domain": stages, "range": ["circle", "diamond"][: len(stages)]}
    return layered(
        mark(
            "line",
            {"x": quantity("p"), "y": quantity("p")},
            rows=pd.DataFrame({"p": [0.0, 1.0]}),
            color=theme.QUIET,
            strokeDash=[4, 3],
        ),
        mark(
            "point",
            {
                "x": quantity(
                    "mean_probability", title="stated probability", axis=axis, scale=scale
                ),
                "y": quantity("accuracy", title="share that came true", axis=axis, scale=scale),
                "size": quantity("predictions", legend=None, scale={"range": [20, 260]}),
                "color": name("stage", title=None, scale=colours),
                "shape": name("stage", title=None, scale=shapes),
            },
            rows=rows[["mean_probability", "accuracy", "predictions", "stage"]],
            filled=True,
            opacity=0.9,
        ),
        height=240,
    )
