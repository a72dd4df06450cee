"""Prototypes for a clustering that knows only its own rows: a few points stand for each segment."""

from __future__ import annotations

import numpy as np
from sklearn.cluster import KMeans

from segmentation.features.arrays import Codes
from segmentation.features.mixed_sample import MixedSample
from segmentation.scoring.prototypes import NOISE, Prototypes, from_points

# A dozen points follow the shape of a segment that is no ball; more would slow scoring down.
MOST_POINTS = 12

# In squared scaled units. A point that stands for one row must reach it in the engine too, whose
# logarithms and powers may differ in the last digit.
LEAST_REACH = 1e-18


def representatives(
    sample: MixedSample, labels: Codes, *, has_noise: bool, seed: int
) -> Prototypes:
    """Return points that stand for the segments of labelled rows.

    Those of a segment are the centroids of at most twelve K-Means groups of its rows, one for
    every ten rows. Where there is noise, a point reaches as far as the farthest of the rows, noise
    left out, that it is nearest to.

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
        Without any where all rows are noise.
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
        # Scoring asks the nearest point alone, be it one of another segment.
        nearest = prototypes.nearest(kept) if ids else np.zeros(0, dtype=np.intp)
        reaches = np.full(len(ids), LEAST_REACH)
        # A hair more, so that rounding never turns the farthest row itself into noise.
        np.maximum.at(reaches, nearest, apart[np.arange(len(kept)), nearest] * (1 + 1e-9))
    return Prototypes(
        segment_ids=np.array(ids, dtype=np.intp),
        centers=prototypes.centers,
        category_costs=prototypes.category_costs,
        offsets=prototypes.offsets,
        reaches=reaches,
    )
