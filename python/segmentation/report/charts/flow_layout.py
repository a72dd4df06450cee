"""Where the segments and the ribbons of a picture of moves are, in pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmentation.report.charts.chart_names import LINE_HEIGHT, wrapped

# How high all customers are together, and how far one segment is from the next.
CUSTOMERS_HEIGHT = 240.0
GAP = 6.0
# Letters on a line of a label, beside a segment.
LABEL_LINE = 14
# Number of places across a ribbon; it is straight between them.
PLACES = 17
LEFT, RIGHT = 0, 1


@dataclass(frozen=True)
class FlowLayout:
    """A picture of moves, from 0 on the left to 1 on the right, in pixels from the top.

    Attributes
    ----------
    nodes : DataFrame
        One row for each side and segment: side (0 left, 1 right), key, customers, top, bottom,
        label (lines), label_y (the middle of the first line).
    ribbons : DataFrame
        `PLACES` rows for each flow: flow (its number), across, upper, lower.
    height : float
    """

    nodes: pd.DataFrame
    ribbons: pd.DataFrame
    height: float


def flow_layout(flows: pd.DataFrame, order: Sequence[str], names: Mapping[str, str]) -> FlowLayout:
    """Lay out the moves between segments.

    Parameters
    ----------
    flows : DataFrame
        At least one row, each with from_key, to_key and customers (at least 1); no pair of keys
        twice.
    order : sequence of str
        The keys from top to bottom, on both sides.
    names : mapping of str to str
        What a key is called.

    Returns
    -------
    FlowLayout
        Segments are as high as they have customers, and so are ribbons where they begin and end.
        Between segments there is room for their names. Ribbons leave and reach a segment in the
        order of the segments on the other side, so that few of them cross.
    """
    total = int(flows["customers"].sum())
    scale = CUSTOMERS_HEIGHT / total
    nodes = pd.concat(
        [
            _side(flows.groupby(key)["customers"].sum(), side, order, names, scale)
            for side, key in ((LEFT, "from_key"), (RIGHT, "to_key"))
        ],
        ignore_index=True,
    )
    ends = _ends(flows, nodes, order, scale)
    across = np.linspace(0.0, 1.0, PLACES)
    # Level at both ends.
    bend = across * across * (3.0 - 2.0 * across)
    ribbons = [
        pd.DataFrame(
            {
                "flow": number,
                "across": across,
                "upper": left + (right - left) * bend,
                "lower": left + (right - left) * bend + customers * scale,
            }
        )
        for number, ((left, right), customers) in enumerate(
            zip(ends, flows["customers"], strict=True)
        )
    ]
    height = float((nodes["slot_bottom"]).max())
    return FlowLayout(
        nodes.drop(columns="slot_bottom"), pd.concat(ribbons, ignore_index=True), height
    )


def _side(
    customers: pd.Series,
    side: int,
    order: Sequence[str],
    names: Mapping[str, str],
    scale: float,
) -> pd.DataFrame:
    """Return the segments of a side, one below the other."""
    rows = []
    y = 0.0
    for key in order:
        if key not in customers.index:
            continue
        size = int(customers[key])
        label = node_label(names[key], size)
        lines = label.count("\n") + 1
        height = size * scale
        slot = max(height, float(LINE_HEIGHT * lines))
        middle = y + slot / 2
        rows.append(
            {
                "side": side,
                "key": key,
                "customers": size,
                "top": middle - height / 2,
                "bottom": middle + height / 2,
                "label": label,
                "label_y": middle - LINE_HEIGHT * (lines - 1) / 2,
                "slot_bottom": y + slot,
            }
        )
        y += slot + GAP
    return pd.DataFrame(rows)


def node_label(name: str, customers: int) -> str:
    """Return what is written beside a segment: its name in lines, and its customers."""
    *lines, last = wrapped(name, LABEL_LINE).split("\n")
    number = f"{customers:,}"
    with_number = f"{last} {number}"
    ends = [with_number] if len(with_number) <= LABEL_LINE else [last, number]
    return "\n".join([*lines, *ends])


def _ends(
    flows: pd.DataFrame, nodes: pd.DataFrame, order: Sequence[str], scale: float
) -> list[tuple[float, float]]:
    """Return where the upper edge of each flow begins on the left and ends on the right."""
    places = {key: place for place, key in enumerate(order)}
    tops = {(side, key): top for side, key, top in nodes[["side", "key", "top"]].itertuples(
        index=False, name=None
    )}  # fmt: skip
    found: dict[int, dict[int, float]] = {}
    for side, own, other in ((LEFT, "from_key", "to_key"), (RIGHT, "to_key", "from_key")):
        reached = dict(tops)
        rows = flows.reset_index(drop=True)
        rank = rows[own].map(places) * len(places) + rows[other].map(places)
        for number in rank.sort_values(kind="stable").index:
            key = (side, rows[own].iloc[number])
            found.setdefault(int(number), {})[side] = reached[key]
            reached[key] += int(rows["customers"].iloc[number]) * scale
    return [(found[number][LEFT], found[number][RIGHT]) for number in range(len(flows))]
