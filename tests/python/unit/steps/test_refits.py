"""When a fit is made, and when the model in force is kept."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from house import SETTINGS, House
from segmentation.registry.option_checks import OptionError


def test_nothing_is_fitted_twice(house: House) -> None:
    first = house.fit()
    assert first is not None
    assert first.fit_reason == "there is no model yet"
    assert house.fit() is None


@pytest.mark.parametrize(
    ("asked", "settings", "reason"),
    [
        ({"refit": "True"}, SETTINGS, "it was asked for"),
        ({}, {**SETTINGS, "seed": 5}, "the configuration changed"),
        ({"overrides": '{"scaling": "min_max"}'}, SETTINGS, "the configuration changed"),
        ({"refit_after_days": 29}, SETTINGS, "the last model is older than 29 days"),
    ],
)
def test_what_makes_a_new_fit(
    house: House, asked: dict[str, Any], settings: dict[str, Any], reason: str
) -> None:
    first = house.fit()
    house.run("sample", "default", datetime.date(2026, 1, 30))
    again = house.fit(settings, **asked)
    assert first is not None
    assert again is not None
    assert again.fit_reason == reason
    assert (again.model_number, again.previous_version) == (2, first.model_version)


def test_a_model_of_the_right_age_is_kept(house: House) -> None:
    house.fit()
    house.run("sample", "default", datetime.date(2026, 1, 30))
    assert house.fit(refit_after_days="30") is None
    assert house.fit(refit="False", refit_after_days="None") is None


@pytest.mark.parametrize("asked", [{"refit": "yes"}, {"refit_after_days": "a month"}])
def test_a_question_that_cannot_be_read(house: House, asked: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="It must be"):
        house.fit(**asked)


@pytest.mark.parametrize(("dataset", "variant"), [("other", "default"), ("sample", "other")])
def test_a_model_of_another_data_set_or_variant_is_never_applied(
    house: House, dataset: str, variant: str
) -> None:
    house.fit()
    house.run(dataset, variant, datetime.date(2025, 12, 31))
    assert house.assignments().empty
    assert house.segments().empty
    other = house.fit()
    assert other is not None
    assert (other.model_number, other.fit_reason) == (1, "there is no model yet")
    house.run("sample", "default", datetime.date(2025, 12, 31))
    assert set(house.assignments().model_version) == set(house.segments().model_version)
    assert house.fit() is None


def test_another_window_is_another_fit(house: House) -> None:
    """Or purchases of 90 days would be scored by a model of 365."""
    house.fit()
    house.run("sample", "default", datetime.date(2025, 12, 31), window_days=90)
    again = house.fit()
    assert again is not None
    assert again.fit_reason == "frequency and monetary count 90 days and counted 365"


def test_the_same_fit_of_another_variant_is_another_version(house: House) -> None:
    one = house.fit()
    house.run("sample", "other", datetime.date(2025, 12, 31))
    other = house.fit()
    assert one is not None
    assert other is not None
    assert one.model_version != other.model_version
