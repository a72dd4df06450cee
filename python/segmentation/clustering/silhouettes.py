"""Silhouettes of several clusterings of the same points at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import pairwise_distances

from segmentation.features.arrays import Codes, Matrix

# Points whose distances to all others are in memory at a time: 20 MB for 5,000 points.
BLOCK = 500


def silhouettes(points: Matrix, labellings: Sequence[Codes]) -> list[Matrix]:
    """Return the silhouette of every point (Rousseeuw, 1987) under each of several labellings.

    Equal to scikit-learn's ``silhouette_samples``; all labellings share the distances, and one
    matrix product sums those of every point to every segment. The silhouette of a point alone in
    its segment is 0, and so is that of every point if there is only one segment.

    Parameters
    ----------
    points : ndarray of shape (n_points, n_columns)
    labellings : sequence of ndarray of shape (n_points,)

    Returns
    -------
    list of ndarray of shape (n_points,), one for each labelling
    """
    members = [_members(labels) for labels in labellings]
    scores = [np.zeros(len(points)) for _ in labellings]
    if not labellings:
        return scores
    for start in range(0, len(points), BLOCK):
        block = slice(start, start + BLOCK)
        distances = pairwise_distances(points[block], points)
        # Computed by products, the distance of a point to itself is a rounding error.
        own = np.arange(len(distances))
        distances[own, start + own] = 0.0
        for score, membership in zip(scores, members, strict=True):
            score[block] = _scores(distances @ membership, membership, block)
    return scores


def _members(labels: Codes) -> Matrix:
    _, places = np.unique(labels, return_inverse=True)
    members: Matrix = np.eye(places.max() + 1)[places]
    return members


def _scores(sums: Matrix, members: Matrix, block: slice) -> Matrix:
    sizes = members.sum(axis=0)
    if len(sizes) < 2:
        return np.zeros(len(sums))
    own = members[block].argmax(axis=1)
    rows = np.arange(len(sums))
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = sums[rows, own] / (sizes[own] - 1)
        means = sums / sizes
        means[rows, own] = np.inf
        nearest_other = means.min(axis=1)
        scores = (nearest_other - inside) / np.maximum(inside, nearest_other)
    silhouettes: Matrix = np.where(sizes[own] > 1, np.nan_to_num(scores), 0.0)
    return silhouettes
