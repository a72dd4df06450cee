"""The days of a backfill."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from segmentation.backfill.day_steps import days_between, read_step


def written(first: str, last: str, every: str) -> list[str]:
    days = days_between(dt.date.fromisoformat(first), dt.date.fromisoformat(last), read_step(every))
    return [day.isoformat() for day in days]


@pytest.mark.parametrize(
    ("first", "last", "every", "expected"),
    [
        ("2025-02-27", "2025-03-01", "day", ["2025-02-27", "2025-02-28", "2025-03-01"]),
        ("2025-01-01", "2025-01-21", "week", ["2025-01-01", "2025-01-08", "2025-01-15"]),
        ("2025-01-01", "2025-01-15", " Week ", ["2025-01-01", "2025-01-08", "2025-01-15"]),
        ("2025-11-15", "2026-01-15", "month", ["2025-11-15", "2025-12-15", "2026-01-15"]),
        # From the last day of a month, last days.
        ("2025-02-28", "2025-04-30", "month", ["2025-02-28", "2025-03-31", "2025-04-30"]),
        # From the 30th, the 30th, but where there is none.
        ("2025-01-30", "2025-03-30", "month", ["2025-01-30", "2025-02-28", "2025-03-30"]),
        ("2024-01-30", "2024-03-30", "month", ["2024-01-30", "2024-02-29", "2024-03-30"]),
        ("2025-03-31", "2025-09-30", "quarter", ["2025-03-31", "2025-06-30", "2025-09-30"]),
        ("2025-01-01", "2025-01-25", "10", ["2025-01-01", "2025-01-11", "2025-01-21"]),
        ("2025-01-01", "2025-01-11", "10 days", ["2025-01-01", "2025-01-11"]),
        ("2025-01-01", "2025-01-01", "month", ["2025-01-01"]),
        ("2025-01-02", "2025-01-01", "day", []),
    ],
)
def test_days(first: str, last: str, every: str, expected: list[str]) -> None:
    assert written(first, last, every) == expected


@pytest.mark.parametrize("every", ["", "year", "0", "-1", "1.5", "10 weeks", "monthly", "١"])
def test_what_is_no_step_is_said(every: str) -> None:
    with pytest.raises(ValueError, match="Write day, week, month, quarter, or a number of days"):
        read_step(every)


@given(
    first=st.dates(dt.date(1990, 1, 1), dt.date(2050, 1, 1)),
    length=st.integers(0, 900),
    every=st.sampled_from(["day", "week", "month", "quarter", "3", "45 days"]),
)
def test_days_ascend_from_the_first(first: dt.date, length: int, every: str) -> None:
    last = first + dt.timedelta(days=length)
    days = days_between(first, last, read_step(every))
    assert days[0] == first
    assert days == sorted(set(days))
    assert days[-1] <= last
