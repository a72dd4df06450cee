"""Conditions as people write them, as SQL and as Python decides them."""

from __future__ import annotations

import math

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from segmentation.playbook.conditions import read_condition
from segmentation.playbook.errors import PlaybookError

THRESHOLDS = {"late_ratio": 4.0, "typical_monetary": 100.0}
TEXT = "overdue_ratio > late_ratio and monetary >= 1.5 * typical_monetary and purchase_days = 2"


def test_what_is_written_is_what_is_read() -> None:
    condition = read_condition(f"{TEXT} and monetary is highest", "row")
    assert condition.columns == ["overdue_ratio", "monetary", "purchase_days"]
    assert condition.thresholds == ["late_ratio", "typical_monetary"]
    assert condition.highest == ("monetary",)
    assert condition.written(THRESHOLDS) == (
        "overdue_ratio > 4 (late_ratio) and monetary >= 150 (1.5 * typical_monetary) "
        "and purchase_days = 2 and monetary is highest"
    )


@pytest.mark.parametrize(
    "text",
    ["monetary", "monetary > ", "monetary => 1", "1 < monetary", "a > 1 or b > 1", "a > -1", ""],
)
def test_what_cannot_be_read_says_how_it_is_written(text: str) -> None:
    with pytest.raises(PlaybookError, match=r"row 'x': condition has .* Write a column, <"):
        read_condition(text, "row 'x'")


values = st.one_of(st.none(), st.sampled_from([1.0, 2.0, 4.0, 4.000001, 99.0, 150.0, 1e15]))


@given(overdue=values, monetary=values, days=values)
def test_the_engine_decides_as_python_does(
    connection_of_examples: duckdb.DuckDBPyConnection,
    overdue: float | None,
    monetary: float | None,
    days: float | None,
) -> None:
    condition = read_condition(TEXT, "row")
    row = {"overdue_ratio": overdue, "monetary": monetary, "purchase_days": days}
    known = {name: math.nan if value is None else value for name, value in row.items()}
    columns = ", ".join(
        f"cast({'null' if value is None else repr(value)} as double) as {name}"
        for name, value in row.items()
    )
    found = connection_of_examples.execute(
        f"select coalesce({condition.sql(THRESHOLDS)}, false) from (select {columns})"
    ).fetchone()
    assert found == (not condition.broken(known, THRESHOLDS),)


def test_an_unknown_threshold_makes_nothing_true() -> None:
    condition = read_condition("monetary >= typical_monetary", "row")
    assert condition.broken({"monetary": 1e9}, {})
    assert condition.sql({}) == "false"
    assert condition.written({}) == "monetary >= typical_monetary (not known)"


def test_slack_moves_the_bound_away() -> None:
    condition = read_condition("overdue_ratio <= 2 and monetary >= typical_monetary", "row")
    assert condition.broken({"overdue_ratio": 2.4, "monetary": 81.0}, THRESHOLDS)
    assert not condition.broken({"overdue_ratio": 2.4, "monetary": 81.0}, THRESHOLDS, 1.25)
    assert condition.broken({"overdue_ratio": 2.6, "monetary": 81.0}, THRESHOLDS, 1.25)


@given(overdue=values, monetary=values, days=values)
def test_the_engine_contradicts_as_python_does(
    connection_of_examples: duckdb.DuckDBPyConnection,
    overdue: float | None,
    monetary: float | None,
    days: float | None,
) -> None:
    condition = read_condition(TEXT, "row")
    row = {"overdue_ratio": overdue, "monetary": monetary, "purchase_days": days}
    known = {name: value for name, value in row.items() if value is not None}
    columns = ", ".join(
        f"cast({'null' if value is None else repr(value)} as double) as {name}"
        for name, value in row.items()
    )
    found = connection_of_examples.execute(
        f"select {condition.contradiction_sql(THRESHOLDS, 2.0)} from (select {columns})"
    ).fetchone()
    missed = [c for c in condition.broken(known, THRESHOLDS, 2.0) if c.column in known]
    assert found == (bool(missed),)


def test_a_threshold_that_is_not_known_is_contradicted_by_nobody() -> None:
    condition = read_condition("monetary >= typical_monetary", "row")
    assert condition.contradiction_sql({}, 2.0) == "false"
    both = read_condition("monetary >= typical_monetary and overdue_ratio <= 2", "row")
    assert both.contradiction_sql({}, 2.0) == read_condition(
        "overdue_ratio <= 2", "row"
    ).contradiction_sql({}, 2.0)


def test_a_comparison_of_segments_is_contradicted_by_no_customer() -> None:
    assert read_condition("monetary is highest", "row").contradiction_sql({}, 2.0) == "false"
