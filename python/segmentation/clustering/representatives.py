"""Prototypes for a clustering without a scoring rule: a few points represent each segment."""

from __future__ import annotations

import numpy as np
from sklearn.cluster import KMeans

from segmentation.features.arrays import Codes
from segmentation.features.mixed_sample import MixedSample
from segmentation.scoring.prototypes import NOISE, Prototypes, from_points

# A dozen points follow the shape of a segment that is not spherical; more would slow scoring.
MOST_POINTS = 12

# In squared scaled units. A point that represents one row must reach it in the engine too, where
# logarithms and powers may differ in the last digit.
LEAST_REACH = 1e-18


def representatives(
    sample: MixedSample, labels: Codes, *, has_noise: bool, seed: int
) -> Prototypes:
    """Return points that represent the segments of labelled rows.

    The points of a segment are the centroids of K-Means groups of its rows: one for every ten rows,
    at most twelve. If there is noise, the reach of a point is the dissimilarity to the farthest row
    that it represents, without noise.

    Parameters
    ----------
    sample : MixedSample
    labels : ndarray of shape (n_rows,)
        Segments from 0; -1 is noise.
    has_noise : bool
        Whether a row that is far from every point is noise.
    seed : int
        Of K-Means.

    Returns
    -------
    Prototypes
        Empty if all rows are noise.
    """
    points, ids = [], []
    for segment in range(int(labels.max(initial=NOISE)) + 1):
        rows = sample.embedded[labels == segment]
        wanted = min(MOST_POINTS, max(1, len(rows) // 10), len(np.unique(rows, axis=0)))
        fitted = KMeans(wanted, n_init=1, random_state=seed).fit(rows)
        points.append(fitted.cluster_centers_)
        ids += [segment] * wanted
    n_columns = sample.embedded.shape[1]
    stacked = np.vstack(points) if points else np.zeros((0, n_columns))
    prototypes = from_points(stacked, sample)
    reaches = None
    if has_noise:
        kept = sample.rows(labels != NOISE)
        apart = prototypes.dissimilarities(kept)
        # Scoring uses only the nearest point, even if it belongs to another segment.
        nearest = prototypes.nearest(kept) if ids else np.zeros(0, dtype=np.intp)
        reaches = np.full(len(ids), LEAST_REACH)
        # Slightly more, so that rounding never turns the farthest row into noise.
        np.maximum.at(reaches, nearest, apart[np.arange(len(kept)), nearest] * (1 + 1e-9))
    return Prototypes(
        segment_ids=np.array(ids, dtype=np.intp),
        centers=prototypes.centers,
        category_costs=prototypes.category_costs,
        offsets=prototypes.offsets,
        reaches=reaches,
    )
