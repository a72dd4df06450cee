"""Purchases over years, each worth less the later it comes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from segmentation.lifetime_value.purchase_models import PurchaseModel
from segmentation.lifetime_value.purchases_while_active import moments_while_active
from segmentation.lifetime_value.repeat_purchases import Numbers

MONTHS_PER_YEAR = 12
_WEEKS_PER_YEAR = 365.0 / 7.0

# Nodes of an interpolation: its relative error is below 1e-9 (a test compares it with sums).
_NODES = 96


def discounted_purchases(
    model: PurchaseModel,
    frequency: NDArray[np.integer],
    age: Numbers,
    years: int,
    discount_rate: float,
) -> Numbers:
    """Return the discounted number of purchases of a customer who is active now, shape (n,).

    The sum over months of the purchases expected in each, divided by (1 + rate) to the power of
    the years from now to the middle of the month.

    Parameters
    ----------
    model : PurchaseModel
    frequency, age : ndarray of shape (n,)
        Repeat purchases until now, and weeks since the first.
    years : int
    discount_rate : float
        A year.

    Notes
    -----
    For one frequency, the expected purchases are a smooth function of t / (α + T) alone. It is
    computed at 96 places and interpolated by a Chebyshev polynomial in log(1 + t / (α + T)): of a
    thousand pairs and 36 months, 96 sums are left.
    """
    code, distinct = pd.factorize(np.asarray(frequency), sort=True)
    order = np.argsort(code, kind="stable")
    starts = np.searchsorted(code[order], np.arange(len(distinct) + 1))
    months = np.arange(1, years * MONTHS_PER_YEAR + 1) / MONTHS_PER_YEAR
    worth = (1.0 + discount_rate) ** -(months - 0.5 / MONTHS_PER_YEAR)
    # A sum by parts: each month's end counts with the worth of the month before, less that after.
    weight = worth - np.append(worth[1:], 0.0)
    result = np.zeros(len(age))
    if not len(age):
        return result
    # Of a customer of today, whether there is one or not: no value depends on the others.
    most_growth = float(months[-1]) * _WEEKS_PER_YEAR / model.alpha
    furthest = np.log1p(most_growth)
    places = np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
    growth = np.expm1(furthest * 0.5 * (1.0 + places))
    means = moments_while_active(
        model, np.repeat(distinct, _NODES), np.tile(growth, len(distinct)), most_growth
    )[0].reshape(len(distinct), _NODES)
    # What is interpolated goes to r + x at 0, and has no zero: relative errors stay small.
    coefficients = _chebyshev_coefficients(means / growth)
    for i in range(len(distinct)):
        rows = order[starts[i] : starts[i + 1]]
        ahead = months[:, None] * _WEEKS_PER_YEAR / (model.alpha + age[rows])
        place = 2.0 * np.log1p(ahead) / furthest - 1.0
        means = chebyshev.chebval(place, coefficients[i]) * ahead
        # Added month by month: a product of matrices rounds by the number of its rows.
        result[rows] = (weight[:, None] * means).sum(axis=0)
    return result


def _chebyshev_coefficients(values: Numbers) -> Numbers:
    """Return coefficients from values at the Chebyshev places, shapes (n, nodes)."""
    degree = np.arange(_NODES)
    angles = np.pi * (np.arange(_NODES) + 0.5) / _NODES
    waves = np.cos(np.outer(degree, angles))
    coefficients: Numbers = (2.0 / _NODES) * (values[:, None, :] * waves).sum(axis=2)
    coefficients[:, 0] /= 2.0
    return coefficients
