"""Tables of one's own as strangers have them: types, blanks, names and amounts of every kind."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest
from builds import NO_TESTS, NO_UNIT_TESTS, QUICK, Warehouse

pytestmark = pytest.mark.long

QUOTED = """o'brien"; drop schema kept; --"""
SCHEMA = '"' + QUOTED.replace('"', '""') + '"'
STAGING = ("--select", "stg_warehouse__customers", "stg_warehouse__orders")


def put(warehouse: Warehouse, *statements: str) -> None:
    with duckdb.connect(str(warehouse.path)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_a_schema_with_quotes_ids_of_every_type_and_absurd_amounts(fresh: Warehouse) -> None:
    """Each id is one whatever its type, what is beyond a bound is named, and sums are exact."""
    put(
        fresh,
        "create schema kept",
        f"create schema {SCHEMA}",
        # Ids 0.0 to 59.0, with honest orders.
        f"create table {SCHEMA}.orders as select cast(i % 60 as decimal(10, 1)) as customer_id,"
        " 'o' || i as order_id, timestamp '2025-12-30' - interval 1 day * (i % 211) as ordered_at,"
        " cast(1 + i % 3 as varchar) as items, cast(10 + i % 37 as varchar) as revenue"
        " from range(300) r(i)",
        f"""insert into {SCHEMA}.orders values
        (100, 'yen 1', '2025-12-01', '1000000000', '9e14'),
        (100, 'yen 2', '2025-12-02', '1000000000', '900000000000000.00'),
        (101, 'rupiah', '2025-12-01', '1', '3e13'),
        (1, 'most', '2025-12-01', '9e18', '1'),
        (1, 'more', '2025-12-01', '1e9', '1000000000000000.01'),
        (1, 'less', '2025-12-01', '-1', '-9e15'),
        (1, 'endless', '2025-12-01', '1', '1e300'),
        (null, 'nobody', '2025-12-01', '1', '1')""",
        # The same ids as text and as text with a fraction, and what is no id.
        f"create table {SCHEMA}.customers as select case when i % 2 = 0 then i || '' else i || '.0'"
        " end as customer_id, '1e15' as income from range(60) r(i)",
        f"insert into {SCHEMA}.customers values (' 100 ', null), (chr(160) || '101.00', null),"
        " ('nan', null), (chr(9) || chr(10), null), (chr(160) || chr(8195), null)",
        f"create table {SCHEMA}.campaign_activity as select cast(i as double) as customer_id,"
        " 0 as responses, 1 as visits from range(60) r(i)",
        f"insert into {SCHEMA}.campaign_activity values ('nan', 0, 1), ('inf', 0, 1)",
    )
    fresh.build(*NO_UNIT_TESTS, **QUICK, dataset="warehouse", warehouse_schema=QUOTED)
    assert fresh.query("select count(*) from duckdb_schemas() where schema_name = 'kept'") == [(1,)]
    assert fresh.query("select * from marts.rpt_rows_read where rows_read > 0 order by 1") == [
        ("campaign_activity", 62, 60, 2, 0),
        ("customers", 65, 62, 3, 0),
        ("orders", 308, 303, 5, 0),
    ]
    assert dict(
        fresh.query(
            "select record_id, rejected_because from marts.rpt_rejects"
            " where source_table = 'orders'"
        )
    ) == {
        "most": "cannot be read: items '9e18' (too large)",
        "more": "cannot be read: revenue '1000000000000000.01' (too large)",
        "less": "cannot be read: revenue '-9e15' (too large)",
        "endless": "cannot be read: revenue '1e300' (too large)",
        "nobody": "no customer_id",
    }
    assert fresh.query(
        "select customer_id, frequency, items, monetary from marts.dim_customers"
        " where customer_id in ('100', '101') order by 1"
    ) == [
        ("100", 2, 2_000_000_000, Decimal("1800000000000000.00")),
        ("101", 1, 1, Decimal("30000000000000.00")),
    ]
    # Everybody who bought has a segment, and no figure of the marts is infinite or NaN.
    assert fresh.query(
        "select count(*) from marts.fct_customer_segments where segmentation = 'value'"
        " and segment_id >= 0 and isfinite(distance)"
    ) == [(62,)]
    assert fresh.query(
        "select count(*) from marts.rpt_segment_value"
        " where not isfinite(potential_value_per_year::double)"
    ) == [(0,)]


def test_a_table_without_customers_and_one_of_yes_and_no(fresh: Warehouse) -> None:
    """One error each, which names the column; no other table is blamed."""
    put(
        fresh,
        "create schema contract",
        "create table contract.orders as select 'o1' as order_id, date '2025-12-30' as ordered_at,"
        " 5 as revenue",
    )
    done = fresh.dbt("build", *STAGING, dataset="warehouse", **QUICK)
    assert done.returncode != 0
    assert done.stdout.count('"orders" lacks customer_id') == 1
    assert "Parser Error" not in done.stdout
    put(
        fresh,
        "create or replace table contract.orders as select 1 as customer_id, 'o1' as order_id,"
        " date '2025-12-30' as ordered_at, true as revenue",
    )
    done = fresh.dbt("build", *STAGING, dataset="warehouse", **QUICK)
    assert done.returncode != 0
    assert "has true and false in the column revenue, which is to hold numbers" in done.stdout


def test_settings_are_text_in_sql_and_nothing_else(fresh: Warehouse) -> None:
    put(fresh, "create schema kept")
    injected = "o'brien'); drop schema kept; --.csv"
    fresh.build(
        "--select", "int_run_settings", dataset="marketing_campaign",
        marketing_campaign_file=injected,
    )  # fmt: skip
    assert fresh.query("select variant from intermediate.int_run_settings") == [(injected,)]
    done = fresh.dbt(
        "run", "--select", "stg_complete_journey__orders", dataset="complete_journey",
        complete_journey_time_zone=injected,
    )  # fmt: skip
    assert f"complete_journey_time_zone is '{injected}'. It must be" in done.stdout
    assert fresh.query("select count(*) from duckdb_schemas() where schema_name = 'kept'") == [(1,)]


def test_text_that_only_an_engine_takes_for_a_number_a_day_or_an_id(fresh: Warehouse) -> None:
    """It is rejected with its column and value; what people write is read as ever."""
    put(
        fresh,
        "create schema contract",
        "create table contract.customers as select * from (values ('7', '2025-01-05', '1e5'),"
        " ('8', '2025/1/5', '+2.50'), ('9', '2025-01-05T23:00:00-05:00', null),"
        " ('10', 'epoch', '1'), ('11', '-Infinity', '1'), ('12', '2025-01-05 or so', '1'),"
        " ('13', null, '1_000'), ('14', null, '0x10'), ('NAN', null, null), ('-nan', null, null),"
        " ('Nan', null, null), ('Inf', null, null), ('Nana', null, null))"
        " as t (customer_id, joined_on, income)",
        "create table contract.orders as select * from (values ('7', 'a', '2025-01-05 10:00', '1'),"
        " ('7', 'b', 'epoch', '1'), ('7', 'c', 'infinity', '1'), ('7', 'd', '-inf', '1'),"
        " ('7', '+NaN', '2025-01-05', '1'), ('7', 'e', '2025-01-05 10:00:00+01', '2'))"
        " as t (customer_id, order_id, ordered_at, revenue)",
    )
    fresh.build("--select", "+int_rejects", *NO_TESTS, dataset="warehouse", **QUICK)
    assert fresh.query(
        "select source_table, coalesce(record_id, '-'), rejected_because"
        " from intermediate.int_rejects order by all"
    ) == [
        ("customers", "-", "no customer_id"),
        ("customers", "-", "no customer_id"),
        ("customers", "-", "no customer_id"),
        ("customers", "-", "no customer_id"),
        ("customers", "10", "cannot be read: joined_on 'epoch'"),
        ("customers", "11", "cannot be read: joined_on '-Infinity'"),
        ("customers", "12", "cannot be read: joined_on '2025-01-05 or so'"),
        ("customers", "13", "cannot be read: income '1_000'"),
        ("customers", "14", "cannot be read: income '0x10'"),
        ("orders", "-", "no order_id"),
        ("orders", "b", "cannot be read: ordered_at 'epoch'"),
        ("orders", "c", "cannot be read: ordered_at 'infinity'"),
        ("orders", "d", "cannot be read: ordered_at '-inf'"),
    ]
    assert fresh.query(
        "select customer_id, joined_on::varchar, income from intermediate.int_checked_customers"
        " where rejected_because is null order by all"
    ) == [
        ("7", "2025-01-05", Decimal("100000.00")),
        ("8", "2025-01-05", Decimal("2.50")),
        ("9", "2025-01-05", None),
        ("Nana", None, None),
    ]
    assert fresh.query(
        "select order_id, ordered_at::varchar from intermediate.int_checked_orders"
        " where rejected_because is null order by all"
    ) == [("a", "2025-01-05 10:00:00"), ("e", "2025-01-05 09:00:00")]
