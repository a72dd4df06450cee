"""The seed model_promotions: what it decides, and what is wrong with it."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from segmentation.registry.promotions import (
    Promotion,
    StoredVersion,
    StoredVersions,
    contradictions,
    decided_before,
    promotion_of,
    row_problems,
)
from segmentation.registry.run import Run

RUN = Run("sample", "default", datetime.date(2025, 12, 31), 365)
STORED = {
    "value": [
        StoredVersion("value-0002-b", "2025-12-31", 365),
        StoredVersion("value-0001-a", "2025-06-30", 90),
    ]
}


def row(**changed: Any) -> dict[str, Any]:
    return {
        "segmentation": "value",
        "dataset": "sample",
        "variant": None,
        "model_version": "value-0002-b",
        "action": "promote",
        "decided_on": "2026-01-02",
        "decided_by": "Ada",
        "reason": "The clusters of the refit are too small.",
        **changed,
    }


def test_a_day_is_over_at_its_end_and_a_time_at_once() -> None:
    assert decided_before("2026-01-02") == datetime.datetime(2026, 1, 3)
    assert decided_before("2026-01-02 14:05:00") == datetime.datetime(2026, 1, 2, 14, 5)


def test_a_pin_outranks_every_fit_and_a_promotion_those_before_its_end() -> None:
    end = datetime.datetime(2026, 1, 3)
    later = end + datetime.timedelta(seconds=1)
    assert Promotion("v1", "promote", end).outranks(end)
    assert not Promotion("v1", "promote", end).outranks(later)
    assert Promotion("v1", "pin", end).outranks(later)


@pytest.mark.parametrize(
    "written", ["soon", "2026", "2026-01-02T14:05:00", "2026-01-02 14:05", "2026-02-30", "20260102"]
)
def test_what_is_no_time_is_refused(written: str) -> None:
    assert row_problems(row(decided_on=written)) == [
        f"decided_on is {written!r}. Write a day, 2026-01-31, or a time in UTC, "
        "2026-01-31 14:05:00."
    ]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({}, None),
        ({"variant": "default", "decided_by": None}, None),
        ({"reason": None}, "reason is empty. Write why this model is to be current."),
        ({"reason": " "}, "reason is empty. Write why this model is to be current."),
        ({"model_version": None}, "model_version is empty. Write the model version that the row"),
        ({"action": "promot"}, "action is 'promot'. Did you mean 'promote'? It can be: promote, p"),
        ({"segmentation": "valu"}, "segmentation is 'valu'. Did you mean 'value'? It can be: val"),
        ({"segmentation": "prospects"}, None),
    ],
)
def test_a_row_is_checked(changed: dict[str, Any], problem: str | None) -> None:
    found = row_problems(row(**changed))
    assert len(found) == (problem is not None)
    assert all(problem is not None and sentence.startswith(problem) for sentence in found)


def test_two_rows_that_decide_the_same_contradict() -> None:
    first, second = row(), row(model_version="value-0001-a", action="pin")
    others = {3: row(segmentation="profile"), 4: row(dataset="members"), 5: row(dataset=None)}
    assert contradictions({2: first, **others, 6: row(dataset=None)}) == []
    assert contradictions({2: first | {"variant": "a"}, 3: second | {"variant": "b"}}) == []
    assert contradictions({2: first, **others, 7: second}) == [
        "lines 2 and 7: they all decide which model of value is current for sample: promote "
        "value-0002-b, pin value-0001-a. Keep one of them, or name another variant in each."
    ]
    assert contradictions({2: first | {"variant": "a"}, 3: second}) != []
    assert contradictions({2: first | {"variant": "a"}, 3: second | {"variant": "a"}}) != []


def test_the_row_of_a_build_is_found() -> None:
    expected = Promotion("value-0002-b", "promote", datetime.datetime(2026, 1, 3))
    assert promotion_of([row()], "value", RUN) == expected
    assert promotion_of([row(variant="default")], "value", RUN) == expected
    for other in (row(segmentation="profile"), row(dataset="members"), row(variant="another")):
        assert promotion_of([other], "value", RUN) is None


def version_problems(record: dict[str, Any], stored: Any = STORED) -> list[str]:
    return StoredVersions(RUN, stored).row_problems(record)


def test_a_version_that_is_not_stored_is_named_with_those_that_are() -> None:
    assert version_problems(row()) == []
    for other in ({"dataset": "members"}, {"variant": "another"}, {"segmentation": "valu"}):
        assert version_problems(row(model_version="x", **other)) == []
    assert version_problems(row(model_version=None)) == []
    assert version_problems(row(model_version="x", action="pin")) == [
        "there is no model x of value for sample. The models are: value-0002-b (as of 2025-12-31), "
        "value-0001-a (as of 2025-06-30)."
    ]
    assert version_problems(row(), {"value": []})[0].endswith(
        "None is stored: remove the row, and build."
    )


def test_a_model_of_another_window_is_not_applied() -> None:
    assert version_problems(row(model_version="value-0001-a")) == [
        "the frequency and monetary of value-0001-a count 90 days; this build counts 365. Set "
        "lrfm_window_days: 90, or remove the row."
    ]
