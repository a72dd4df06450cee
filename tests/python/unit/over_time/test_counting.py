"""Customers counted in bins by the engine."""

from __future__ import annotations

import dataclasses

import duckdb
import numpy as np
import pandas as pd
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.features.bins import CountedBins
from segmentation.features.categories import PreparedCategory
from segmentation.features.numbers import PreparedFeature
from segmentation.features.prepared import PreparedFeatures
from segmentation.over_time.counting import (
    AssignedCustomers,
    counted_features,
    counted_segments,
    fitted_distributions,
)


def number(name: str) -> PreparedFeature:
    return PreparedFeature(name, 0.0, -1e15, 1e15, "none", 1.0, 0.0, 1.0)


def fitted(
    connection: duckdb.DuckDBPyConnection,
    frame: pd.DataFrame,
    numbers: list[str],
    categories: dict[str, list[str]] | None = None,
) -> dict[str, CountedBins]:
    connection.register("frame", frame)
    connection.execute("create or replace table people as select * from frame")
    connection.execute(
        "create or replace table assigned as "
        "select (row_number() over ()) % 2 as segment_id, 0.5 as distance from people"
    )
    prepared = PreparedFeatures(
        [number(name) for name in numbers],
        [PreparedCategory(name, of, of[0]) for name, of in (categories or {}).items()],
    )
    counted = fitted_distributions(
        DuckDBEngine(connection),
        "people",
        prepared,
        AssignedCustomers("assigned", {0: "0", 1: "1", 100: "new"}),
    )
    return {column.name: column for column in counted}


def test_deciles_hold_a_tenth_each(connection: duckdb.DuckDBPyConnection) -> None:
    values = np.random.default_rng(3).normal(size=1000)
    counted = fitted(connection, pd.DataFrame({"x": values}), ["x"])["x"]
    assert counted.counts == [100] * 10 + [0]
    assert (
        counted.edges == np.quantile(values, np.arange(1, 10) / 10, method="inverted_cdf").tolist()
    )
    assert (counted.lowest, counted.highest) == (values.min(), values.max())


def test_ties_share_a_bin(connection: duckdb.DuckDBPyConnection) -> None:
    values = [0.0] * 60 + [1.0] * 25 + [2.0] * 5 + [3.0] * 5 + [4.0] * 5
    counted = fitted(connection, pd.DataFrame({"x": values}), ["x"])["x"]
    assert counted.edges == [0.0, 1.0, 2.0]
    assert counted.counts == [60, 25, 5, 10, 0]


def test_a_constant_column_sees_other_values(
    connection: duckdb.DuckDBPyConnection, engine: DuckDBEngine
) -> None:
    counted = fitted(connection, pd.DataFrame({"x": [5.0] * 8}), ["x"])["x"]
    assert counted.counts == [0, 8, 0, 0]
    connection.execute(
        "create table later as from (values (4.9), (5.0), (5.0), (5.1), (null)) t(x)"
    )
    assert counted_features(engine, "later", [counted]) == [[1, 2, 1, 1]]


def test_null_nan_and_infinities_are_missing(connection: duckdb.DuckDBPyConnection) -> None:
    values = [1.0, 2.0, None, float("nan"), float("inf"), float("-inf")]
    connection.execute("create table raw (x double)")
    connection.executemany("insert into raw values (?)", [[value] for value in values])
    counted = fitted_distributions(
        DuckDBEngine(connection),
        "raw",
        PreparedFeatures([number("x")], []),
        AssignedCustomers("(select 0 as segment_id, 1.0 as distance from raw)", {0: "0"}),
    )[0]
    assert counted.counts[-1] == 4
    assert sum(counted.counts) == 6


def test_all_missing_is_one_bin(
    connection: duckdb.DuckDBPyConnection, engine: DuckDBEngine
) -> None:
    frame = pd.DataFrame({"x": pd.array([None] * 4, dtype="Float64")})
    counted = fitted(connection, frame, ["x"])["x"]
    assert (counted.edges, counted.lowest, counted.counts) == ([], None, [0, 4])
    connection.execute("create table later as from (values (1.0), (null)) t(x)")
    assert counted_features(engine, "later", [counted]) == [[1, 1]]


def test_categories_unseen_and_missing(
    connection: duckdb.DuckDBPyConnection, engine: DuckDBEngine
) -> None:
    frame = pd.DataFrame({"city": ["a", "b", "b", None]})
    counted = fitted(connection, frame, [], {"city": ["a", "b"]})["city"]
    assert counted.counts == [1, 2, 0, 1]
    connection.execute(
        "create table later as from (values ('b'), ('it''s'), ('A'), (null)) t(city)"
    )
    assert counted_features(engine, "later", [counted]) == [[0, 1, 2, 1]]


def test_segments_and_distances(
    connection: duckdb.DuckDBPyConnection, engine: DuckDBEngine
) -> None:
    """A state keeps its slug when its number changes; one that the fit did not know is new."""
    counted = fitted(connection, pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]}), ["x"])
    assert counted["segments"].categories == ["0", "1", "new"]
    assert counted["segments"].counts == [2, 2, 0, 0, 0]
    assert counted["distance"].counts == [0, 4, 0, 0]
    connection.execute(
        "create table later as from (values (0, 0.5), (103, 0.7), (104, 0.1)) as later(segment_id,"
        " distance)"
    )
    now = counted_segments(
        engine,
        AssignedCustomers("later", {0: "0", 1: "1", 103: "new", 104: "lost"}),
        list(counted.values()),
    )
    assert now == [[1, 0, 1, 1, 0], [1, 1, 1, 0]]


def test_nobody_is_in_no_bin(connection: duckdb.DuckDBPyConnection, engine: DuckDBEngine) -> None:
    counted = fitted(connection, pd.DataFrame({"x": [1.0, 2.0]}), ["x"])["x"]
    connection.execute("create table later as select * from people where false")
    assert counted_features(engine, "later", [counted]) == [[0] * len(counted.counts)]


def test_names_and_values_are_quoted(connection: duckdb.DuckDBPyConnection) -> None:
    frame = pd.DataFrame({'a "b"': [1.0, 2.0], "it's": ["x'y", "x'y"]})
    counted = fitted(connection, frame, ['a "b"'], {"it's": ["x'y"]})
    assert sum(counted['a "b"'].counts) == 2
    assert counted["it's"].counts == [2, 0, 0]
    assert dataclasses.asdict(counted["it's"])["categories"] == ["x'y"]
