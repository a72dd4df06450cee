"""Moves between segments, as an alluvial chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd

from segmentation.report import theme
from segmentation.report.charts.chart_layers import layered
from segmentation.report.charts.chart_names import LINE_HEIGHT
from segmentation.report.charts.flow_layout import LEFT, RIGHT, flow_layout
from segmentation.report.content import Chart

# Width of the labels on each side, of a segment, and of the gap between the two.
LABELS = 110.0
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
    x = alt.Scale(domain=[0, width], nice=False, zero=False)
    top = -1.6 * LINE_HEIGHT
    y = alt.Scale(domain=[top, layout.height], reverse=True, nice=False, zero=False)
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
        None,
        alt.Chart(ribbons)
        .mark_area()
        .encode(
            x=alt.X("x:Q", scale=x, axis=None),
            y=alt.Y("upper:Q", scale=y, axis=None),
            y2=alt.Y2("lower:Q"),
            detail=alt.Detail("flow:N"),
            color=alt.Color("colour:N", scale=None),
            opacity=alt.Opacity("strength:Q", scale=None),
        ),
        alt.Chart(nodes)
        .mark_rect()
        .encode(
            x=alt.X("begins:Q", scale=x),
            x2=alt.X2("ends:Q"),
            y=alt.Y("top:Q", scale=y),
            y2=alt.Y2("bottom:Q"),
            color=alt.Color("colour:N", scale=None),
        ),
        *_texts(nodes, x, y, theme.INK),
        *_texts(heads, x, y, theme.QUIET),
    ).properties(height=layout.height - top + PADDING)


def _texts(rows: pd.DataFrame, x: alt.Scale, y: alt.Scale, colour: str) -> list[alt.Chart]:
    """Return the labels of both sides, each beside its segment, away from the ribbons."""
    width = theme.WIDTH - PADDING
    left = alt.Chart(rows[rows["side"] == LEFT].assign(x=LABELS - TO_LABEL))
    right = alt.Chart(rows[rows["side"] == RIGHT].assign(x=width - LABELS + TO_LABEL))
    return [
        marked.encode(
            x=alt.X("x:Q", scale=x),
            y=alt.Y("label_y:Q", scale=y),
            text=alt.Text("label:N"),
            color=alt.value(colour),
        )
        for marked in (
            left.mark_text(align="right", lineBreak="\n", lineHeight=LINE_HEIGHT),
            right.mark_text(align="left", lineBreak="\n", lineHeight=LINE_HEIGHT),
        )
    ]
