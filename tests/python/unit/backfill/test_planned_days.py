"""What a backfill reads, refuses and plans before dbt begins."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import duckdb
import pytest
from segmentation.backfill.planned_days import (
    NotBuiltError,
    Observed,
    PlannedDay,
    day_problems,
    plan_days,
    read_observed,
)
from small_history import write_history


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_history(tmp_path / "warehouse.duckdb")


def observed_in(file: Path, *statements: str) -> Observed:
    with duckdb.connect(str(file)) as connection:
        for statement in statements:
            connection.execute(statement)
        return read_observed(connection)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def test_what_the_last_build_left(file: Path) -> None:
    found = observed_in(
        file,
        "insert into segmentation.segment_log by name"
        " select 'other' as dataset, * exclude dataset from segmentation.segment_log",
    )
    assert (found.dataset, found.variant, found.as_of) == ("shop", "default", day("2025-12-31"))
    assert found.first_purchase == day("2025-03-15")
    # A lifetime value is no segmentation.
    assert sorted(found.models) == ["profile", "value"]
    assert sorted(found.stored) == [day("2025-09-30"), day("2025-12-31")]
    assert found.is_history_built
    assert found.seconds == 100


def test_a_history_that_lacks_a_change_is_not_built(file: Path) -> None:
    change = "update segmentation.segment_log set segment_slug = 'lost' where row_kind = 'change'"
    assert not observed_in(file, change).is_history_built


def test_a_day_is_skipped_where_the_log_has_all_segmentations(file: Path) -> None:
    found = observed_in(file)
    days = [day("2025-09-30"), day("2025-10-31"), day("2025-12-31")]
    plan = plan_days(found, days, again=False)
    assert plan.days == (
        PlannedDay(days[0], ("profile", "prospects")),
        PlannedDay(days[1], ("value", "profile", "prospects")),
        PlannedDay(days[2], ()),
    )
    assert [planned.as_of for planned in plan.to_fill] == days[:2]
    again = plan_days(found, days, again=True)
    assert {planned.missing for planned in again.days} == {("value", "profile", "prospects")}


def test_days_before_the_fit_are_hindsight(file: Path) -> None:
    found = observed_in(file)
    days = [day("2025-06-29"), day("2025-06-30"), day("2025-09-30")]
    assert plan_days(found, days, again=False).hindsight == {
        day("2025-06-30"): ["profile-0001-aaaaaaaa", "value-0001-aaaaaaaa"]
    }
    assert plan_days(found, days[1:], again=False).hindsight == {}


def test_how_long_it_takes_is_not_known_without_a_whole_build(file: Path) -> None:
    found = observed_in(file, "update segmentation.build_runs set models_built = 8")
    assert plan_days(found, [day("2025-10-31")], again=False).seconds is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("drop table segmentation.segment_log", "has no table segment_log. Build everything once"),
        ("delete from intermediate.int_run_settings", "did not end"),
        (
            "create table main.int_run_settings as from intermediate.int_run_settings",
            "in several schemas: intermediate, main",
        ),
    ],
)
def test_what_a_build_should_have_left(file: Path, change: str, said: str) -> None:
    with pytest.raises(NotBuiltError, match=said):
        observed_in(file, change)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (["2025-03-14"], "2025-03-14 is before the first purchase, which was on 2025-03-15"),
        (["2025-03-15", "2026-01-01"], "2026-01-01 is after 2025-12-31"),
        ([], "No day lies between"),
    ],
)
def test_days_that_cannot_be_filled(file: Path, days: list[str], said: str) -> None:
    (problem,) = day_problems(observed_in(file), [day(text) for text in days])
    assert said in problem


def test_days_from_the_first_purchase_to_the_last_build_can_be_filled(file: Path) -> None:
    assert day_problems(observed_in(file), [day("2025-03-15"), day("2025-12-31")]) == []


def test_data_without_dates_and_without_models_are_refused(file: Path) -> None:
    found = observed_in(file)
    undated = dataclasses.replace(found, first_purchase=None)
    assert "has no dated purchases" in day_problems(undated, [day("2025-06-30")])[0]
    without = dataclasses.replace(found, models={})
    assert "No model of the data set shop is current" in day_problems(without, [found.as_of])[0]
