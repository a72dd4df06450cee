"""Descents: rows are assigned and prototypes updated in turns, then single rows are moved."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from segmentation.clustering.kprototypes.distances import Codes, Labels
from segmentation.clustering.kprototypes.distinct_rows import DistinctRows
from segmentation.features.arrays import Matrix


@dataclass(frozen=True)
class Descent:
    """Result of a descent.

    Attributes
    ----------
    centers : ndarray of shape (k, n_numeric)
        Relative to the mean of the rows.
    modes : ndarray of shape (k, n_categorical)
    labels : ndarray of shape (n,)
        The cluster of each distinct row.
    cost : float
        Weighted sum of the dissimilarities between the rows and their prototypes.
    passes : int
    converged : bool
        Whether it ended before its largest number of passes.
    """

    centers: Matrix
    modes: Codes
    labels: Labels
    cost: float
    passes: int
    converged: bool


def descend(rows: DistinctRows, centers: Matrix, modes: Codes, most: int, gain: float) -> Descent:
    """Assign rows and update prototypes in turns until the gain ends.

    Parameters
    ----------
    rows : DistinctRows
    centers : ndarray of shape (k, n_numeric)
        To begin with, relative to the mean of the rows.
    modes : ndarray of shape (k, n_categorical)
        To begin with.
    most : int
        Most passes.
    gain : float
        It ends when a pass lowers the cost by no more than this share of it; with 0, when also no
        row changes its cluster.
    """
    labels, apart = rows.assign(centers, modes)
    cost = float(apart @ rows.weights)
    for passes in range(1, most + 1):
        labels = without_empty(rows, labels, apart, len(centers))
        centers, modes = rows.update(labels, centers, modes)
        before, cost_before = labels, cost
        labels, apart = rows.assign(centers, modes)
        cost = float(apart @ rows.weights)
        if cost_before - cost <= gain * cost_before and (gain > 0 or (labels == before).all()):
            return Descent(centers, modes, labels, cost, passes, converged=True)
    return Descent(centers, modes, labels, cost, most, converged=False)


def settled(rows: DistinctRows, found: Descent, most: int, tol: float) -> Descent:
    """Continue a converged descent by moves of single rows.

    A row moves to another cluster if that lowers the cost after both prototypes are updated
    (Hartigan and Wong, 1979, Applied Statistics 28); distances alone do not show this. All such
    rows move at once; if that gains nothing, only the row with the largest gain moves. Then the
    descent continues.

    Parameters
    ----------
    rows : DistinctRows
    found : Descent
        Returned as it is if it has not converged.
    most : int
        Most passes, those of `found` included.
    tol : float
        Smallest share of the cost that a move or a pass must gain.
    """
    passes = found.passes
    while found.converged and passes < most:
        gains, targets = rows.gains(found.centers, found.modes, found.labels)
        # Gains below this are rounding.
        movable = gains > max(tol, 1e-13) * found.cost
        if not movable.any():
            break
        for moving in (movable, gains == gains.max()):
            labels = np.where(moving, targets, found.labels)
            centers, modes = rows.update(labels, found.centers, found.modes)
            tried = descend(rows, centers, modes, most - passes, tol)
            passes += tried.passes
            if tried.cost < found.cost or passes >= most:
                break
        if not tried.cost < found.cost:
            break
        found = tried
    return replace(found, passes=passes)


def without_empty(rows: DistinctRows, labels: Labels, apart: Matrix, k: int) -> Labels:
    """Give clusters without rows those rows that add most to the cost, one each.

    Ties go to the first in the order of the distinct rows. A row that lies on its prototype stays.

    Parameters
    ----------
    rows : DistinctRows
    labels : ndarray of shape (n,)
    apart : ndarray of shape (n,)
        Dissimilarity of each row to its prototype.
    k : int
        Number of clusters.

    Returns
    -------
    ndarray of shape (n,)
        Labels; some clusters stay empty where too few rows lie apart from their prototype.
    """
    members = np.bincount(labels, minlength=k)
    if members.all():
        return labels
    empty = np.flatnonzero(members == 0)
    costs = apart * rows.weights
    farthest = np.argsort(-costs, kind="stable")[: len(empty)]
    farthest = farthest[costs[farthest] > 0]
    labels = labels.copy()
    labels[farthest] = empty[: len(farthest)]
    return labels
