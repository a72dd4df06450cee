"""The order of OPTICS: from each row to the row that is most easily reached from those before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.cluster import cluster_optics_xi
from sklearn.neighbors import NearestNeighbors

from segmentation.features.arrays import Codes, Matrix

# Distances that differ in later digits are equal.
DIGITS = np.finfo(np.float64).precision


@dataclass(frozen=True)
class Reachability:
    """Rows in the order of OPTICS.

    Attributes
    ----------
    ordering : ndarray of int, shape (n,)
        Positions of the rows.
    distances : ndarray of shape (n,)
        From how far each row was reached, by its position; infinite for the first.
    predecessors : ndarray of int, shape (n,)
        From which row; -1 for the first.
    """

    ordering: Codes
    distances: Matrix
    predecessors: Codes


def reachability(points: Matrix, neighbours: int) -> Reachability:
    """Put rows in the order of OPTICS (Ankerst, Breunig, Kriegel and Sander, 1999, SIGMOD 28).

    The result is that of :func:`sklearn.cluster.compute_optics_graph` without a largest distance,
    whose calls for the neighbours of one row after the other take twenty times as long.

    Parameters
    ----------
    points : ndarray of shape (n, d)
        Finite.
    neighbours : int
        Rows, the row itself included, that make its surroundings dense; from 2 to n.

    Returns
    -------
    Reachability
        Of equally distant rows the one with the lower position comes first.
    """
    searched = NearestNeighbors(n_neighbors=neighbours).fit(points)
    cores = np.around(searched.kneighbors(points)[0][:, -1], DIGITS)
    count = len(points)
    distances = np.full(count, np.inf)
    predecessors = np.full(count, -1)
    ordering = np.empty(count, dtype=np.intp)
    waiting = np.arange(count)
    for place in range(count):
        first = np.argmin(distances[waiting])
        row = ordering[place] = waiting[first]
        waiting = np.delete(waiting, first)
        reached = np.maximum(cdist(points[row : row + 1], points[waiting])[0], cores[row])
        reached = np.around(reached, DIGITS)
        is_nearer = reached < distances[waiting]
        distances[waiting[is_nearer]] = reached[is_nearer]
        predecessors[waiting[is_nearer]] = row
    return Reachability(ordering, distances, predecessors)


def optics_labels(points: Matrix, neighbours: int, smallest_group: int) -> Codes:
    """Return the clusters of OPTICS, the steep valleys of reachability; noise is -1.

    Parameters
    ----------
    points : ndarray of shape (n, d)
        Finite.
    neighbours : int
        See :func:`reachability`.
    smallest_group : int
        Fewest rows of a cluster.
    """
    order = reachability(points, neighbours)
    labels: Codes = cluster_optics_xi(
        reachability=order.distances,
        predecessor=order.predecessors,
        ordering=order.ordering,
        min_samples=neighbours,
        min_cluster_size=smallest_group,
    )[0]
    return labels
