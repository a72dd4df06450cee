"""How far rows of numbers and categories lie from prototypes, and which is the nearest."""

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

    Compared is what :mod:`segmentation.scoring.nearest` compares in the engine, term by term in the
    same order: the squared distance as seen from the first centroid, which large values with small
    differences lose no digits in, plus `gamma` times the mismatches that a prototype has more than
    the first. Of prototypes that are equally near, the one with the lower number wins.

    Parameters
    ----------
    numbers : ndarray of shape (n, n_numeric)
    codes : ndarray of int, shape (n, n_categorical)
        A code that no mode has differs from all.
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
    # The first prototype's own proximity is 0. Sums run column by column, not through BLAS: a
    # row's figure must not depend on where it stands.
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

    The parameters are those of :func:`nearest_prototypes`. Differences are squared as they are.
    """
    found = gamma * mismatches(codes, modes).T
    for i, center in enumerate(centers):
        found[:, i] += ((numbers - center) ** 2).sum(axis=1)
    return found


def mismatches(codes: Codes, modes: Codes) -> Matrix:
    """Return in how many categories rows differ from modes, shape (k, n), as floats."""
    # Counted in bytes where they hold the count: several times as fast.
    small = np.uint8 if codes.shape[1] < 256 else np.intp
    differing = np.zeros((len(modes), len(codes)), dtype=small)
    for j in range(codes.shape[1]):
        differing += codes[:, j] != modes[:, j, None]
    return differing.astype(float)
