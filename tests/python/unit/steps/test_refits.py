"""When a fit is made, and when the current model is kept."""

from __future__ import annotations

import datetime
from typing import Any

import pandas as pd
import pytest
from house import SETTINGS, House
from segmentation.registry.option_checks import OptionError


def test_nothing_is_fitted_twice(house: House) -> None:
    first = house.first_fit()
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
    first = house.first_fit()
    house.run("sample", "default", datetime.date(2026, 1, 30))
    again = house.fit(settings, **asked)
    assert again is not None
    assert again.fit_reason == reason
    assert (again.model_number, again.previous_version) == (2, first.model_version)


def test_a_model_of_the_right_age_is_kept(house: House) -> None:
    house.first_fit()
    house.run("sample", "default", datetime.date(2026, 1, 30))
    assert house.fit(refit_after_days="30") is None
    assert house.fit(refit="False", refit_after_days="None") is None


@pytest.mark.parametrize("asked", [{"refit": "yes"}, {"refit_after_days": "a month"}])
def test_an_unreadable_refit_setting(house: House, asked: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="It must be"):
        house.fit(**asked)


@pytest.mark.long
@pytest.mark.parametrize(("dataset", "variant"), [("other", "default"), ("sample", "other")])
def test_a_model_of_another_data_set_or_variant_is_never_applied(
    house: House, dataset: str, variant: str
) -> None:
    house.first_fit()
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
    house.first_fit()
    house.run("sample", "default", datetime.date(2025, 12, 31), window_days=90)
    again = house.fit()
    assert again is not None
    assert again.fit_reason == "frequency and monetary count 90 days and counted 365"


def test_the_same_fit_of_another_variant_is_another_version(house: House) -> None:
    one = house.first_fit()
    house.run("sample", "other", datetime.date(2025, 12, 31))
    other = house.fit()
    assert other is not None
    assert one.model_version != other.model_version


def test_another_naming_limit_renames_at_once_and_refits_nothing(house: House) -> None:
    house.first_fit()
    before = house.segments()
    assert set(before.named_by) == {"playbook"}
    assert house.fit({**SETTINGS, "naming_limit": 1e-9}) is None
    renamed = house.segments()
    assert set(renamed.named_by) == {"description"}
    assert not set(renamed.segment_slug) & set(before.segment_slug)
    assert set(renamed.model_version) == set(before.model_version)
    # A var is laid over the settings here too; and what was set before gives the names of before.
    assert house.fit({**SETTINGS, "naming_limit": 1e-9}, overrides='{"naming_limit": 1}') is None
    pd.testing.assert_frame_equal(house.segments(), before)


@pytest.mark.long
def test_a_fit_follows_the_names_of_today(house: House) -> None:
    """The limit under which the last model goes by other names names what follows it."""
    house.first_fit()
    strict = {**SETTINGS, "naming_limit": 1e-9}
    house.fit(strict)
    renamed = house.segments()
    again = house.fit(strict, refit=True)
    assert again is not None
    assert {segment.named_by for segment in again.segments} == {"earlier model"}
    assert {segment.segment_slug for segment in again.segments} == set(renamed.segment_slug)


@pytest.mark.long
def test_another_comparison_waits_for_the_next_fit(house: House) -> None:
    first = house.first_fit()
    compared = {**SETTINGS, "compared_algorithms": ["kmeans"], "compared_resamples": 2}
    assert house.fit(compared) is None
    again = house.fit(compared, refit=True)
    assert again is not None
    assert first.comparison == []
    assert {judgement.algorithm for judgement in again.comparison} == {"kmeans"}
    assert again.fit_hash == first.fit_hash
