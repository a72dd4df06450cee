"""Checks of what a search is given: weights, arrays, settings and starts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from segmentation.clustering.kprototypes.distances import Codes
from segmentation.clustering.kprototypes.tables import LARGEST_NUMBER
from segmentation.features.arrays import Matrix

# How a restart can begin.
STARTS = ("k-means++", "random")


def checked_weights(sample_weight: ArrayLike | None, n: int) -> Matrix | None:
    """Return weights, shape (n,), or None if none are given.

    Raises
    ------
    ValueError
        If there are not n of them, or one is negative or not finite, or all are zero.
    """
    if sample_weight is None:
        return None
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (n,):
        raise ValueError(
            f"sample_weight has shape {weights.shape}. It needs one weight for each of {n} rows."
        )
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(wrong):
        raise ValueError(
            f"sample_weight is {weights[wrong[0]]} at row {wrong[0]} and negative or not finite in "
            f"{len(wrong)} rows. Weights are finite numbers from 0."
        )
    if not weights.any():
        raise ValueError("Every sample_weight is zero: no row is left to fit.")
    return weights


def check_settings(
    n: int, n_clusters: int, gamma: float | None, n_init: int, max_iter: int, tol: float
) -> None:
    """Raise ValueError if a setting of a search of n rows is impossible.

    See :func:`segmentation.clustering.kprototypes.search.fit_prototypes` for what each means.
    """
    for name, value in (("n_clusters", n_clusters), ("n_init", n_init), ("max_iter", max_iter)):
        if value < 1:
            raise ValueError(f"{name} is {value}. It needs to be at least 1.")
    if not (np.isfinite(tol) and tol >= 0):
        raise ValueError(f"tol is {tol}. It is a finite number from 0.")
    if gamma is not None and not (np.isfinite(gamma) and gamma >= 0):
        raise ValueError(f"gamma is {gamma}. It is a finite number from 0, or None.")
    if n_clusters > n:
        raise ValueError(f"n_samples={n} should be >= n_clusters={n_clusters}.")


def check_arrays(numbers: Matrix, codes: Codes, category_counts: Sequence[int]) -> None:
    """Raise ValueError if rows cannot be compared.

    Parameters
    ----------
    numbers : ndarray of shape (n, n_numeric)
        Their squares must be finite.
    codes : ndarray of int, shape (n, n_categorical)
        From 0 to ``category_counts[j] - 1``.
    category_counts : sequence of int, length n_categorical
    """
    if numbers.ndim != 2 or codes.shape != (len(numbers), len(category_counts)):
        raise ValueError(
            f"numbers has shape {numbers.shape} and codes {codes.shape}. They need the same rows, "
            f"and codes a column for each of the {len(category_counts)} category_counts."
        )
    if not (np.abs(numbers) <= LARGEST_NUMBER).all():
        raise ValueError(
            f"numbers holds NaN, infinity or a value beyond ±{LARGEST_NUMBER:g}, whose square is "
            "no finite number. Fill, clip or scale them."
        )
    for j, count in enumerate(category_counts):
        if len(codes) and not 0 <= codes[:, j].min() <= codes[:, j].max() < count:
            raise ValueError(f"codes has values outside 0 to {count - 1} in column {j}.")


def check_start(
    init: str | tuple[Matrix, Codes], k: int, category_counts: Sequence[int], features: int
) -> None:
    """Raise ValueError if a search cannot begin so.

    Parameters
    ----------
    init : {"k-means++", "random"} or pair of ndarray
        A pair must have the shapes (k, features) and (k, n_categorical).
    k : int
        Number of prototypes.
    category_counts : sequence of int, length n_categorical
    features : int
        Number of numeric columns.
    """
    if isinstance(init, str):
        if init not in STARTS:
            raise ValueError(f"init is {init!r}. It can be: {', '.join(STARTS)}, or prototypes.")
        return
    shapes = tuple(np.shape(part) for part in init)
    expected = ((k, features), (k, len(category_counts)))
    if shapes != expected:
        raise ValueError(f"init has the shapes {shapes}. Needed are {expected}.")
