"""Silhouettes of several labellings at once, against scikit-learn's of one."""

from __future__ import annotations

import numpy as np
import pytest
from segmentation.clustering.silhouettes import BLOCK, silhouettes
from sklearn.metrics import silhouette_samples


@pytest.mark.parametrize("n", [7, BLOCK, BLOCK + 1, 2 * BLOCK + 3])
def test_every_labelling_has_its_own(n: int) -> None:
    random = np.random.default_rng(n)
    points = random.normal(size=(n, 4))
    labellings = [random.permutation(np.arange(n) % k) for k in (2, 3, 5)]
    # Labels need not count from 0, nor without gaps.
    labellings.append(np.array([-1, 4, 9])[labellings[1]])
    for labels, found in zip(labellings, silhouettes(points, labellings), strict=True):
        np.testing.assert_allclose(found, silhouette_samples(points, labels), atol=1e-9)


def test_a_point_alone_counts_as_nothing() -> None:
    points = np.array([[0.0], [0.1], [0.2], [9.0], [5.0], [5.1]])
    labels = np.array([0, 0, 0, 1, 2, 2])
    (found,) = silhouettes(points, [labels])
    assert found[3] == 0.0
    np.testing.assert_allclose(found, silhouette_samples(points, labels), atol=1e-12)


def test_points_that_are_all_alike() -> None:
    points = np.ones((6, 2))
    labels = np.array([0, 0, 0, 1, 1, 1])
    (found,) = silhouettes(points, [labels])
    np.testing.assert_array_equal(found, silhouette_samples(points, labels))


def test_one_segment_and_no_labelling() -> None:
    points = np.random.default_rng(0).normal(size=(9, 2))
    assert silhouettes(points, [np.zeros(9, dtype=np.intp)])[0].tolist() == [0.0] * 9
    assert silhouettes(points, []) == []
