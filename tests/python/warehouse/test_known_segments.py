"""Segments that a business gave its customers, in its own tables: learned from, or too few."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from builds import NO_TESTS, NO_UNIT_TESTS, QUICK, Warehouse

pytestmark = pytest.mark.long

# Three folds: 20 customers of a segment are few.
SETTINGS: dict[str, Any] = {
    "dataset": "warehouse",
    **QUICK,
    "prospects_options": {**QUICK["prospects_options"], "folds": 3},
}
# Forty customers of two segments, whom age tells apart, and ten whose segment nobody knows.
CUSTOMERS = """
    create table contract.customers as
    select
        'c' || i as customer_id,
        case when i % 2 = 0 then 25 + i % 7 else 60 + i % 7 end as age,
        case when i < 40 then case when i % 2 = 0 then 'O''Brien "é"' else 'Unassigned' end end
            as known_segment
    from range(50) r(i)
"""
ORDERS = """
    create table contract.orders as
    select
        'c' || (i % 30) as customer_id, 'o' || i as order_id, 10 + i % 7 as revenue,
        date '2025-12-31' - cast(i as integer) as ordered_at
    from range(120) r(i)
"""
PROSPECTS = "from marts.fct_customer_segments where segmentation = 'prospects'"


def run_sql(warehouse: Warehouse, *statements: str) -> None:
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute("create schema if not exists contract")
        for statement in statements:
            connection.execute(statement)


def test_two_segments_and_then_one_with_a_single_customer(fresh: Warehouse) -> None:
    """A label that means something else in the marts is a segment like others."""
    run_sql(fresh, CUSTOMERS, ORDERS)
    output = fresh.build(*NO_UNIT_TESTS, **SETTINGS)
    assert "prospects: predicted a segment for 10" in output
    assert fresh.query(
        f"select segment_slug, segment_name, count(*), min(probability) > 0.5 {PROSPECTS}"
        " and probability is not null group by 1, 2 order by 1"
    ) == [("o_brien", 'O\'Brien "é"', 5, True), ("segment_unassigned", "Unassigned", 5, True)]
    assert fresh.query(
        f"select reason_1, count(*) {PROSPECTS} and probability is null group by 1 order by 1"
    ) == [
        ('no prospect: the segment O\'Brien "é" is known', 20),
        ("no prospect: the segment Unassigned is known", 20),
    ]
    # Half of the labelled have orders: the others' revenue is not known, and no segment's is 0.
    assert fresh.query(
        "select count(*), min(expected_sales) > 0, sum(expected_customers)"
        " from marts.rpt_prospect_distribution"
    ) == [(2, True, pytest.approx(10))]

    run_sql(
        fresh, "update contract.customers set known_segment = 'Lonely' where customer_id = 'c0'"
    )
    marts = ("--select", "+rpt_prospect_distribution", "+fct_customer_segments")
    output = fresh.build(*marts, *NO_TESTS, **SETTINGS, refit=True)
    assert "The segment Lonely is left out: it has 1 labelled row in 1 group of people" in output
    assert fresh.query("select segment_slug from marts.rpt_prospect_distribution order by 1") == [
        ("o_brien",),
        ("segment_unassigned",),
    ]
    assert fresh.query(f"select segment_slug, reason_1 {PROSPECTS} and customer_id = 'c0'") == [
        ("unassigned", "no prospect: the segment Lonely is known")
    ]
    assert fresh.query(f"select count(probability) {PROSPECTS}") == [(10,)]


def test_no_labels_and_no_orders(fresh: Warehouse) -> None:
    run_sql(
        fresh,
        CUSTOMERS,
        "update contract.customers set known_segment = null",
        ORDERS,
        "delete from contract.orders",
    )
    output = fresh.build(*NO_UNIT_TESTS, **SETTINGS)
    assert "prospects: nothing fitted; no segments are predicted" in output
    assert fresh.query(f"select segment_slug, reason_1, count(*) {PROSPECTS} group by 1, 2") == [
        ("unassigned", "the data set has no purchases", 50)
    ]
    for mart in (
        "rpt_prospect_distribution",
        "fct_prospect_probabilities",
        "rpt_classifier_metrics",
        "rpt_confusion_matrix",
        "rpt_classifier_calibration",
    ):
        assert fresh.query(f"select count(*) from marts.{mart}") == [(0,)], mart
    assert fresh.query(
        "select count(*) from marts.rpt_model_history where segmentation = 'prospects'"
    ) == [(0,)]
    assert fresh.query("select labelled_rows, prospect_rows from marts.rpt_shared_identities") == [
        (0, 0)
    ]
