"""The scan over k: its figures against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from segmentation.clustering import ALGORITHMS
from segmentation.clustering.k_choice import FitsToJudge, scan_k
from segmentation.features.mixed_sample import numbers_only
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_samples

KMEANS = ALGORITHMS["kmeans"]


@pytest.fixture(scope="module")
def blobs() -> np.ndarray:
    centers = [(0, 0), (9, 0), (0, 9), (9, 9)]
    points, _ = make_blobs(600, centers=centers, cluster_std=1.0, random_state=4)
    return points


def test_figures_are_those_of_scikit_learn(blobs: np.ndarray) -> None:
    scan = scan_k(
        numbers_only(blobs), KMEANS, range(2, 7), FitsToJudge(n_init=10, seed=0, resamples=5)
    )
    found = {judgement.k: judgement for judgement in scan}
    assert sorted(found) == [2, 3, 4, 5, 6]
    oracle = KMeans(4, n_init=10, random_state=0).fit(blobs)
    assert found[4].inertia == pytest.approx(oracle.inertia_, rel=1e-9)
    silhouettes = silhouette_samples(blobs, oracle.labels_)
    assert found[4].silhouette == pytest.approx(silhouettes.mean(), rel=1e-12)
    assert found[4].silhouette_standard_error == pytest.approx(
        silhouettes.std(ddof=1) / np.sqrt(len(blobs)), rel=1e-9
    )
    assert found[4].calinski_harabasz == pytest.approx(
        calinski_harabasz_score(blobs, oracle.labels_)
    )
    assert found[4].davies_bouldin == pytest.approx(davies_bouldin_score(blobs, oracle.labels_))


@pytest.mark.long
def test_planted_groups_are_found_by_every_criterion(blobs: np.ndarray) -> None:
    found = scan_k(
        numbers_only(blobs), KMEANS, range(2, 9), FitsToJudge(n_init=10, seed=0, resamples=10)
    )
    assert [judgement.k for judgement in found if judgement.is_knee] == [4]
    assert max(found, key=lambda j: j.silhouette).k == 4
    four = next(judgement for judgement in found if judgement.k == 4)
    assert four.stability_p10 > 0.95


def test_the_same_seed_scans_the_same(blobs: np.ndarray) -> None:
    scans = [
        scan_k(numbers_only(blobs), KMEANS, range(2, 5), FitsToJudge(n_init=2, seed=9, resamples=4))
        for _ in range(2)
    ]
    assert scans[0] == scans[1]


def test_silhouettes_of_a_row_alone_in_its_segment() -> None:
    """As scikit-learn counts it, 0."""
    rows = np.array([[0.0], [0.1], [0.2], [9.0], [5.0], [5.1]])
    found = {
        j.k: j
        for j in scan_k(numbers_only(rows), KMEANS, [3], FitsToJudge(n_init=5, seed=0, resamples=2))
    }
    labels = KMeans(3, n_init=5, random_state=0).fit_predict(rows)
    assert np.bincount(labels).min() == 1
    assert found[3].silhouette == pytest.approx(silhouette_samples(rows, labels).mean())


def test_no_k_beyond_the_distinct_rows() -> None:
    rows = np.repeat(np.array([[0.0], [1.0], [5.0]]), 20, axis=0)
    found = scan_k(
        numbers_only(rows), KMEANS, range(2, 9), FitsToJudge(n_init=2, seed=0, resamples=3)
    )
    assert [judgement.k for judgement in found] == [2]
