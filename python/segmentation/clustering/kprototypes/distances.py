"""Dissimilarities between rows and prototypes, and the nearest prototype of each row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segmentation.features.arrays import Matrix
from segmentation.scoring.prototypes import lines_seen_from_first, nearest_seen_from_first

Codes = NDArray[np.intp]
Labels = NDArray[np.intp]


def nearest_prototypes(
    numbers: Matrix, codes: Codes, centers: Matrix, modes: Codes, gamma: float
) -> Labels:
    """Return the number of the nearest prototype of each row, shape (n,).

    By the rule of scoring, see
    :func:`segmentation.scoring.prototypes.nearest_seen_from_first`: the squared distance as seen
    from the first centroid, plus `gamma` times the mismatches that a prototype has more than the
    first.

    Parameters
    ----------
    numbers : ndarray of shape (n, n_numeric)
    codes : ndarray of int, shape (n, n_categorical)
        A code that no mode has differs from every mode.
    centers : ndarray of shape (k, n_numeric)
    modes : ndarray of int, shape (k, n_categorical)
    gamma : float
    """
    differing = mismatches(codes, modes)
    differing -= differing[0].copy()
    return nearest_seen_from_first(
        numbers, *lines_seen_from_first(centers), lambda i: [gamma * differing[i]]
    )


def dissimilarities(
    numbers: Matrix, codes: Codes, centers: Matrix, modes: Codes, gamma: float
) -> Matrix:
    """Return the dissimilarity of every row to every prototype, shape (n, k).

    The parameters are those of :func:`nearest_prototypes`.
    """
    found = gamma * mismatches(codes, modes).T
    for i, center in enumerate(centers):
        found[:, i] += ((numbers - center) ** 2).sum(axis=1)
    return found


def mismatches(codes: Codes, modes: Codes) -> Matrix:
    """Return the number of categories in which rows differ from modes, shape (k, n), as floats."""
    # Counted in bytes if the count fits: several times as fast.
    small = np.uint8 if codes.shape[1] < 256 else np.intp
    differing = np.zeros((len(modes), len(codes)), dtype=small)
    for j in range(codes.shape[1]):
        differing += codes[:, j] != modes[:, j, None]
    return differing.astype(float)
