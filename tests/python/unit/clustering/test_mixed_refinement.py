"""Lloyd passes over numbers and categories in the engine, against passes made in NumPy."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from mixed_customers import planted_customers, prepared_features, put, sample_of, with_gaps
from segmentation.clustering import ALGORITHMS
from segmentation.clustering.refinement import (
    LloydPasses,
    RefinedPrototypes,
    refine_prototypes,
    segment_means,
)
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.features.categories import PreparedCategory
from segmentation.features.mixed_sample import MixedSample
from segmentation.features.numbers import PreparedFeature
from segmentation.features.prepared import PreparedFeatures
from segmentation.scoring.prototypes import Prototypes, from_modes, from_points
from sklearn.cluster import KMeans


def refined(
    connection: duckdb.DuckDBPyConnection,
    features: PreparedFeatures,
    start: Prototypes,
    gamma: float,
    algorithm: str = "kprototypes",
    **settings: Any,
) -> RefinedPrototypes:
    recentered = ALGORITHMS[algorithm].recentered
    lloyd = recentered and LloydPasses(
        recentered, gamma, **({"max_passes": 1000, "tolerance": 0.0} | settings)
    )
    return refine_prototypes(DuckDBEngine(connection), "t", features, start, lloyd)


def start_of(sample: MixedSample, algorithm: str, k: int = 5) -> Prototypes:
    """Return rows as prototypes: far from where passes come to rest."""
    rows = np.arange(0, len(sample), len(sample) // k)[:k]
    if algorithm == "kmeans":
        return from_points(sample.embedded[rows], sample)
    return from_modes(
        sample.numbers[rows], sample.codes[rows], sample.category_counts, sample.gamma
    )


@pytest.fixture
def everybody(
    connection: duckdb.DuckDBPyConnection,
) -> tuple[MixedSample, PreparedFeatures]:
    """Three thousand rows with gaps; what nobody's category is, is known to the model."""
    frame = with_gaps(planted_customers(3000))
    features = prepared_features(frame)
    put(connection, frame)
    return sample_of(frame, features, gamma=0.8), features


def test_passes_of_kmeans_are_those_of_scikit_learn(
    connection: duckdb.DuckDBPyConnection, everybody: tuple[MixedSample, PreparedFeatures]
) -> None:
    sample, features = everybody
    rows = np.arange(0, len(sample), len(sample) // 5)[:5]
    oracle = KMeans(5, init=sample.embedded[rows], n_init=1, tol=0.0, max_iter=1000)
    oracle.fit(sample.embedded)
    found = refined(connection, features, start_of(sample, "kmeans"), sample.gamma, "kmeans")
    assert found.converged
    expected = from_points(oracle.cluster_centers_, sample)
    np.testing.assert_allclose(found.prototypes.centers, expected.centers, atol=1e-9)
    for costs, of_oracle in zip(
        found.prototypes.category_costs, expected.category_costs, strict=True
    ):
        np.testing.assert_allclose(costs, of_oracle, atol=1e-9)
    assert found.counts == np.bincount(oracle.labels_).tolist()
    assert found.inertia == pytest.approx(oracle.inertia_, rel=1e-9)


def lloyd(sample: MixedSample, start: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Return means and modes where passes come to rest, in loops as the definition has them."""
    centers, modes = sample.numbers[start].copy(), sample.codes[start].copy()
    labels: list[int] = []
    while True:
        found = []
        for x, codes in zip(sample.numbers, sample.codes, strict=True):
            apart = [
                ((x - center) ** 2).sum() + sample.gamma * (codes != mode).sum()
                for center, mode in zip(centers, modes, strict=True)
            ]
            found.append(int(np.argmin(apart)))
        if found == labels:
            return centers, modes, labels
        labels = found
        for i in set(labels):
            own = np.array(labels) == i
            centers[i] = sample.numbers[own].mean(axis=0)
            for f in range(sample.codes.shape[1]):
                # np.bincount counts from the smallest code, and argmax takes the first.
                modes[i, f] = np.bincount(sample.codes[own, f]).argmax()


def test_passes_of_kprototypes_are_means_and_modes(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    frame = with_gaps(planted_customers(400))
    features = prepared_features(frame)
    put(connection, frame)
    sample = sample_of(frame, features, gamma=0.8)
    centers, modes, labels = lloyd(sample, np.arange(0, 400, 80))
    found = refined(connection, features, start_of(sample, "kprototypes"), sample.gamma)
    assert found.converged
    assert found.counts == np.bincount(labels, minlength=5).tolist()
    np.testing.assert_allclose(found.prototypes.centers, centers, atol=1e-9)
    own = from_modes(centers, modes, sample.category_counts, sample.gamma)
    for costs, expected in zip(found.prototypes.category_costs, own.category_costs, strict=True):
        np.testing.assert_array_equal(costs, expected)
    assert found.inertia == pytest.approx(own.inertia(sample), rel=1e-9)


PLAIN = PreparedFeature("x", 0.0, -1e15, 1e15, "none", 1.0, 0.0, 1.0)


def test_of_equally_frequent_categories_the_mode_is_the_smaller(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute(
        "create table t as select * from (values (0.0, 'c'), (0.0, 'b'), (0.0, 'c'), (0.0, 'b'),"
        " (0.0, 'a'), (9.0, 'c'), (9.0, 'c'), (9.0, 'a'), (9.0, 'a')) as rows (x, y)"
    )
    features = PreparedFeatures([PLAIN], [PreparedCategory("y", ["a", "b", "c"], "a")])
    start = from_modes(np.array([[0.0], [9.0]]), np.array([[2], [2]]), (3,), 0.5)
    found = refined(connection, features, start, 0.5)
    assert found.counts == [5, 4]
    assert found.prototypes.category_costs[0].argmin(axis=1).tolist() == [1, 0]


@pytest.mark.parametrize("algorithm", ["kmeans", "kprototypes"])
def test_a_prototype_without_rows_stays(
    connection: duckdb.DuckDBPyConnection, algorithm: str
) -> None:
    connection.execute(
        "create table t as select * from (values (0.0, 'a'), (1.0, 'b'), (2.0, 'b')) as rows (x, y)"
    )
    features = PreparedFeatures([PLAIN], [PreparedCategory("y", ["a", "b"], "b")])
    start = from_modes(np.array([[0.0], [500.0]]), np.array([[0], [0]]), (2,), 0.5)
    found = refined(connection, features, start, 0.5, algorithm)
    assert found.counts == [3, 0]
    assert found.prototypes.centers.tolist() == [[1.0], [500.0]]
    np.testing.assert_array_equal(found.prototypes.category_costs[0][1], start.category_costs[0][1])
    assert found.converged


@pytest.mark.long
@pytest.mark.parametrize("algorithm", ["kmeans", "kprototypes"])
def test_the_same_bits_at_any_number_of_threads_in_any_order(
    connection: duckdb.DuckDBPyConnection, algorithm: str
) -> None:
    # Three row groups, or threads would have nothing to share.
    connection.execute(
        "create table t as select sin(i) as x, cos(i * i) as z,"
        " 'c' || cast(i * 7919 % 11 as varchar) as y from range(250000) as rows (i)"
    )
    categories = sorted(f"c{i}" for i in range(11))
    features = PreparedFeatures(
        [PLAIN, PreparedFeature("z", 0.0, -1e15, 1e15, "none", 1.0, 0.1, 0.7)],
        [PreparedCategory("y", categories, "c0")],
    )
    start = from_modes(np.array([[-0.8, 0.0], [0.9, 1.0]]), np.array([[1], [2]]), (11,), 0.3)

    def run() -> tuple[bytes, ...]:
        found = refined(connection, features, start, 0.3, algorithm, max_passes=2)
        assert sum(found.counts) == 250_000
        assert found.passes == 2
        prototypes = found.prototypes
        return (
            prototypes.centers.tobytes(),
            *(costs.tobytes() for costs in prototypes.category_costs),
            np.float64(found.inertia).tobytes(),
        )

    connection.execute("set threads = 3")
    first = run()
    for threads in (1, 2, 5):
        connection.execute(f"set threads = {threads}")
        connection.execute(f"create or replace table t as from t order by hash(x + {threads})")
        assert run() == first


@pytest.mark.parametrize("gamma", [0.0, 0.8, 40.0])
@pytest.mark.parametrize("algorithm", ["kmeans", "kprototypes"])
def test_the_cost_never_rises(
    connection: duckdb.DuckDBPyConnection, algorithm: str, gamma: float
) -> None:
    """With categories that the model does not know among the rows."""
    clean = planted_customers(600)
    features = prepared_features(clean)
    put(connection, with_gaps(clean))
    sample = sample_of(clean, features, gamma)
    prototypes = start_of(sample, algorithm)
    costs = []
    for _ in range(40):
        found = refined(connection, features, prototypes, gamma, algorithm, max_passes=1)
        costs.append(found.inertia)
        prototypes = found.prototypes
        if found.converged:
            break
    assert found.converged
    assert len(costs) > 2
    assert all(after <= before * (1 + 1e-12) for before, after in pairwise(costs))


def test_categories_alone_are_refined(connection: duckdb.DuckDBPyConnection) -> None:
    frame = planted_customers()
    features = prepared_features(frame, numbers=False)
    put(connection, frame)
    sample = sample_of(frame, features)
    found = refined(connection, features, start_of(sample, "kprototypes", 3), sample.gamma)
    assert found.converged
    assert found.prototypes.centers.shape == (3, 0)
    assert found.inertia == pytest.approx(found.prototypes.inertia(sample), rel=1e-12)


def test_without_a_way_to_move_nothing_does(connection: duckdb.DuckDBPyConnection) -> None:
    frame = with_gaps(planted_customers())
    features = prepared_features(frame)
    put(connection, frame)
    sample = sample_of(frame, features)
    for name in ("gaussian_mixture", "dbscan"):
        fitted = ALGORITHMS[name].fit(sample, 3, n_init=1, seed=0)
        found = refined(connection, features, fitted.prototypes, sample.gamma, name)
        labels = fitted.prototypes.assign(sample)
        apart = fitted.prototypes.dissimilarities(sample)
        own = fitted.prototypes.segment_ids[None, :] == labels[:, None]
        inside = labels >= 0
        assert (found.passes, found.converged) == (0, False)
        assert found.prototypes is fitted.prototypes
        assert found.counts == np.bincount(labels[inside]).tolist()
        nearest = np.where(own, apart, np.inf).min(axis=1)[inside]
        assert found.inertia == pytest.approx(nearest.sum(), rel=1e-9)


def test_means_and_shares_of_segments(connection: duckdb.DuckDBPyConnection) -> None:
    """Nulls count as what stands for them; a category that is not known counts among the rows."""
    frame = pd.DataFrame(
        {
            "position": range(6),
            "x": [0.0, 1.0, np.nan, 10.0, 10.0, 13.0],
            "y": ["a", "a", None, "b", "new", "b"],
        }
    )
    connection.register("rows", frame)
    connection.execute("create table t as select * from rows")
    features = PreparedFeatures([PLAIN], [PreparedCategory("y", ["a", "b"], "b")])
    prototypes = from_modes(np.array([[0.0], [11.0]]), np.array([[0], [1]]), (2,), 0.5)
    found = segment_means(DuckDBEngine(connection), "t", features, prototypes)
    assert found.counts == [3, 3]
    np.testing.assert_allclose(found.means, [[1 / 3], [11.0]])
    np.testing.assert_allclose(found.shares[0], [[2 / 3, 1 / 3], [0.0, 2 / 3]])
