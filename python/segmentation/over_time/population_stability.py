"""The population stability index, and how large it gets without any drift.

The index compares the shares of bins in two groups of customers:
``sum((now - then) * ln(now / then))``. Without drift it is distributed about as
``chi2(bins - 1) * (1 / n + 1 / m)`` for groups of n and m (Yurdakul, 2018, "Statistical properties
of population stability index", Western Michigan University). Where few customers are expected in a
bin, that is too low, and the threshold is simulated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segmentation.features.arrays import Matrix

FORMULA, SIMULATION = "formula", "simulation"

# Without drift, so many of all figures are above the threshold.
FALSE_ALARMS = 0.01
# Below this many customers, or so few expected in a bin, the formula is not near enough.
LEAST_CUSTOMERS = 100
LEAST_IN_BIN = 10
DRAWS = 20_000
SEED = 20240229

# An empty bin counts as half a customer: its logarithm would be infinite.
_EMPTY = 0.5


@dataclass(frozen=True)
class Threshold:
    """What a stability index is above in one of a hundred cases without drift.

    Attributes
    ----------
    value : float
    source : str
        ``"formula"`` or ``"simulation"``.
    p_value : float
        The probability of an index at least as large as that of the two groups, without drift. A
        simulated p-value is at least 1 in 20,001.
    """

    value: float
    source: str
    p_value: float


def population_stability(then: Sequence[int], now: Sequence[int]) -> float:
    """Return the population stability index of two lists of counts.

    Parameters
    ----------
    then, now : sequence of int, length n_bins
        Customers in each bin; at least one each. A bin that is empty in both is left out; one that
        is empty in one of them counts as half a customer there.

    Returns
    -------
    float
        0 where all shares are the same; never below.

    Raises
    ------
    ValueError
        If one of them has no customers.
    """
    first, second = np.asarray(then, dtype=float), np.asarray(now, dtype=float)
    if not first.sum() > 0 or not second.sum() > 0:
        raise ValueError("Shares of nobody cannot be compared.")
    return float(_stability(first[None, :], second[None, :])[0])


def drift_threshold(then: Sequence[int], now: Sequence[int]) -> Threshold:
    """Return the 99th percentile of the index without drift, for these sizes, and its p-value.

    Parameters
    ----------
    then, now : sequence of int, length n_bins
        As for :func:`population_stability`.

    Returns
    -------
    Threshold
        By the formula if both groups have 100 customers, at least two bins are in use, and 10 or
        more are expected in each of them. Otherwise simulated: shares are drawn that could have led
        to the counts of then (Dirichlet, of the counts and one customer spread over all bins), and
        from these as many customers as there are now. The same counts give the same threshold.
    """
    index = population_stability(then, now)
    first, second = np.asarray(then, dtype=float), np.asarray(now, dtype=float)
    n, m = first.sum(), second.sum()
    in_use = first + second > 0
    bins = int(in_use.sum())
    expected = (first + second)[in_use] / (n + m) * min(n, m)
    if min(n, m) >= LEAST_CUSTOMERS and bins > 1 and expected.min() >= LEAST_IN_BIN:
        from scipy.special import chdtrc, chdtri

        scale = 1 / n + 1 / m
        threshold = float(chdtri(bins - 1, FALSE_ALARMS) * scale)
        return Threshold(threshold, FORMULA, float(chdtrc(bins - 1, index / scale)))
    # One bin in use says that another would be news: how much of it is chance?
    drawn = first[in_use] if bins > 1 else first
    indices = _simulated(drawn, int(m))
    threshold = float(np.quantile(indices, 1 - FALSE_ALARMS, method="higher"))
    # Equal counts have equal indices but for rounding.
    as_large = int((indices >= index * (1 - 1e-9)).sum())
    return Threshold(threshold, SIMULATION, (1 + as_large) / (1 + len(indices)))


def _simulated(then: Matrix, customers: int) -> Matrix:
    generator = np.random.default_rng(SEED)
    shares = generator.dirichlet(then + 1 / len(then), size=DRAWS)
    drawn = generator.multinomial(customers, shares).astype(float)
    return _stability(np.broadcast_to(then, drawn.shape), drawn)


def stand_out(p_values: Sequence[float]) -> list[bool]:
    """Return which figures chance does not explain, corrected for their number (Holm, 1979).

    Without drift, one or more figures stand out in at most one of a hundred tables, whether they
    depend on each other or not. The smallest p-value is compared with 1 % divided by the number of
    figures, the next with 1 % divided by one less, until one is larger.

    Parameters
    ----------
    p_values : sequence of float

    Returns
    -------
    list of bool
        In the order of `p_values`.
    """
    found = [False] * len(p_values)
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda i: (p_values[i], i))):
        if p_values[place] > FALSE_ALARMS / (len(p_values) - rank):
            break
        found[place] = True
    return found


def _stability(then: Matrix, now: Matrix) -> Matrix:
    """Return the index of each pair of rows of counts."""
    n, m = then.sum(axis=1, keepdims=True), now.sum(axis=1, keepdims=True)
    first = np.where(then > 0, then, _EMPTY) / n
    second = np.where(now > 0, now, _EMPTY) / m
    terms = np.where(then + now > 0, (second - first) * np.log(second / first), 0.0)
    total: Matrix = terms.sum(axis=1)
    return total
