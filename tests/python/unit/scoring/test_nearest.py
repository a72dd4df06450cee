"""Scoring in SQL: scikit-learn's labels on every row, whatever the row holds."""

from __future__ import annotations

import math

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.engine.sql import number
from segmentation.features.categories import PreparedCategory
from segmentation.features.mixed_sample import MixedSample, numbers_only
from segmentation.features.numbers import PreparedFeature
from segmentation.features.prepared import PreparedFeatures
from segmentation.features.preprocessor import FeaturePreprocessor
from segmentation.scoring.nearest import assigned_table
from segmentation.scoring.prototypes import from_centers, from_modes
from sklearn.cluster import KMeans


def plain(name: str) -> PreparedFeature:
    return PreparedFeature(name, 0.0, -1e15, 1e15, "none", 1.0, 0.0, 1.0)


def nearest(rows: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    return from_centers(centroids).assign(numbers_only(rows))


def labels_in_sql(
    engine: DuckDBEngine, features: list[PreparedFeature], centroids: np.ndarray
) -> list[int]:
    prototypes = from_centers(centroids)
    query = assigned_table(engine, "t", PreparedFeatures(features), prototypes, keep=["position"])
    return [row[0] for row in engine.rows(f"select segment_id from ({query}) order by position")]


@pytest.mark.parametrize("k", [1, 2, 4, 7])
@pytest.mark.parametrize("transformation", ["none", "log", "yeo_johnson"])
def test_labels_equal_scikit_learns_also_on_nulls_nans_and_infinities(
    connection: duckdb.DuckDBPyConnection, k: int, transformation: str
) -> None:
    random = np.random.default_rng(k)
    clean = pd.DataFrame(random.lognormal(2, 1, (20_000, 4)), columns=list("abcd"))
    prepared = FeaturePreprocessor(transformation=transformation).fit(clean)
    kmeans = KMeans(k, n_init=1, random_state=0).fit(prepared.transform(clean))
    dirty = clean.mask(random.random(clean.shape) < 0.10)
    for bad in (np.inf, -np.inf, np.nan, -40.0, 1e9):
        dirty = dirty.mask(random.random(clean.shape) < 0.02, bad)
    connection.register("rows", dirty.reset_index(names="position"))
    connection.execute("create table t as select * from rows")
    # A pandas NaN arrives as NULL; put real NaNs beside the nulls.
    connection.execute("update t set a = 'nan'::double where a is null and position % 2 = 0")
    nulls, nans, infinities = connection.sql(
        "select count(*) filter (a is null), count(*) filter (isnan(a)),"
        " count(*) filter (isinf(a)) from t"
    ).fetchall()[0]
    assert min(nulls, nans, infinities) > 100
    found = labels_in_sql(DuckDBEngine(connection), prepared.features_, kmeans.cluster_centers_)
    assert found == kmeans.predict(prepared.transform(dirty)).tolist()


@pytest.mark.long
@given(
    centroids=st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=1, max_size=6),
    rows=st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=1, max_size=30),
)
def test_ties_go_to_the_lower_segment_id(
    connection_of_examples: duckdb.DuckDBPyConnection,
    centroids: list[tuple[int, int]],
    rows: list[tuple[int, int]],
) -> None:
    """On small whole numbers distances are exact, so that every tie is a real one."""
    exact = [
        min(
            range(len(centroids)),
            key=lambda i, row=row: (
                (row[0] - centroids[i][0]) ** 2 + (row[1] - centroids[i][1]) ** 2,
                i,
            ),
        )
        for row in rows
    ]
    frame = pd.DataFrame(rows, columns=["a", "b"], dtype=float).reset_index(names="position")
    connection_of_examples.register("t", frame)
    found = labels_in_sql(
        DuckDBEngine(connection_of_examples),
        [plain("a"), plain("b")],
        np.array(centroids, dtype=float),
    )
    assert found == exact
    assert nearest(np.array(rows, float), np.array(centroids, float)).tolist() == exact


def test_small_differences_of_large_values_are_not_lost(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """Unscaled values around a billion, ten apart: squares would leave no digit for the ten."""
    values = [1e9 + 10 * group + 0.01 * i for group in range(4) for i in range(-40, 41)]
    connection.execute("create table t (position integer, a double)")
    connection.executemany("insert into t values (?, ?)", list(enumerate(values)))
    centroids = np.array([[1e9 + 10.0 * group] for group in range(4)])
    expected = [group for group in range(4) for _ in range(81)]
    assert labels_in_sql(DuckDBEngine(connection), [plain("a")], centroids) == expected
    assert nearest(np.array(values)[:, None], centroids).tolist() == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_fitted_number_is_read_back_bit_for_bit(
    connection_of_examples: duckdb.DuckDBPyConnection, value: float
) -> None:
    assert connection_of_examples.execute(f"select {number(value)}").fetchall() == [(value,)]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_fitted_number_is_finite(value: float) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        number(value)


@pytest.mark.parametrize("k", [1, 2, 5, 9, 40])
@pytest.mark.parametrize("n_columns", [1, 3, 12])
@pytest.mark.parametrize("n_numbers", [0, 1])
def test_packed_mismatches_count_as_in_numpy(
    connection: duckdb.DuckDBPyConnection, k: int, n_columns: int, n_numbers: int
) -> None:
    """Without numbers nearly every row is tied; with many prototypes one number is too narrow."""
    random = np.random.default_rng([k, n_columns])
    values = ["a", "it's", "", "d"]
    categories = [PreparedCategory(f"c{f}", values, values[f % 4]) for f in range(n_columns)]
    modes = random.integers(4, size=(k, n_columns))
    centers = random.integers(-2, 3, size=(k, n_numbers)).astype(float)
    prototypes = from_modes(centers, modes, [4] * n_columns, gamma=0.3)
    cells = np.array([*values, "unseen", None], dtype=object)[
        random.integers(6, size=(2_000, n_columns))
    ]
    numbers = random.integers(-2, 3, size=(2_000, n_numbers)).astype(float)
    frame = pd.DataFrame(cells, columns=[f"c{f}" for f in range(n_columns)])
    for j in range(n_numbers):
        frame[f"x{j}"] = numbers[:, j]
    connection.register("rows", frame.reset_index(names="position"))
    features = PreparedFeatures([plain(f"x{j}") for j in range(n_numbers)], categories)
    query = assigned_table(DuckDBEngine(connection), "rows", features, prototypes, ["position"])
    found = connection.sql(f"select segment_id from ({query}) order by position").fetchall()
    codes = np.column_stack([category.codes(frame[category.name]) for category in categories])
    sample = MixedSample(numbers, codes, (4,) * n_columns, 0.3)
    assert [row[0] for row in found] == prototypes.assign(sample).tolist()
    exact = np.argmin(
        10 * ((numbers[:, None] - centers) ** 2).sum(axis=2)
        + 3 * (codes[:, None] != modes).sum(axis=2),
        axis=1,
    )
    assert [row[0] for row in found] == exact.tolist()
