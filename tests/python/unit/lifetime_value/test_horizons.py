"""Forecasts of 30 to 365 days, made on earlier days, beside the outcomes."""

from __future__ import annotations

import datetime
from typing import Any

import lifetime_value_shop as shop
import numpy as np
import pandas as pd
import pytest
from lifetime_value_shop import OPTIONS, Frames
from segmentation.lifetime_value.backtest import Judgement, judge
from segmentation.lifetime_value.horizons import horizon_notes
from segmentation.lifetime_value.model import HORIZON_ACCURACY
from segmentation.lifetime_value.options import (
    COMBINED,
    LAST_PERIOD,
    PURCHASE_MODEL,
)
from segmentation.lifetime_value.past_days import past_days


@pytest.fixture(scope="module")
def rows(judgement: Judgement) -> pd.DataFrame:
    return pd.DataFrame(judgement.horizons)


def test_every_row_has_the_columns_of_the_mart(judgement: Judgement) -> None:
    assert set().union(*judgement.horizons) == set(HORIZON_ACCURACY) - {"is_in_use"}


def test_a_horizon_is_judged_where_all_of_it_has_passed(rows: pd.DataFrame) -> None:
    """As of 2025-06-30, a year lies after the first day, and half a year after the third."""
    by_horizon = rows.groupby("horizon_days")["forecast_on"].agg(lambda days: sorted(set(days)))
    june, september, december, march = shop.QUARTER_ENDS
    assert by_horizon.to_dict() == {
        30: [june, september, december, march],
        90: [june, september, december, march],
        180: [june, september, december],
        365: [june],
    }


def test_the_last_period_is_judged_where_orders_go_back_so_far(rows: pd.DataFrame) -> None:
    """The shop opened on the first day of 2024: its first half year has 182 days."""
    of_last = rows[rows["forecast_method"] == LAST_PERIOD]
    assert len(of_last[of_last["horizon_days"] == 180]) == 2 * 3
    assert (of_last["grouped_by"] == "all").all()
    assert not (of_last["horizon_days"] == 365).any()


def test_ninety_days_are_those_of_the_other_table(judgement: Judgement, rows: pd.DataFrame) -> None:
    keys = ["forecast_on", "measure", "forecast_method", "grouped_by", "group_number"]
    accuracy = pd.DataFrame(judgement.accuracy).set_index(keys)
    ninety = rows[rows["horizon_days"] == 90].set_index(keys)
    shared = ["customers", "predicted", "lower_predicted", "upper_predicted", "actual", "rmse"]
    other = accuracy.loc[ninety.index]
    # A level times what the model expects is the forecast, but for rounding.
    pd.testing.assert_frame_equal(ninety[shared], other[shared], check_dtype=False, rtol=1e-9)


def test_tenths_hold_all_customers(rows: pd.DataFrame) -> None:
    ours = rows[rows["forecast_method"] != LAST_PERIOD]
    keys = ["forecast_on", "horizon_days", "measure", "forecast_method"]
    for column in ("customers", "predicted", "actual"):
        sums = ours.pivot_table(index=keys, columns="grouped_by", values=column, aggfunc="sum")
        assert sums["decile"].to_numpy() == pytest.approx(sums["all"].to_numpy())


def test_a_steady_shop_is_forecast_well_at_all_horizons(rows: pd.DataFrame) -> None:
    whole = rows[(rows["grouped_by"] == "all") & (rows["forecast_method"] == PURCHASE_MODEL)]
    assert (whole["predicted"] / whole["actual"] - 1).abs().max() < 0.25
    assert whole["interval_coverage"].between(0.8, 0.99).all()


@pytest.mark.long
def test_an_interval_learns_from_outcomes_that_were_known(
    frames: Frames, rows: pd.DataFrame
) -> None:
    """Half a year after June was not over in September: other outcomes change nothing there."""
    june, september, december, _ = shop.QUARTER_ENDS
    (day, first), *others = frames
    doubled = {
        name: 9 * first[name]
        for name in first.columns
        if name.startswith("actual_") and "180" in name
    }
    again = pd.DataFrame(
        judge(past_days([(day, first.assign(**doubled)), *others], OPTIONS), OPTIONS).horizons
    )
    is_of_half_a_year = (rows["horizon_days"] == 180) & (rows["forecast_method"] == PURCHASE_MODEL)
    columns = ["lower_predicted", "upper_predicted"]
    for on, is_same in ((june, True), (september, True), (december, False)):
        chosen = is_of_half_a_year & (rows["forecast_on"] == on)
        assert again.loc[chosen, columns].equals(rows.loc[chosen, columns]) == is_same


def _row(days: int, method: str, rmse: float, held: float = 0.9) -> dict[str, Any]:
    return {
        "forecast_on": datetime.date(2024, 6, 30),
        "horizon_days": days,
        "measure": "revenue",
        "forecast_method": method,
        "grouped_by": "all",
        "rmse": rmse,
        "interval_coverage": held,
    }


def test_what_was_not_tested_or_loses_is_said() -> None:
    rows = [
        _row(30, COMBINED, 5.0),
        _row(30, LAST_PERIOD, 6.0),
        _row(90, COMBINED, 9.0),
        _row(90, LAST_PERIOD, 8.0),
        _row(180, COMBINED, 30.0, held=0.5),
        _row(180, LAST_PERIOD, 20.0),
        _row(180, PURCHASE_MODEL, 10.0),
    ]
    assert horizon_notes(rows, COMBINED) == [
        "Intervals of the revenue of a customer in 180 days held for 50% instead of 90%: they are "
        "too narrow.",
        "Do not rely on forecasts of 180 days: their error (RMSE of revenue per customer) was 30, "
        "that of the last 180 days repeated 20.",
        "Forecasts of 365 days have not been tested: no quarter with enough data ended so long "
        "before this day.",
    ]
    assert horizon_notes([], COMBINED) == []


def test_the_order_of_customers_decides_nothing_but_ties(
    judgement_of_shuffled: Judgement, rows: pd.DataFrame
) -> None:
    again = pd.DataFrame(judgement_of_shuffled.horizons)
    pd.testing.assert_frame_equal(shop.without_ties(again), shop.without_ties(rows))
    assert np.isfinite(rows["predicted"]).all()
