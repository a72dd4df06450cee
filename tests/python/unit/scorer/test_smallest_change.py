"""The smallest change of one feature, on a scorer whose boundaries are known."""

from __future__ import annotations

import numpy as np
import pytest
from segmentation.features.arrays import Codes, Matrix
from segmentation.scorer.columns_of_people import Inputs, People
from segmentation.scorer.smallest_change import Observed, smallest_change


class Thresholds:
    """Segment 1 from spend 10.25 on or with the plan gold, where the age is below 40; else 0."""

    segmentation, model_version, measure = "value", "value-0001-x", "distance"
    inputs = Inputs(("age", "spend"), ("plan",))
    slugs = {0: "few", 1: "many"}  # noqa: RUF012
    names = {0: "Few", 1: "Many"}  # noqa: RUF012

    def segments_of(self, people: People) -> Codes:
        gold = np.array([plan == "gold" for plan in people.text("plan")])
        many = (people.number("spend") >= 10.25) | gold
        return (many & (people.number("age") < 40)).astype(np.intp)

    def size_of_change(self, name: str, before: float, after: Matrix, deviation: float) -> Matrix:
        assert name in self.inputs.numbers
        return np.abs(after - (7.0 if before != before else before)) / deviation


OBSERVED = {
    "age": Observed(np.array([20.0, 50.0, 80.0]), 10.0, 0),
    "spend": Observed(np.array([0.0, 5.0, 50.0, 90.0]), 4.0, 1),
    "plan": Observed(["basic", "gold"]),
}


def person(age: float, spend: float, plan: str | None = "basic") -> People:
    return People(1, {"age": np.array([age]), "spend": np.array([spend])}, {"plan": [plan]})


def test_the_boundary_is_found_and_written_as_people_write_it() -> None:
    change = smallest_change(Thresholds(), person(30, 9), 1, OBSERVED)
    assert change is not None
    assert (change.feature, change.before, change.after) == ("spend", 9.0, 10.3)
    assert change.size == pytest.approx(1.3 / 4)


def test_a_category_counts_as_one_deviation() -> None:
    change = smallest_change(Thresholds(), person(30, 1), 1, OBSERVED)
    assert change is not None
    assert (change.feature, change.before, change.after, change.size) == (
        "plan",
        "basic",
        "gold",
        1,
    )


def test_down_to_a_boundary() -> None:
    change = smallest_change(Thresholds(), person(43, 60), 1, OBSERVED)
    assert change is not None
    assert (change.feature, change.after) == ("age", 39.0)


def test_a_missing_value_becomes_one_that_customers_have() -> None:
    change = smallest_change(Thresholds(), person(30, np.nan), 1, {"spend": OBSERVED["spend"]})
    assert change is not None
    assert (change.before, change.after) == (None, 50.0)


def test_no_single_feature_is_enough() -> None:
    assert smallest_change(Thresholds(), person(70, 0), 1, OBSERVED) is None
