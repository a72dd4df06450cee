r"""How often a customer who is active now will buy: exact distribution, and moments without ₂F₁.

After a purchase a customer leaves with probability p, so that n or more purchases in t weeks need n
or more events of a Poisson process of rate λ, and n - 1 decisions to stay:

.. math:: P(Y ≥ n) = P(N ≥ n) \, E[(1-p)^{n-1}] = I_z(n, s) \frac{(β)_{n-1}}{(a+β)_{n-1}}

with N negative binomial (shape s, z = t / (α + T + t)) and I the regularised incomplete beta
function. Summed over n this is the published expectation,

.. math:: \frac{a+β-1}{a-1} [1 - (1-z)^s {}_2F_1(s, β; a+β-1; z)]

whose series grows as long as the horizon, whose terms cancel for short ones, and which has poles at
a = 1 and a + β = 1. Here it is integrated over p instead, from

.. math:: E[Y | p] = \frac{1 - (1 + pw)^{-s}}{p}, \quad w = \frac{t}{α+T}

Written in y = log(p / (1 - p)) the integrand is analytic and bounded where the imaginary part of y
is below π/2, so that the sum over equidistant places has an error of exp(-π²/h) (Trefethen and
Weideman, 2014, The Exponentially Convergent Trapezoidal Rule, SIAM Review 56). A step h of 0.35
leaves 1e-12 for all horizons, with some 200 places and positive terms only; it is smaller where p
is known closely. s and β depend on the
frequency, w on the age: what is computed is needed for each distinct pair, not for each customer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from segmentation.lifetime_value.purchase_models import PurchaseModel
from segmentation.lifetime_value.repeat_purchases import Counts, Numbers

# Between places of log(p / (1 - p)), at most; and in standard deviations of it, where the density
# of p is narrow.
_STEP = 0.35
_STEP_IN_DEVIATIONS = 0.6

# Outside of the places, integrands are geometric series up to a relative e^-28 = 7e-13.
_MARGIN = 28.0

# Ages that are integrated together: their arrays stay small.
_ROWS = 1_024

# Below, a difference of two nearly equal numbers is replaced by the first terms of its series.
_SMALL = 1e-3


@dataclass(frozen=True)
class ActivePurchases:
    """Purchases of a customer in a horizon, given that they are active at its beginning.

    Attributes
    ----------
    mean, mean_square : ndarray of shape (n,)
        Of the number of purchases.
    any_purchase : ndarray of shape (n,)
        Probability of at least one.
    still_active : ndarray of shape (n,)
        Probability of being active at the end of the horizon.
    """

    mean: Numbers
    mean_square: Numbers
    any_purchase: Numbers
    still_active: Numbers


def purchases_while_active(
    model: PurchaseModel, frequency: NDArray[np.integer], age: Numbers, weeks: float
) -> ActivePurchases:
    """Return what an active customer buys in the coming weeks.

    Parameters
    ----------
    model : PurchaseModel
    frequency : ndarray of int, shape (n,)
        Repeat purchases until now.
    age : ndarray of float64, shape (n,)
        Weeks since the first purchase.
    weeks : float
        Length of the horizon, 0 or more.

    Returns
    -------
    ActivePurchases
        Relative errors are below 1e-9.
    """
    growth = weeks / (model.alpha + age)
    moments = moments_while_active(model, frequency, growth, weeks / model.alpha)
    s = model.shape_of_rate(frequency)
    return ActivePurchases(
        mean=moments[0],
        mean_square=moments[1],
        any_purchase=-np.expm1(-s * np.log1p(growth)),
        still_active=moments[2],
    )


def moments_while_active(
    model: PurchaseModel, frequency: NDArray[np.integer], growth: Numbers, most_growth: float
) -> Numbers:
    """Return mean, mean square and probability of still being active, shape (3, n).

    Parameters
    ----------
    model : PurchaseModel
    frequency : ndarray of int, shape (n,)
        Repeat purchases until now.
    growth : ndarray of float64, shape (n,)
        t / (α + T): all that horizon and age decide.
    most_growth : float
        No smaller than any of them. The places of the integration follow from it: no value
        depends on who else is in the table.
    """
    code, distinct = pd.factorize(np.asarray(frequency), sort=True)
    order = np.argsort(code, kind="stable")
    ends = np.searchsorted(code[order], np.arange(len(distinct) + 1))
    result = np.empty((3, len(growth)))
    for i, x in enumerate(distinct):
        s = float(model.shape_of_rate(x))
        beta = float(model.beta_of_staying(x))
        rows = order[ends[i] : ends[i + 1]]
        p, weight = _places(s, beta, model.a, most_growth)
        for start in range(0, len(rows), _ROWS):
            some = rows[start : start + _ROWS]
            result[:, some] = _integrals(s, growth[some], p, weight)
    return result


def _places(s: float, beta: float, a: float, growth: float) -> tuple[Numbers, Numbers]:
    """Return places of p and their weights, which sum to 1.

    Parameters
    ----------
    s, beta, a : float
    growth : float
        The largest t / (α + T).
    """
    # Further left, both (1 - p)^β and the integrand are as at p = 0; further right, as at p = 1.
    left = -np.log(max(s * growth, growth, beta, 1.0)) - _MARGIN
    right = np.log1p(max(s, a)) + _MARGIN
    deviation = float(np.sqrt(special.polygamma(1, a) + special.polygamma(1, beta)))
    step = min(_STEP, _STEP_IN_DEVIATIONS * deviation)
    y = step * np.arange(np.floor(left / step), np.ceil(right / step) + 1)
    logarithm = -a * np.logaddexp(0.0, -y) - beta * np.logaddexp(0.0, y)
    logarithm -= logarithm.max()
    # Where the density is nil, at either end.
    seen = np.flatnonzero(logarithm > -2.0 * _MARGIN)
    y, logarithm = y[seen[0] : seen[-1] + 1], logarithm[seen[0] : seen[-1] + 1]
    weight = np.exp(logarithm)
    weight[0] /= -np.expm1(-a * step)
    weight[-1] /= -np.expm1(-beta * step)
    return special.expit(y), weight / weight.sum()


def _integrals(s: float, growth: Numbers, p: Numbers, weight: Numbers) -> Numbers:
    """Return expectations over p of mean, mean square and probability of staying, shape (3, n)."""
    w = growth[:, None]
    v = w * p
    leaves = -np.expm1(-s * np.log1p(v))
    mean = leaves / p
    apart = (leaves - s * v * (1.0 - leaves) / (1.0 + v)) / p**2
    near = s * (s + 1.0) * w**2 * (0.5 - (s + 2.0) * v / 3.0 * (1.0 - 0.375 * (s + 3.0) * v))
    apart = np.where((s + 3.0) * v < _SMALL, near, apart)
    # Sums along rows, each in the order of the places: no row depends on the others.
    return np.stack(
        [
            (mean * weight).sum(axis=1),
            ((mean + 2.0 * (1.0 - p) * apart) * weight).sum(axis=1),
            ((1.0 - leaves) * weight).sum(axis=1),
        ]
    )


def at_least(
    model: PurchaseModel,
    frequency: NDArray[np.integer],
    age: Numbers,
    weeks: Numbers | float,
    purchases: Counts | int,
) -> Numbers:
    """Return the probability that an active customer buys at least so often, shape (n,).

    Parameters
    ----------
    model : PurchaseModel
    frequency, age : ndarray of shape (n,)
    weeks : ndarray of shape (n,), or float
    purchases : ndarray of int, shape (n,), or int
        1 or more.
    """
    growth = weeks / (model.alpha + age)
    n = np.asarray(purchases, dtype=np.float64)
    events = special.betainc(n, model.shape_of_rate(frequency), growth / (1.0 + growth))
    return np.asarray(events * _stayed(model, frequency, n - 1.0))


def exactly(
    model: PurchaseModel,
    frequency: NDArray[np.integer],
    age: Numbers,
    weeks: Numbers | float,
    purchases: Counts | int,
) -> Numbers:
    """Return the probability that an active customer buys exactly so often, shape (n,).

    Either so many events and a decision to stay after each but the last, or more events and the
    decision to leave after the last: both terms are positive.

    Parameters
    ----------
    model : PurchaseModel
    frequency, age : ndarray of shape (n,)
    weeks : ndarray of shape (n,), or float
    purchases : ndarray of int, shape (n,), or int
        0 or more.
    """
    s, beta = model.shape_of_rate(frequency), model.beta_of_staying(frequency)
    growth = np.asarray(weeks / (model.alpha + age))
    z = growth / (1.0 + growth)
    n = np.maximum(purchases, 1).astype(np.float64)
    log_events = (
        special.gammaln(s + n)
        - special.gammaln(s)
        - special.gammaln(n + 1.0)
        # Nothing happens in no time: 0 to the power of n.
        + np.where(growth > 0, n * np.log(np.where(growth > 0, z, 1.0)), -np.inf)
        - s * np.log1p(growth)
    )
    leaves = model.a / (model.a + beta + n - 1.0)
    some = np.exp(log_events) + special.betainc(n + 1.0, s, z) * leaves
    none = np.exp(-s * np.log1p(growth))
    return np.where(np.equal(purchases, 0), none, some * _stayed(model, frequency, n - 1.0))


def _stayed(model: PurchaseModel, frequency: NDArray[np.integer], decisions: Numbers) -> Numbers:
    """Return the expected probability of deciding to stay so many times in a row."""
    beta = model.beta_of_staying(frequency)
    return np.asarray(
        np.exp(special.betaln(model.a, beta + decisions) - special.betaln(model.a, beta))
    )
