"""Gamma: what a category that differs adds to the squared distance of the numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from segmentation.features.arrays import Codes, Matrix

AUTO = "auto"
HALF_MEAN_DEVIATION = "half_mean_deviation"
GAMMA_RULES = (AUTO, HALF_MEAN_DEVIATION)

# What "auto" tries, in mean variances of the numbers: 1 for standardised ones.
CANDIDATE_GAMMAS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.5)

# A group whose rows agree on a number would have an infinite likelihood: no variance within a group
# counts as less than this share of that of all rows.
LEAST_VARIANCE = 0.01

# Likelihoods that differ by less are one value, rounded differently.
ROUNDING = 1e-9


def default_gamma(deviations: Matrix) -> float:
    """Return half the mean standard deviation of the numbers, the rule of the package kmodes.

    Parameters
    ----------
    deviations : ndarray of shape (n_numbers,)
        Standard deviation of each; 1 is returned without numbers, and where none varies.
    """
    return (0.5 * float(deviations.mean()) if len(deviations) else 0.0) or 1.0


def candidate_gammas(deviations: Matrix) -> tuple[float, ...]:
    """Return what ``"auto"`` tries, ascending, in the squared unit of the numbers.

    Parameters
    ----------
    deviations : ndarray of shape (n_numbers,)
        Standard deviation of each. Where none varies, gamma makes no difference: 1 alone is tried.
    """
    unit = float(np.square(deviations).mean()) if len(deviations) else 0.0
    return tuple(gamma * unit for gamma in CANDIDATE_GAMMAS) if unit > 0 else (1.0,)


def classification_log_likelihood(
    numbers: Matrix, codes: Codes, labels: Codes, weights: Matrix | None = None
) -> float:
    """Return the classification log-likelihood of groups, per row.

    That of Celeux and Govaert (1992, Computational Statistics & Data Analysis 14) for groups in
    which numbers are normal and categories multinomial, all independent of one another:
    ``sum over groups of share * (log(share) - sum of log(variance) / 2 + sum of p * log(p))``,
    p being the shares of the categories within the group. It has the same unit for every gamma.

    Parameters
    ----------
    numbers : ndarray of shape (n_rows, n_numbers)
        In any unit; variances are relative to that of all rows.
    codes : ndarray of shape (n_rows, n_categories)
        From 0.
    labels : ndarray of shape (n_rows,)
        From 0.
    weights : ndarray of shape (n_rows,), optional
        Positive.

    Returns
    -------
    float
        Higher is better.
    """
    shares = np.full(len(labels), 1 / len(labels)) if weights is None else weights / weights.sum()
    groups = int(labels.max()) + 1
    sizes = _sums(labels, shares, groups)
    total = _entropy_sum(sizes)
    for column in numbers.T:
        whole = float(shares @ np.square(column - shares @ column))
        if whole > 0:
            means = _sums(labels, shares * column, groups) / _positive(sizes)
            squares = shares * np.square(column - means[labels])
            within = _sums(labels, squares, groups) / _positive(sizes)
            total -= 0.5 * float(sizes @ np.log(np.maximum(within / whole, LEAST_VARIANCE)))
    for column in codes.T:
        cells = _sums(labels * (int(column.max()) + 1) + column, shares)
        total += _entropy_sum(cells) - _entropy_sum(sizes)
    return total


def best_gamma(likelihoods: Mapping[float, float]) -> float:
    """Return the gamma with the highest likelihood; of equal ones the smallest."""
    highest = max(likelihoods.values())
    least = highest - ROUNDING * max(1.0, abs(highest))
    return min(gamma for gamma, found in likelihoods.items() if found >= least)


def _sums(places: Codes, amounts: Matrix, size: int = 0) -> Matrix:
    """Return the sum of the amounts at each place from 0."""
    return np.bincount(places, amounts, minlength=size).astype(np.float64)


def _entropy_sum(shares: Matrix) -> float:
    return float((shares * np.log(_positive(shares))).sum())


def _positive(shares: Matrix) -> Matrix:
    return np.where(shares > 0, shares, 1.0)
