"""Gamma from the data: that of several under which K-Prototypes finds the likeliest groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state

from segmentation.clustering.gamma import (
    best_gamma,
    candidate_gammas,
    classification_log_likelihood,
)
from segmentation.clustering.kprototypes.distances import Codes
from segmentation.clustering.kprototypes.distinct_rows import DistinctRows
from segmentation.clustering.kprototypes.search import PrototypeSearch, fit_prototypes
from segmentation.features.arrays import Matrix

# Groups of a pilot fit where the number of segments is not known yet.
PILOT_SEGMENTS = 6

# A pilot fit reads at most so many distinct rows, those with the smallest hashes.
PILOT_ROWS = 5_000

# Restarts of a pilot fit; each goes on with swaps.
PILOT_STARTS = 2


def gamma_from_data(
    numbers: Matrix,
    codes: Codes,
    category_counts: Sequence[int],
    n_clusters: int = PILOT_SEGMENTS,
    *,
    random_state: Any,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Return the gamma whose groups have the highest classification log-likelihood.

    A K-Prototypes fit is made for each of
    :func:`segmentation.clustering.gamma.candidate_gammas`. The cost of K-Prototypes cannot choose,
    because it grows with gamma.

    Parameters
    ----------
    numbers : ndarray of shape (n_rows, n_numbers)
        All finite.
    codes : ndarray of shape (n_rows, n_categories)
    category_counts : sequence of int
    n_clusters : int
        Groups to look for; at most as many as there are distinct rows.
    random_state : int, RandomState or None
    sample_weight : array-like of shape (n_rows,), optional

    Returns
    -------
    float
        The smallest candidate where gamma makes no difference because no category varies.
    """
    weights = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    rows = DistinctRows(numbers, codes, category_counts, weights, 1.0)
    deviations = np.sqrt((rows.weighted * rows.numbers).sum(axis=1) / rows.total)
    candidates = candidate_gammas(deviations)
    if len(rows.patterns) < 2 or len(candidates) < 2:
        return candidates[0]
    few = slice(0, PILOT_ROWS)
    pilot, pilot_codes, counted = rows.numbers.T[few], rows.codes()[few], rows.weights[few]
    seed = int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
    likelihoods = {}
    for gamma in candidates:
        found = fit_prototypes(
            pilot,
            pilot_codes,
            category_counts,
            min(n_clusters, len(pilot)),
            PrototypeSearch(gamma, PILOT_STARTS, max_iter=100, tol=0.0, random_state=seed),
            counted,
        )
        likelihoods[gamma] = classification_log_likelihood(
            pilot, pilot_codes, found.labels, counted
        )
    return best_gamma(likelihoods)
