"""Scoring numbers and categories in SQL: the labels of NumPy, of K-Prototypes, of scikit-learn."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from fewer_examples import fewer_examples
from hypothesis import given
from hypothesis import strategies as st
from mixed_customers import (
    CATEGORIES,
    planted_customers,
    prepared_features,
    put,
    sample_of,
    with_gaps,
)
from segmentation import KPrototypes
from segmentation.clustering import ALGORITHMS
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.features.categories import PreparedCategory
from segmentation.features.mixed_sample import MixedSample, numbers_only
from segmentation.features.numbers import PreparedFeature
from segmentation.features.prepared import PreparedFeatures
from segmentation.scoring.nearest import (
    MOST_PAIRED,
    assigned_table,
    segment_dissimilarity_expressions,
)
from segmentation.scoring.prototypes import NOISE, Prototypes, from_centers, from_modes, from_points
from sklearn.cluster import KMeans
from sklearn.preprocessing import OneHotEncoder

KINDS = [
    (name, kinds)
    for name, algorithm in ALGORITHMS.items()
    for kinds in ("both", "numbers", "categories")
    if kinds == "both" or not algorithm.needs_both_kinds
]


def labels_in_sql(
    connection: duckdb.DuckDBPyConnection, features: PreparedFeatures, prototypes: Prototypes
) -> list[int]:
    engine = DuckDBEngine(connection)
    query = assigned_table(engine, "t", features, prototypes, keep=["position"])
    return [row[0] for row in engine.rows(f"select segment_id from ({query}) order by position")]


@pytest.mark.parametrize(("name", "kinds"), KINDS)
def test_labels_are_numpys_whatever_the_row_holds(
    connection: duckdb.DuckDBPyConnection, name: str, kinds: str
) -> None:
    clean = planted_customers()
    features = prepared_features(
        clean, numbers=kinds != "categories", categories=kinds != "numbers"
    )
    sample = sample_of(clean, features)
    prototypes = ALGORITHMS[name].fit(sample, 4, n_init=2, seed=3).prototypes
    assert prototypes.segments > 1
    dirty = pd.concat([clean, with_gaps(clean)], ignore_index=True)
    put(connection, dirty)
    found = labels_in_sql(connection, features, prototypes)
    assert found == prototypes.assign(sample_of(dirty, features)).tolist()
    assert set(found) - {NOISE} == set(range(prototypes.segments))
    if prototypes.reaches is None:
        assert NOISE not in found
    elif kinds != "categories":
        assert NOISE in found[len(clean) :]


def test_many_prototypes_and_few_are_compared_alike(connection: duckdb.DuckDBPyConnection) -> None:
    """Both ways to find the nearest, each on both sides of where one takes over."""
    clean = planted_customers()
    features = prepared_features(clean)
    dirty = with_gaps(clean)
    put(connection, dirty)
    rows = sample_of(dirty, features)
    for k in (1, MOST_PAIRED, MOST_PAIRED + 1, 20):
        kprototypes = ALGORITHMS["kprototypes"].fit(sample_of(clean, features), k, n_init=1, seed=0)
        found = labels_in_sql(connection, features, kprototypes.prototypes)
        assert found == kprototypes.prototypes.assign(rows).tolist()
        assert len(set(found)) == k


def test_labels_are_those_of_the_estimator(connection: duckdb.DuckDBPyConnection) -> None:
    """`KPrototypes` fills gaps by median and most frequent category, as scoring does."""
    clean = planted_customers()
    features = prepared_features(clean)
    table = pd.DataFrame(
        {
            feature.name: feature.scaled(clean[feature.name].to_numpy())
            for feature in features.numbers
        }
    ).assign(**{name: clean[name].astype(object) for name in CATEGORIES})
    model = KPrototypes(
        5, gamma="half_mean_deviation", n_init=2, random_state=0,
        categorical_features=list(CATEGORIES),
    )  # fmt: skip
    model.fit(table)
    places = {c.name: {v: i for i, v in enumerate(c.categories)} for c in features.categories}
    modes = np.array(
        [[places[n][v] for n, v in zip(CATEGORIES, row, strict=True)] for row in model.modes_]
    )
    sample = sample_of(clean, features, model.gamma_)
    prototypes = from_modes(model.cluster_centers_, modes, sample.category_counts, model.gamma_)
    assert prototypes.inertia(sample) == pytest.approx(model.cost_, rel=1e-12)

    dirty = with_gaps(clean)
    put(connection, dirty)
    scaled = dirty[[]].copy()
    for feature in features.numbers:
        raw = dirty[feature.name].to_numpy(float)
        # The estimator refuses infinities; to scoring they are as unknown as NaN is.
        inside = np.clip(raw, feature.lower, feature.upper)
        scaled[feature.name] = np.where(np.isfinite(raw), feature.scaled(inside), np.nan)
    for name in CATEGORIES:
        scaled[name] = dirty[name]
    assert labels_in_sql(connection, features, prototypes) == model.predict(scaled).tolist()


def test_labels_of_one_hot_columns_are_scikit_learns(connection: duckdb.DuckDBPyConnection) -> None:
    clean = planted_customers()
    features = prepared_features(clean)
    gamma = 0.7
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    encoder.fit(clean[list(CATEGORIES)])

    def embedded(frame: pd.DataFrame) -> np.ndarray:
        filled = frame[list(CATEGORIES)].copy()
        for category in features.categories:
            values = filled[category.name].astype(object)
            filled[category.name] = values.where(values.notna(), category.fill)
        scaled = [feature.scaled(frame[feature.name].to_numpy()) for feature in features.numbers]
        return np.column_stack([*scaled, encoder.transform(filled) * np.sqrt(gamma / 2)])

    kmeans = KMeans(5, n_init=2, random_state=0).fit(embedded(clean))
    sample = sample_of(clean, features, gamma)
    np.testing.assert_allclose(sample.embedded, embedded(clean), atol=1e-15)
    prototypes = from_points(kmeans.cluster_centers_, sample)
    assert prototypes.inertia(sample) == pytest.approx(kmeans.inertia_, rel=1e-9)
    dirty = with_gaps(clean)
    put(connection, dirty)
    assert (
        labels_in_sql(connection, features, prototypes) == kmeans.predict(embedded(dirty)).tolist()
    )


LETTERS = ["a", "b", "c"]


@pytest.mark.long
@fewer_examples(0.6)
@given(
    prototypes=st.lists(
        st.tuples(st.integers(-3, 3), st.integers(0, 2), st.integers(0, 2)),
        min_size=1,
        max_size=12,
    ),
    rows=st.lists(
        st.tuples(
            st.integers(-4, 4),
            st.sampled_from([*LETTERS, "new", None]),
            st.sampled_from([*LETTERS, "new", None]),
        ),
        min_size=1,
        max_size=30,
    ),
    gamma=st.sampled_from([0.0, 0.5, 1.0, 3.0]),
)
def test_of_equally_near_prototypes_the_first(
    connection_of_examples: duckdb.DuckDBPyConnection,
    prototypes: list[tuple[int, int, int]],
    rows: list[tuple[int, str | None, str | None]],
    gamma: float,
) -> None:
    """On small whole numbers dissimilarities are exact, so that every tie is a real one."""

    def apart(row: tuple[int, str | None, str | None], prototype: tuple[int, int, int]) -> float:
        categories = ["b" if value is None else value for value in row[1:]]
        differing = sum(
            value != LETTERS[mode] for value, mode in zip(categories, prototype[1:], strict=True)
        )
        return (row[0] - prototype[0]) ** 2 + gamma * differing

    exact = [
        min(range(len(prototypes)), key=lambda i, row=row: (apart(row, prototypes[i]), i))
        for row in rows
    ]
    features = PreparedFeatures(
        [PreparedFeature("x", 0.0, -1e15, 1e15, "none", 1.0, 0.0, 1.0)],
        [PreparedCategory(name, LETTERS, "b") for name in ("one", "two")],
    )
    fitted = from_modes(
        np.array([[p[0]] for p in prototypes], dtype=float),
        np.array([p[1:] for p in prototypes]),
        (3, 3),
        gamma,
    )
    table = pa.Table.from_pylist(
        [
            {"position": i, "x": float(x), "one": one, "two": two}
            for i, (x, one, two) in enumerate(rows)
        ],
        pa.schema(
            {"position": pa.int32(), "x": pa.float64(), "one": pa.string(), "two": pa.string()}
        ),
    )
    connection_of_examples.register("t", table)
    assert labels_in_sql(connection_of_examples, features, fitted) == exact
    codes = np.column_stack(
        [
            category.codes([row[1 + f] for row in rows])
            for f, category in enumerate(features.categories)
        ]
    )
    sample = MixedSample(np.array([[float(row[0])] for row in rows]), codes, (3, 3), gamma)
    assert fitted.assign(sample).tolist() == exact


@pytest.mark.parametrize("n_numbers", [2, 3, 6])
def test_rounding_decides_ties_in_numpy_and_in_sql_alike(
    connection: duckdb.DuckDBPyConnection, n_numbers: int
) -> None:
    """Tenths half way between prototypes: which one wins hangs on the order of each sum."""
    random = np.random.default_rng(n_numbers)
    names = [f"x{j}" for j in range(n_numbers)]
    numbers = random.integers(-4, 5, (2_000, n_numbers)) / 10
    prototypes = from_centers(random.integers(-4, 5, (6, n_numbers)) / 10)
    frame = pd.DataFrame(numbers, columns=names).reset_index(names="position")
    connection.register("rows", frame)
    connection.execute("create table t as select * from rows")
    features = PreparedFeatures(
        [PreparedFeature(name, 0.0, -1e15, 1e15, "none", 1.0, 0.0, 1.0) for name in names]
    )
    found = labels_in_sql(connection, features, prototypes)
    np.testing.assert_array_equal(prototypes.assign(numbers_only(numbers)), found)


def test_a_dissimilarity_in_sql_is_that_of_numpy(connection: duckdb.DuckDBPyConnection) -> None:
    clean = planted_customers()
    features = prepared_features(clean)
    sample = sample_of(clean, features)
    put(connection, clean)
    for name in ("kprototypes", "kmeans", "gaussian_mixture", "agglomerative", "dbscan"):
        prototypes = ALGORITHMS[name].fit(sample, 3, n_init=1, seed=0).prototypes
        engine = DuckDBEngine(connection)
        expressions = segment_dissimilarity_expressions(features, prototypes)
        query = assigned_table(engine, "t", features, prototypes, keep=["position"])
        found = engine.rows(f"select {', '.join(expressions)} from ({query}) order by position")
        apart = prototypes.dissimilarities(sample)
        by_segment = [
            apart[:, prototypes.segment_ids == i].min(axis=1) for i in range(prototypes.segments)
        ]
        np.testing.assert_allclose(found, np.column_stack(by_segment), rtol=1e-9, atol=1e-12)
