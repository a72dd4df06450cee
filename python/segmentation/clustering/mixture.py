"""A mixture model of numbers and categories, for its BIC."""

from __future__ import annotations

import numpy as np

from segmentation.features.arrays import Codes, Matrix
from segmentation.features.mixed_sample import MixedSample

# Added to variances, in squared scaled units, and to counts of categories: a component of few rows
# would be infinitely likely.
RIDGE = 1e-2
PRIOR_COUNT = 0.1

# EM ends when a pass gains less than this log-likelihood per row, or after so many passes.
LEAST_GAIN = 3e-4
MOST_PASSES = 60

# What a start gives to the component of a row's group; the rest is shared by all components.
FIRST_SHARE = 0.9


def mixture_bic(sample: MixedSample, labels: Codes, k: int) -> float:
    """Return the Bayesian information criterion of a mixture (Fraley and Raftery, 2002).

    In each component the numbers are normal with covariances of their own, and independent of the
    categories, which are independent of one another. EM starts from given groups.

    Parameters
    ----------
    sample : MixedSample
    labels : ndarray of shape (n_rows,)
        Groups to start from, from 0.
    k : int
        Number of components.

    Returns
    -------
    float
        Lower is better.
    """
    n, p = sample.numbers.shape
    indicators, counts = _indicators(sample)
    shares = FIRST_SHARE * np.eye(k)[np.maximum(labels, 0)] + (1 - FIRST_SHARE) / k
    likelihood = -np.inf
    for _ in range(MOST_PASSES):
        densities = _log_densities(sample.numbers, indicators, counts, shares)
        highest = densities.max(axis=1, keepdims=True)
        scaled = np.exp(densities - highest)
        sums = scaled.sum(axis=1, keepdims=True)
        before, likelihood = likelihood, float((highest + np.log(sums)).sum())
        shares = scaled / sums
        if likelihood - before < LEAST_GAIN * n:
            break
    levels = sum(count - 1 for count in counts)
    parameters = k * (1 + p + p * (p + 1) // 2 + levels) - 1
    return float(parameters * np.log(n) - 2 * likelihood)


def _indicators(sample: MixedSample) -> tuple[Matrix, list[int]]:
    """Return categories as 0 and 1, shape (n_rows, n_levels), and the levels of each column."""
    blocks = [np.zeros((len(sample), 0))]
    counts = []
    for column in sample.codes.T:
        seen, places = np.unique(column, return_inverse=True)
        blocks.append(np.eye(len(seen))[places])
        counts.append(len(seen))
    return np.hstack(blocks), counts


def _log_densities(
    numbers: Matrix, indicators: Matrix, counts: list[int], shares: Matrix
) -> Matrix:
    """Return log(share * density) of every row in every component, shape (n_rows, k)."""
    n, p = numbers.shape
    sizes = shares.sum(axis=0) + 1e-9
    levels = np.repeat(counts, counts)
    frequencies = (shares.T @ indicators + PRIOR_COUNT) / (
        sizes[:, None] + PRIOR_COUNT * levels[None, :]
    )
    densities: Matrix = np.log(sizes / n) + indicators @ np.log(frequencies).T
    for j in range(shares.shape[1]) if p else ():
        apart = numbers - shares[:, j] @ numbers / sizes[j]
        covariance = (apart * shares[:, [j]]).T @ apart / sizes[j] + RIDGE * np.eye(p)
        root = np.linalg.cholesky(covariance)
        squares = (np.linalg.solve(root, apart.T) ** 2).sum(axis=0)
        densities[:, j] -= 0.5 * (squares + p * np.log(2 * np.pi)) + np.log(np.diag(root)).sum()
    return densities
