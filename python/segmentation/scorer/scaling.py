"""Raw numbers as scaled ones, each by the functions of C that an engine calls too.

NumPy raises many numbers to a power at once, and rounds the last bit otherwise than one by one: a
person alone would have another distance than among a thousand.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import repeat

import numpy as np

from segmentation.features.arrays import Matrix
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
    center, scale, factor = feature.center, feature.scale, feature.factor
    bounded = [(min(max(x, lower), upper) if math.isfinite(x) else fill) * factor for x in values]
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


def scaled_column(feature: PreparedFeature, values: Matrix) -> Matrix:
    """Return raw values as scaled ones, equal to :func:`scaled_numbers` to the last bit.

    Bounds, differences and quotients are NumPy's, which rounds them as everybody does; logarithms
    and powers are those of C.

    Parameters
    ----------
    feature : PreparedFeature
    values : ndarray of shape (n,)
        NaN and infinities are missing.

    Returns
    -------
    ndarray of shape (n,)
    """
    bounded = np.where(np.isfinite(values), values, feature.fill)
    bounded = np.minimum(np.maximum(bounded, feature.lower), feature.upper) * feature.factor
    if feature.transform == "none":
        found: Matrix = (bounded - feature.center) / feature.scale
        return found
    size = 1 + np.abs(bounded)
    is_below = bounded < 0
    if feature.transform == "log":
        transformed = _logarithms(size)
    else:
        transformed = _box_cox_column(size, feature.power)
        if is_below.any():
            transformed[is_below] = _box_cox_column(size[is_below], 2 - feature.power)
    signed = np.where(is_below, -transformed, transformed)
    scaled: Matrix = (signed - feature.center) / feature.scale
    return scaled


def _logarithms(x: Matrix) -> Matrix:
    return np.fromiter(map(math.log, x.tolist()), float, len(x))


def _box_cox_column(x: Matrix, power: float) -> Matrix:
    if power == 0.0:
        return _logarithms(x)
    powers = np.fromiter(map(math.pow, x.tolist(), repeat(power)), float, len(x))
    found: Matrix = (powers - 1) / power
    return found


def _box_cox(x: float, power: float) -> float:
    return math.log(x) if power == 0.0 else (math.pow(x, power) - 1) / power
