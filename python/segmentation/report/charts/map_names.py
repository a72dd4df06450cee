"""Where the names of segments stand on a map, so that none lies on another."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

# Width of a bold letter in the widest usual font, height of a name, and half of a centre's symbol.
BOLD = 8.6
HIGH = 16.0
SYMBOL = 7.0
# How far the middle of a name is from its centre, in heights of a name: first above and below.
STEPS = (-1.0, 1.0, 0.0, -2.0, 2.0, -3.0, 3.0, -4.0, 4.0)

Box = tuple[float, float, float, float]


def beside_centres(
    centres: pd.DataFrame, spans: Sequence[Sequence[float]], size: tuple[float, float]
) -> pd.DataFrame:
    """Place names beside their centres: above, below or at a side, and then further away.

    Parameters
    ----------
    centres : DataFrame
        With x, y and segment_name; those that come first have the first choice. One without x and
        y has no name on the map.
    spans : sequence of (float, float)
        From where to where the two axes go.
    size : tuple of (float, float)
        Width and height of the map, in pixels.

    Returns
    -------
    DataFrame
        With label_x and label_y, the middle of each name. A name for which there is no room is
        left out: the legend has it.
    """
    known = centres[centres["x"].notna() & centres["y"].notna()]
    (left, right), (low, high) = spans
    per_x, per_y = size[0] / (right - left), size[1] / (high - low)
    middles = [
        ((float(x) - left) * per_x, (high - float(y)) * per_y)
        for x, y in zip(known["x"], known["y"], strict=True)
    ]
    taken = [(x - SYMBOL, y - SYMBOL, x + SYMBOL, y + SYMBOL) for x, y in middles]
    placed = []
    for place, ((x, y), name) in enumerate(zip(middles, known["segment_name"], strict=True)):
        box = _first_free(x, y, BOLD * len(str(name)), taken, size)
        if box is None:
            continue
        taken.append(box)
        placed.append(
            {
                "segment_name": known["segment_name"].iloc[place],
                "label_x": left + (box[0] + box[2]) / 2 / per_x,
                "label_y": high - (box[1] + box[3]) / 2 / per_y,
            }
        )
    return pd.DataFrame(placed, columns=["segment_name", "label_x", "label_y"])


def _first_free(
    x: float, y: float, width: float, taken: Sequence[Box], size: tuple[float, float]
) -> Box | None:
    """Return the first box for a name in which nothing is yet."""
    for step in STEPS:
        aside = width / 2 + SYMBOL + 3
        for shift in (0.0, aside, -aside):
            # Beside its own symbol a name stands only to the left or the right.
            if (step == 0.0) == (shift == 0.0):
                continue
            middle = min(max(x + shift, width / 2), size[0] - width / 2)
            top = y + step * HIGH - HIGH / 2
            box = (middle - width / 2, top, middle + width / 2, top + HIGH)
            inside = top >= 0 and top + HIGH <= size[1]
            if inside and not any(_overlap(box, other) for other in taken):
                return box
    return None


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
