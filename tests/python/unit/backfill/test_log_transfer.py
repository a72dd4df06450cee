"""Days of the log go from one file to another: whole, once, and only those that differ."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import duckdb
import pytest
from segmentation.backfill.log_transfer import (
    LogPlace,
    OtherColumnsError,
    carry_days,
    changed_days,
    fingerprint,
    refresh_log,
    replace_table,
    transaction,
)

PLACE = LogPlace("main", "segment_log", "shop", "default")
COLUMNS = "dataset varchar, variant varchar, segmentation varchar, as_of date, customer_id varchar"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a connection with two databases, each with a log of two days and one of other data."""
    with duckdb.connect() as connection:
        for name in ("computed", "warehouse"):
            connection.execute(f"attach ':memory:' as {name}")
            connection.execute(f"create table {name}.segment_log ({COLUMNS})")
            connection.execute(
                f"""
                insert into {name}.segment_log values
                    ('shop', 'default', 'value', '2025-01-31', 'a'),
                    ('shop', 'default', 'value', '2025-02-28', 'b'),
                    ('shop', 'default', 'profile', '2025-01-31', 'a'),
                    ('other', 'default', 'value', '2025-01-31', 'z')
                """
            )
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, database: str) -> list[tuple[str, ...]]:
    return connection.execute(
        f"select dataset, segmentation, as_of::varchar, customer_id from {database}.segment_log"
        " order by all"
    ).fetchall()


def carried(connection: duckdb.DuckDBPyConnection, *segmentations: str) -> int:
    with transaction(connection):
        return carry_days(
            connection,
            PLACE,
            source="computed",
            target="warehouse",
            segmentations=segmentations or ("value", "profile"),
        )


def test_days_that_differ_are_replaced(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """
        delete from computed.segment_log where as_of = '2025-02-28';
        insert into computed.segment_log values
            ('shop', 'default', 'value', '2025-02-28', 'c'),
            ('shop', 'default', 'value', '2025-03-31', 'd');
        delete from computed.segment_log where dataset = 'other';
        """
    )
    assert carried(connection) == 2
    assert rows(connection, "warehouse") == [
        ("other", "value", "2025-01-31", "z"),
        ("shop", "profile", "2025-01-31", "a"),
        ("shop", "value", "2025-01-31", "a"),
        ("shop", "value", "2025-02-28", "c"),
        ("shop", "value", "2025-03-31", "d"),
    ]
    # The second time, there is nothing to carry.
    assert carried(connection) == 0


def test_other_segmentations_stay(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("update computed.segment_log set customer_id = 'new'")
    assert carried(connection, "profile") == 1
    found = {row[:3]: row[3] for row in rows(connection, "warehouse")}
    assert found["shop", "profile", "2025-01-31"] == "new"
    assert found["shop", "value", "2025-01-31"] == "a"


def test_the_same_rows_in_another_order_have_one_fingerprint(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute(
        """
        create or replace table computed.segment_log as
            select customer_id, as_of, segmentation, variant, dataset
            from warehouse.segment_log order by as_of desc, segmentation desc
        """
    )
    before = fingerprint(connection, PLACE, "warehouse")
    assert fingerprint(connection, PLACE, "computed") == before
    connection.execute("insert into computed.segment_log by name from computed.segment_log")
    after = fingerprint(connection, PLACE, "computed")
    assert changed_days(before, after, ["value"]) == [
        ("value", dt.date(2025, 1, 31)),
        ("value", dt.date(2025, 2, 28)),
    ]


def test_a_log_is_refreshed_within_its_data_set(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """
        insert into warehouse.segment_log values
            ('shop', 'default', 'value', '2025-03-31', 'd'),
            ('other', 'default', 'value', '2025-03-31', 'd');
        delete from warehouse.segment_log where as_of = '2025-02-28';
        """
    )
    refresh_log(connection, PLACE, source="warehouse", target="computed")
    assert fingerprint(connection, PLACE, "computed") == fingerprint(connection, PLACE, "warehouse")
    assert [row for row in rows(connection, "computed") if row[0] == "other"] == [
        ("other", "value", "2025-01-31", "z")
    ]


def test_a_table_is_replaced_in_the_order_of_its_rows(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    for name in ("computed", "warehouse"):
        connection.execute(f"create table {name}.mart (n integer)")
        connection.execute(f"comment on table {name}.mart is 'of {name}'")
    connection.execute("insert into warehouse.mart values (7)")
    connection.execute("insert into computed.mart values (3), (1), (2)")
    with transaction(connection):
        replace_table(connection, "main", "mart", ["computed", "warehouse"])
    assert connection.execute("from warehouse.mart").fetchall() == [(3,), (1,), (2,)]
    comment = "select comment from duckdb_tables() where table_name = 'mart' and database_name = "
    assert connection.execute(f"{comment} 'warehouse'").fetchall() == [("of warehouse",)]


def test_other_columns_are_refused_and_nothing_is_changed(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("alter table computed.segment_log add column reason varchar")
    before = rows(connection, "warehouse")
    with pytest.raises(OtherColumnsError, match=r"segment_log.*\(reason\).*Build everything once"):
        carried(connection)
    assert rows(connection, "warehouse") == before
