"""Moves between segments, as an alluvial chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from segmentation.report import theme
from segmentation.report.charts.chart_names import LINE_HEIGHT
from segmentation.report.charts.flow_layout import LEFT, RIGHT, flow_layout
from segmentation.report.charts.vega_lite import layered, mark, name, quantity
from segmentation.report.content import Chart, Specification

# Width of the labels on each side, of a segment, and of the gap between the two.
LABELS = 98.0
NODE = 9.0
TO_LABEL = 5.0
# What the theme leaves free around a chart, on two sides together.
PADDING = 8


@dataclass(frozen=True)
class FlowEnd:
    """What stands on both sides of a picture of moves.

    Attributes
    ----------
    key : str
    name : str
    colour : str
    """

    key: str
    name: str
    colour: str


def alluvial(flows: pd.DataFrame, ends: Sequence[FlowEnd], titles: tuple[str, str]) -> Chart:
    """Return segments on two sides; the width of a ribbon is the number of customers.

    Parameters
    ----------
    flows : DataFrame
        One row for each ribbon: from_key, to_key, customers, is_moved (whether it stands out) and
        is_drawn: segments have room for those that are not.
    ends : sequence of FlowEnd
        From top to bottom. A ribbon has the colour of the end that it comes from.
    titles : tuple of (str, str)
        What stands above the two sides.
    """
    names = {end.key: end.name for end in ends}
    colours = {end.key: end.colour for end in ends}
    layout = flow_layout(flows, [end.key for end in ends], names)
    width = theme.WIDTH - PADDING
    inner = (LABELS + NODE, width - LABELS - NODE)
    x = {"domain": [0, width], "nice": False, "zero": False}
    top = -1.6 * LINE_HEIGHT
    y = {"domain": [top, layout.height], "reverse": True, "nice": False, "zero": False}
    numbered = flows.reset_index(drop=True)
    is_drawn = layout.ribbons["flow"].map(numbered["is_drawn"])
    ribbons = layout.ribbons[is_drawn]
    ribbons = ribbons.assign(
        x=inner[0] + ribbons["across"] * (inner[1] - inner[0]),
        colour=ribbons["flow"].map(numbered["from_key"].map(colours)),
        strength=ribbons["flow"].map(numbered["is_moved"].map({True: 0.65, False: 0.2})),
    )
    is_left = layout.nodes["side"] == LEFT
    nodes = layout.nodes.assign(
        colour=layout.nodes["key"].map(colours),
        begins=[LABELS if left else inner[1] for left in is_left],
        ends=[inner[0] if left else width - LABELS for left in is_left],
    )
    heads = pd.DataFrame({"side": [LEFT, RIGHT], "label": titles, "label_y": top + LINE_HEIGHT / 2})
    return layered(
        mark(
            "area",
            {
                "x": quantity("x", scale=x, axis=None),
                "y": quantity("upper", scale=y, axis=None),
                "y2": {"field": "lower"},
                "detail": name("flow"),
                "color": name("colour", scale=None),
                "opacity": quantity("strength", scale=None),
            },
            rows=ribbons,
        ),
        mark(
            "rect",
            {
                "x": quantity("begins", scale=x),
                "x2": {"field": "ends"},
                "y": quantity("top", scale=y),
                "y2": {"field": "bottom"},
                "color": name("colour", scale=None),
            },
            rows=nodes,
        ),
        *_texts(nodes, x, y, theme.INK),
        *_texts(heads, x, y, theme.QUIET),
        height=layout.height - top + PADDING,
    )


def _texts(
    rows: pd.DataFrame, x: Specification, y: Specification, colour: str
) -> list[Specification]:
    """Return the labels of both sides, each beside its segment, away from the ribbons."""
    width = theme.WIDTH - PADDING
    return [
        mark(
            "text",
            {
                "x": quantity("x", scale=x),
                "y": quantity("label_y", scale=y),
                "text": name("label"),
                "color": {"value": colour},
            },
            rows=rows.loc[rows["side"] == side, ["label", "label_y"]].assign(x=place),
            align=align,
            lineBreak="\n",
            lineHeight=LINE_HEIGHT,
        )
        for side, align, place in (
            (LEFT, "right", LABELS - TO_LABEL),
            (RIGHT, "left", width - LABELS + TO_LABEL),
        )
    ]
