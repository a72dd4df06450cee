"""Lloyd passes in the engine: scikit-learn's on numbers, exact sums that no thread changes."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
from segmentation.clustering import ALGORITHMS
from segmentation.clustering.refinement import LloydPasses, refine_prototypes
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.features.mixed_sample import numbers_only
from segmentation.features.numbers import PreparedFeature
from segmentation.features.prepared import PreparedFeatures
from segmentation.features.preprocessor import FeaturePreprocessor
from segmentation.scoring.prototypes import from_centers
from sklearn.cluster import KMeans


def refined(
    connection: duckdb.DuckDBPyConnection,
    features: list[PreparedFeature],
    start: np.ndarray,
    max_passes: int = 100,
    tolerance: float = 0.0,
) -> tuple[np.ndarray, list[int], float, int, bool]:
    result = refine_prototypes(
        DuckDBEngine(connection),
        "t",
        PreparedFeatures(features),
        from_centers(start),
        LloydPasses(ALGORITHMS["kmeans"].recentered, 1.0, max_passes, tolerance),
    )
    return (
        result.prototypes.centers,
        result.counts,
        result.inertia,
        result.passes,
        result.converged,
    )


@pytest.fixture
def scaled(connection: duckdb.DuckDBPyConnection) -> tuple[np.ndarray, list[PreparedFeature]]:
    random = np.random.default_rng(11)
    raw = pd.DataFrame(random.lognormal(1, 0.8, (30_000, 3)), columns=list("abc"))
    prepared = FeaturePreprocessor(transformation="log").fit(raw)
    connection.execute("create table t as select * from raw")
    return prepared.transform(raw), prepared.features_


@pytest.mark.long
def test_passes_in_the_engine_are_lloyds(
    connection: duckdb.DuckDBPyConnection, scaled: tuple[np.ndarray, list[PreparedFeature]]
) -> None:
    Z, features = scaled
    start = Z[:4]
    oracle = KMeans(4, init=start, n_init=1, tol=0.0, max_iter=1000, algorithm="lloyd").fit(Z)
    centroids, counts, inertia, _, converged = refined(connection, features, start, 1000)
    assert converged
    np.testing.assert_allclose(centroids, oracle.cluster_centers_, atol=1e-8)
    assert counts == np.bincount(oracle.labels_).tolist()
    assert inertia == pytest.approx(oracle.inertia_, rel=1e-8)


def test_a_sample_and_passes_are_as_good_as_a_full_fit(
    connection: duckdb.DuckDBPyConnection, scaled: tuple[np.ndarray, list[PreparedFeature]]
) -> None:
    Z, features = scaled
    sample = numbers_only(Z[:3000])
    start = ALGORITHMS["kmeans"].fit(sample, 4, n_init=5, seed=1).prototypes.centers
    _, _, inertia, _, _ = refined(connection, features, start)
    full = KMeans(4, n_init=5, random_state=1).fit(Z)
    assert inertia <= full.inertia_ * 1.0003


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_sums_are_the_same_bits_at_any_number_of_threads(
    connection: duckdb.DuckDBPyConnection,
    scaled: tuple[np.ndarray, list[PreparedFeature]],
    threads: int,
) -> None:
    Z, features = scaled
    connection.execute("set threads = 3")
    centroids, _, inertia, _, _ = refined(connection, features, Z[:5], max_passes=4)
    connection.execute(f"set threads = {threads}")
    connection.execute("create or replace table t as select * from t order by random()")
    again, _, inertia_again, _, _ = refined(connection, features, Z[:5], max_passes=4)
    assert centroids.tobytes() == again.tobytes()
    assert inertia == inertia_again


def test_a_centroid_without_rows_stays(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create table t as select unnest([0.0, 1.0, 2.0]) as a")
    feature = PreparedFeature("a", 0.0, -1e15, 1e15, "none", 1.0, 0.0, 1.0)
    centroids, counts, _, _, _ = refined(connection, [feature], np.array([[0.0], [500.0]]))
    assert centroids.tolist() == [[1.0], [500.0]]
    assert counts == [3, 0]


def test_an_absurd_value_does_not_blur_the_others(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create table t as select unnest([0.1, 0.2, 0.3, 1e12]) as a")
    feature = PreparedFeature("a", 0.0, -1e15, 1e15, "none", 1.0, 0.0, 1.0)
    centroids, counts, _, _, _ = refined(connection, [feature], np.array([[0.0], [1e12]]))
    assert counts == [3, 1]
    assert centroids[0, 0] == pytest.approx(0.2, abs=1e-5)
    assert centroids[1, 0] == 1e12


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e9])
def test_the_unit_of_the_values_does_not_matter(
    connection: duckdb.DuckDBPyConnection, unit: float
) -> None:
    connection.execute(
        f"create table t as select unnest([0.0, 1.0, 2.0, 10.0, 11.0, 12.0]) * {unit} as a"
    )
    feature = PreparedFeature("a", 0.0, -1e15, 1e15, "none", 1.0, 0.0, 1.0)
    centroids, counts, inertia, _, _ = refined(
        connection, [feature], np.array([[0.0], [12.0 * unit]])
    )
    np.testing.assert_allclose(centroids / unit, [[1.0], [11.0]], rtol=1e-12)
    assert counts == [3, 3]
    assert inertia == pytest.approx(4 * unit**2, rel=1e-9)


def test_inertia_beside_an_absurd_value(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create table t as select unnest([0.0, 500.0, 1000.0, 1e15]) as a")
    feature = PreparedFeature("a", 0.0, -1e15, 1e15, "none", 1.0, 0.0, 1.0)
    _, _, inertia, _, _ = refined(connection, [feature], np.array([[500.0], [1e15]]))
    assert inertia == pytest.approx(500_000, rel=1e-6)


def test_passes_stop_at_the_limit(
    connection: duckdb.DuckDBPyConnection, scaled: tuple[np.ndarray, list[PreparedFeature]]
) -> None:
    Z, features = scaled
    _, _, _, passes, converged = refined(connection, features, Z[:6], max_passes=2)
    assert passes == 2
    assert not converged
