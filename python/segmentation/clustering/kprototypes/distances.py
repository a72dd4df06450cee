"""Dissimilarities between rows and prototypes, and the nearest prototype of each row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segmentation.features.arrays import Matrix

Codes = NDArray[np.intp]
Labels = NDArray[np.intp]


def nearest_prototypes(
    numbers: Matrix, codes: Codes, centers: Matrix, modes: Codes, gamma: float
) -> Labels:
    """Return the number of the nearest prototype of each row, shape (n,).

    The terms and their order are those of :mod:`segmentation.scoring.nearest` in the engine: the
    squared distance relative to the first centroid, so that large values with small differences
    keep their digits, plus `gamma` times the mismatches in excess of the first prototype's. Of
    equally near prototypes, the one with the lower number wins.

    Parameters
    ----------
    numbers : ndarray of shape (n, n_numeric)
    codes : ndarray of int, shape (n, n_categorical)
        A code that no mode has differs from every mode.
    centers : ndarray of shape (k, n_numeric)
    modes : ndarray of int, shape (k, n_categorical)
    gamma : float
    """
    apart = centers - centers[0]
    offsets = (apart * (centers + centers[0])).sum(axis=1)
    slopes = -2 * apart
    differing = mismatches(codes, modes)
    differing -= differing[0].copy()
    nearest = np.zeros(len(numbers), dtype=np.intp)
    lowest = np.zeros(len(numbers))
    # The first prototype's own proximity is 0. Sums run column by column, not through BLAS, so that
    # the result for a row does not depend on its position.
    for i in range(1, len(centers)):
        proximity = np.full(len(numbers), offsets[i])
        for j, slope in enumerate(slopes[i]):
            proximity += slope * numbers[:, j]
        proximity += gamma * differing[i]
        nearer = proximity < lowest
        nearest[nearer] = i
        lowest[nearer] = proximity[nearer]
    return nearest


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
