"""Raw numbers as scaled ones, each by the functions of C that an engine calls too.

NumPy raises many numbers to a power at once, and rounds the last bit otherwise than one by one: a
person alone would have another distance than among a thousand.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from segmentation.features.numbers import PreparedFeature


def scaled_numbers(feature: PreparedFeature, values: Iterable[float]) -> list[float]:
    """Return raw values as scaled ones; see :meth:`PreparedFeature.scaled`, which they equal.

    Parameters
    ----------
    feature : PreparedFeature
    values : iterable of float
        NaN and infinities are missing.
    """
    lower, upper = feature.lower, feature.upper
    fill = min(max(feature.fill, lower), upper)
    center, scale = feature.center, feature.scale
    bounded = [min(max(x, lower), upper) if math.isfinite(x) else fill for x in values]
    if feature.transform == "none":
        return [(x - center) / scale for x in bounded]
    if feature.transform == "log":
        return [
            ((math.log(1 + x) if x >= 0 else -math.log(1 + -x)) - center) / scale for x in bounded
        ]
    power = feature.power
    return [
        ((_box_cox(1 + x, power) if x >= 0 else -_box_cox(1 + -x, 2 - power)) - center) / scale
        for x in bounded
    ]


def _box_cox(x: float, power: float) -> float:
    return math.log(x) if power == 0.0 else (math.pow(x, power) - 1) / power
