"""A model in proportion to the days that its figures can count."""

from __future__ import annotations

import datetime

import duckdb
import numpy as np
import pandas as pd
import pytest
from house import SETTINGS, House
from segmentation.clustering.days_covered import in_proportion, proportions
from segmentation.clustering.model import SegmentationModel
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.features.numbers import TRANSFORMS, PreparedFeature
from segmentation.over_time.gates import AGREEMENT
from segmentation.steps.scoring_rules import ScoringTables, scoring_rules

FIT_DAY = datetime.date(2025, 6, 30)
WINDOW = 100
LENGTH_TOO = {**SETTINGS, "features": ["length_days", "recency_days", "frequency", "monetary"]}


def days_later(days: int) -> datetime.date:
    return FIT_DAY + datetime.timedelta(days=days)


@pytest.fixture
def model(house: House, customers: pd.DataFrame) -> SegmentationModel:
    """Return a model of a shop whose data cover 50 days of a window of 100."""
    house.put("features", of_age(customers, 50))
    house.run("sample", "default", FIT_DAY, WINDOW)
    fitted = house.fit(LENGTH_TOO)
    assert fitted is not None
    return fitted


def of_age(customers: pd.DataFrame, days: int, times: float = 1.0) -> pd.DataFrame:
    """Return customers of data that cover so many days, their figures so many times as large."""
    return customers.drop(columns="planted").assign(
        frequency=times * customers.frequency,
        monetary=times * customers.monetary,
        length_days=times * (10.0 + customers.frequency),
        tenure_days=np.arange(len(customers)) % days,
    )


@pytest.mark.parametrize(
    ("oldest", "days", "length", "of_window"),
    [
        # The data get older, and still do not fill the window.
        (74, 25, 75 / 50, 75 / 50),
        # They have filled it since the fit, and did at the fit.
        (149, 100, 150 / 50, WINDOW / 50),
        (299, 100, 300 / 200, 1.0),
        # The day before the window was full, and the day on which it is.
        (98, 49, 99 / 50, 99 / 50),
        (99, 50, 100 / 50, 100 / 50),
        # A build as of an earlier day.
        (24, -25, 25 / 50, 25 / 50),
    ],
)
def test_figures_grow_with_the_days_that_they_count(
    model: SegmentationModel, oldest: int, days: int, length: float, of_window: float
) -> None:
    assert proportions(oldest, model, days_later(days)) == pytest.approx(
        {"length_days": length, "frequency": of_window, "monetary": of_window}
    )


@pytest.mark.parametrize("oldest", [None, 9])
def test_nothing_is_known_without_days_and_without_data_at_the_fit(
    model: SegmentationModel, oldest: int | None
) -> None:
    assert proportions(oldest, model, days_later(10)) == {}


@pytest.mark.long
def test_a_steady_customer_of_a_young_shop_stays(house: House, customers: pd.DataFrame) -> None:
    house.put("features", of_age(customers, 50))
    house.run("sample", "default", FIT_DAY, WINDOW)
    assert house.fit(LENGTH_TOO) is not None
    before = house.assignments()

    house.put("features", of_age(customers, 75, times=1.5))
    house.run("sample", "default", days_later(25), WINDOW)
    after = house.assignments()
    pd.testing.assert_series_equal(before.segment_id, after.segment_id)
    np.testing.assert_allclose(before.distance, after.distance, rtol=1e-9)

    # On a day that does not say how old the data are, the growth moves them.
    house.put("features", of_age(customers, 75, times=1.5).drop(columns="tenure_days"))
    assert (house.assignments().segment_id != before.segment_id).any()


@pytest.mark.long
def test_macros_and_the_scorer_apply_it_in_proportion_too(
    house: House, customers: pd.DataFrame
) -> None:
    house.put("features", of_age(customers, 50))
    house.run("sample", "default", FIT_DAY, WINDOW)
    assert house.fit(LENGTH_TOO) is not None
    # All grow by a half, but not all alike.
    grown = of_age(customers, 75, times=1.5)
    grown["monetary"] *= np.linspace(0.4, 1.6, len(grown))
    house.put("features", grown)
    house.run("sample", "default", days_later(25), WINDOW)
    expected = house.assignments()

    tables = ScoringTables("models", "current_model", "segments", "features")
    (rule,) = scoring_rules(
        house.connection,
        segmentations={"value": tables},
        run_settings="run",
        feature_words="words",
    ).to_pylist()
    house.connection.execute(f"create macro score_value{rule['people_macro']}")
    scored = house.connection.sql("from score_value('features') order by customer_id").df()
    columns = ["customer_id", "segment_id", "distance", "margin", "reason_1", "reason_2"]
    pd.testing.assert_frame_equal(scored[columns], expected[columns], check_dtype=False)


def test_a_refit_of_steady_customers_is_compared_in_proportion(
    house: House, customers: pd.DataFrame
) -> None:
    house.put("features", of_age(customers, 50))
    house.run("sample", "default", FIT_DAY, WINDOW)
    assert house.fit(LENGTH_TOO) is not None
    house.put("features", of_age(customers, 75, times=1.5))
    house.run("sample", "default", days_later(25), WINDOW)
    again = house.fit(LENGTH_TOO, refit_after_days=20)
    assert again is not None
    assert {gate.name: gate.value for gate in again.gates}[AGREEMENT] == 1.0


def test_the_day_of_the_fit_and_a_full_window_change_nothing(
    engine: DuckDBEngine, house: House, customers: pd.DataFrame, model: SegmentationModel
) -> None:
    assert in_proportion(engine, "features", model, FIT_DAY) is model
    # Its data are then 400 days old, and were 300 at the fit.
    house.put("features", of_age(customers, 250))
    later = in_proportion(engine, "features", model, days_later(100))
    by_name = {feature.prepared.name: feature.prepared for feature in later.features}
    for feature in model.features:
        is_length = feature.prepared.name == "length_days"
        assert (by_name[feature.prepared.name] == feature.prepared) is not is_length


@pytest.mark.long
def test_thresholds_are_in_proportion_too(
    engine: DuckDBEngine, house: House, customers: pd.DataFrame
) -> None:
    house.connection.execute(
        "create or replace table playbook as select 'value' as segmentation, null as k,"
        " 'bought' as segment_slug, 'Bought' as segment_name, null as target_z_scores,"
        " 'monetary >= 2 * typical_monetary and recency_days <= typical_recency_days' as condition,"
        " 'segment' as condition_of, 1 as condition_order,"
        " '' as description, '' as strategy, '' as channel, '' as priority"
    )
    house.put("features", of_age(customers, 50))
    house.run("sample", "default", FIT_DAY, WINDOW)
    model = house.fit({**LENGTH_TOO, "states": True})
    assert model is not None
    house.put("features", of_age(customers, 75))
    applied = in_proportion(engine, "features", model, days_later(25))
    before, after = ({t.name: t.value for t in m.thresholds} for m in (model, applied))
    assert after == pytest.approx(
        before | {"typical_monetary": 1.5 * before["typical_monetary"]}, rel=1e-12
    )
    assert "typical_recency_days" in after


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_a_feature_in_proportion_does_to_larger_values_what_it_did(transform: str) -> None:
    feature = PreparedFeature("x", 3.0, -50.0, 90.0, transform, 0.4, 2.0, 5.0)
    values = np.array([-70.0, -3.0, 0.0, 4.0, 80.0, 100.0, np.nan])
    larger = feature.in_proportion(1.7)
    np.testing.assert_allclose(larger.scaled(1.7 * values), feature.scaled(values), rtol=1e-12)
    scaled = feature.scaled(np.array([-3.0, 4.0]))
    np.testing.assert_allclose(larger.unscaled(scaled), 1.7 * feature.unscaled(scaled))
    assert larger.fill == pytest.approx(1.7 * 3.0)


def test_what_is_stored_has_no_factor(model: SegmentationModel) -> None:
    with duckdb.connect() as connection:
        connection.register("stored", SegmentationModel.as_table([model]))
        ((names,),) = connection.sql(
            "select distinct json_keys(to_json(features[1])) from stored"
        ).fetchall()
    assert "scale" in names
    assert "factor" not in names
