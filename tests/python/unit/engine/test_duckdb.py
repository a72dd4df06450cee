"""What Python asks of the engine: a sample that stays the same, batches, numbers as people read."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from segmentation.engine.duckdb import DuckDBEngine, attached, lock_holder
from segmentation.engine.sql import text_literal

FEATURES = ["recency_days", "frequency"]


def test_the_sample_does_not_depend_on_the_order_of_the_table(
    connection: duckdb.DuckDBPyConnection, engine: DuckDBEngine, customers: pd.DataFrame
) -> None:
    connection.register("customers", customers)
    connection.register("shuffled", customers.sample(frac=1, random_state=1))
    samples = [
        engine.sample(table, columns=FEATURES, key="customer_id", rows=50)
        for table in ("customers", "shuffled")
    ]
    assert samples[0].shape == (50, 2)
    pd.testing.assert_frame_equal(*samples)
    assert not samples[0].equals(customers[FEATURES].head(50))


def test_the_sample_is_that_of_the_smallest_md5_hashes(
    connection: duckdb.DuckDBPyConnection, engine: DuckDBEngine
) -> None:
    connection.execute("create table t as select i as id, i * 1.0 as x from range(100) r(i)")
    sample = engine.sample("t", columns=["x"], key="id", rows=3)
    expected = sorted(range(100), key=lambda i: hashlib.md5(str(i).encode()).hexdigest())[:3]
    assert sample.x.tolist() == expected


@pytest.mark.parametrize(
    "key", ["i", "i % 50", "i % 3", "case when i % 100 = 0 then i end"], ids=str
)
@pytest.mark.parametrize("rows", [20, 400])
def test_a_sample_of_a_large_table_is_that_of_sorting_it_all(
    connection: duckdb.DuckDBPyConnection, engine: DuckDBEngine, key: str, rows: int
) -> None:
    """Also where keys are null or stand in many rows, so that few hashes say little."""
    connection.execute(f"create table t as select {key} as id from range(20000) r(i)")
    sample = engine.sample("t", columns=["id"], key="id", rows=rows)
    everything = connection.sql(
        "select cast(id as double) as id from t"
        f" order by md5(cast(id as varchar)), cast(id as varchar) limit {rows}"
    ).df()
    pd.testing.assert_frame_equal(sample, everything)


def test_a_small_table_is_its_own_sample(
    connection: duckdb.DuckDBPyConnection, engine: DuckDBEngine
) -> None:
    connection.execute("create table t as select 'a' as id, null::double as x")
    sample = engine.sample("t", columns=["x"], key="id", rows=10)
    assert sample.x.isna().tolist() == [True]


def test_batches_hold_no_more_than_they_are_told(engine: DuckDBEngine) -> None:
    sizes = [batch.num_rows for batch in engine.batches("from range(250000)", rows=100_000)]
    assert sum(sizes) == 250_000
    assert max(sizes) <= 100_000


def test_nested_columns_become_lists_and_dicts(engine: DuckDBEngine) -> None:
    assert engine.records("select [{'k': 2, 'x': 0.5}] as scan") == [{"scan": [{"k": 2, "x": 0.5}]}]


def test_numeric_columns(connection: duckdb.DuckDBPyConnection, engine: DuckDBEngine) -> None:
    connection.execute(
        "create table t (a int, b text, c decimal(18, 2), d date, e double, f bigint, g uuid)"
    )
    assert engine.numeric_columns("t") == ["a", "c", "e", "f"]
    assert engine.numeric_columns(engine.from_item(engine.relation("select 1 as z"))) == ["z"]


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [("1234.5", 0, "1,234"), ("-0.5", 2, "-0.50"), ("1e6", 1, "1,000,000.0"), ("-0.3", 0, "0")],
)
def test_numbers_are_written_for_people(
    engine: DuckDBEngine, value: str, decimals: int, text: str
) -> None:
    expression = engine.written_number(f"{value}::double", decimals)
    assert engine.rows(f"select {expression}") == [(text,)]


def test_largest_first_breaks_ties_by_the_smaller_number(engine: DuckDBEngine) -> None:
    pairs = [("1.0", 0), ("3.0", 1), ("1.0", 2), ("0.0", 3), ("-5.0", 4)]
    ordered = engine.largest_first(pairs, above=0.0)
    assert engine.rows(f"select {ordered}") == [([1, 0, 2],)]
    assert engine.rows(f"select {engine.element(ordered, 3)}, {engine.element(ordered, 4)}") == [
        (2, None)
    ]


def test_a_relation_can_stand_after_from(
    connection: duckdb.DuckDBPyConnection, engine: DuckDBEngine
) -> None:
    connection.execute("create table t as select 5 as x")
    from_item = engine.from_item(connection.table("t"))
    assert engine.rows(f"select x from {from_item}") == [(5,)]


@pytest.mark.parametrize("value", ["", "O'Brien", "a\0b", "\0", "'\0'", "ü ✓\n"])
def test_text_is_read_back_as_it_is(engine: DuckDBEngine, value: str) -> None:
    assert engine.rows(f"select {text_literal(value)}") == [(value,)]


@pytest.mark.parametrize(
    ("message", "holder"),
    [
        (
            'IO Error: Could not set lock on file "/a b/w.duckdb": Conflicting lock is held in'
            " /usr/bin/python3.11 (PID 4242). See also https://duckdb.org/docs/connect",
            "python3.11 (PID 4242)",
        ),
        (
            'IO Error: Could not set lock on file "w": Conflicting lock is held in (PID 7) by x',
            "a program (PID 7)",
        ),
        ('IO Error: Could not set lock on file "w": Resource unavailable', "which is not known"),
        ('IO Error: Cannot open file "w": Permission denied', None),
    ],
)
def test_who_holds_a_file(message: str, holder: str | None) -> None:
    assert lock_holder(duckdb.IOException(message)) == holder


def test_an_attached_file_is_detached_whatever_happens(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = tmp_path / 'it\'s "one".duckdb'
    with attached(connection, file, 'a "name"'):
        connection.execute('create table "a ""name""".main.numbers as select 1 as a')

    def write(number: int, *, read_only: bool) -> None:
        with attached(connection, file, "other", read_only=read_only):
            connection.begin()
            connection.execute(f"insert into other.main.numbers values ({number})")
            raise KeyError(number)

    with pytest.raises(KeyError):
        write(2, read_only=False)
    with pytest.raises(duckdb.InvalidInputException):
        write(3, read_only=True)
    with attached(connection, file, "other", read_only=True):
        assert connection.execute("from other.main.numbers").fetchall() == [(1,)]
    left = connection.execute("select database_name from duckdb_databases() where not internal")
    assert left.fetchall() == [("memory",)]
