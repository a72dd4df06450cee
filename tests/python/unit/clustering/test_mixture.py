"""BIC of a mixture: scikit-learn's for numbers, and a preference for the planted number."""

from __future__ import annotations

import numpy as np
import pytest
from segmentation.clustering import ALGORITHMS
from segmentation.clustering.mixture import mixture_bic
from segmentation.features.mixed_sample import MixedSample, numbers_only
from sklearn.datasets import make_blobs
from sklearn.mixture import GaussianMixture


def test_of_numbers_it_is_that_of_scikit_learn() -> None:
    points, groups = make_blobs(600, centers=3, cluster_std=1.5, random_state=3)
    oracle = GaussianMixture(3, reg_covar=1e-2, tol=1e-5, n_init=3, random_state=0).fit(points)
    found = mixture_bic(numbers_only(points), groups, 3)
    assert found == pytest.approx(oracle.bic(points), rel=1e-3)


def test_planted_groups_of_numbers_and_categories_have_the_lowest() -> None:
    random = np.random.default_rng(1)
    group = random.integers(3, size=900)
    numbers = random.normal(size=(900, 2)) + 3.0 * np.eye(3)[group, :2]
    codes = np.where(
        random.random((900, 3)) < 0.8, group[:, None], random.integers(3, size=(900, 3))
    )
    sample = MixedSample(numbers, codes.astype(np.intp), (3, 3, 3), 2.0)
    found = {
        k: mixture_bic(sample, ALGORITHMS["kmeans"].fit(sample, k, n_init=3, seed=0).labels, k)
        for k in range(2, 6)
    }
    assert min(found, key=lambda k: found[k]) == 3


def test_categories_alone_and_components_without_rows() -> None:
    codes = np.tile([[0, 1], [1, 0]], (50, 1)).astype(np.intp)
    sample = MixedSample(np.zeros((100, 0)), codes, (2, 2), 1.0)
    labels = codes[:, 0]
    assert mixture_bic(sample, labels, 2) < mixture_bic(sample, labels, 3) < np.inf
