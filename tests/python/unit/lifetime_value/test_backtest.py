"""Earlier forecasts know what was known then, and no more."""

from __future__ import annotations

import dataclasses
import datetime

import lifetime_value_shop as shop
import numpy as np
import pandas as pd
import pytest
from lifetime_value_shop import OPTIONS, Frames
from segmentation.lifetime_value.backtest import (
    BOOSTING,
    CELLS,
    Judgement,
    judge,
)
from segmentation.lifetime_value.model import ACCURACY, LOSSES
from segmentation.lifetime_value.options import (
    COMBINED,
    LAST_PERIOD,
    PURCHASE_MODEL,
    LifetimeValueOptions,
)
from segmentation.lifetime_value.past_days import past_days
from segmentation.lifetime_value.verdict import reach_verdict


@pytest.fixture(scope="module")
def rows(judgement: Judgement) -> pd.DataFrame:
    return pd.DataFrame(judgement.accuracy)


def test_every_row_has_the_columns_of_the_mart(judgement: Judgement) -> None:
    known = set(ACCURACY) - {"is_in_use"}
    assert set().union(*judgement.accuracy) == known
    assert set().union(*judgement.losses) == {*LOSSES, "forecast_method"}


def test_methods_that_learn_begin_on_the_second_day(rows: pd.DataFrame) -> None:
    by_day = rows.groupby("forecast_on")["forecast_method"].agg(set)
    alone = {PURCHASE_MODEL, LAST_PERIOD}
    assert [len(methods) for methods in by_day] == [2, 4, 4, 4]
    assert by_day.iloc[0] == alone
    assert by_day.iloc[1] == alone | {COMBINED, CELLS}


def test_groups_hold_all_customers_and_what_they_bought(rows: pd.DataFrame) -> None:
    ours = rows[rows["forecast_method"].isin([PURCHASE_MODEL, COMBINED])]
    ours = ours[ours["measure"] != "buyers"]
    keys = ["forecast_on", "measure", "forecast_method"]
    for column in ("customers", "predicted", "actual"):
        sums = ours.pivot_table(index=keys, columns="grouped_by", values=column, aggfunc="sum")
        assert sums["decile"].to_numpy() == pytest.approx(sums["all"].to_numpy())
        assert sums["repeat purchases"].to_numpy() == pytest.approx(sums["all"].to_numpy())


def test_deciles_begin_with_the_largest_forecasts(rows: pd.DataFrame) -> None:
    deciles = rows[(rows["grouped_by"] == "decile") & (rows["measure"] == "revenue")]
    for _, group in deciles.groupby(["forecast_on", "forecast_method"]):
        ordered = group.sort_values("group_number")
        assert ordered["predicted"].is_monotonic_decreasing
        assert ordered["customers"].max() - ordered["customers"].min() <= 1


def test_a_stationary_shop_is_forecast_well(rows: pd.DataFrame) -> None:
    whole = rows[(rows["grouped_by"] == "all") & (rows["forecast_method"] == PURCHASE_MODEL)]
    whole = whole[whole["forecast_on"] >= shop.QUARTER_ENDS[1]]
    assert (whole["predicted"] / whole["actual"] - 1).abs().max() < 0.15
    bounded = whole[whole["measure"] != "buyers"]
    assert (bounded["lower_predicted"] < bounded["actual"]).all()
    assert (bounded["actual"] < bounded["upper_predicted"]).all()
    of_purchases = whole[whole["measure"] == "purchases"]
    assert of_purchases["interval_coverage"].between(0.85, 0.97).all()


@pytest.mark.long
def test_nothing_after_a_day_decides_its_forecast(frames: Frames, rows: pd.DataFrame) -> None:
    """What came after the last day is replaced: its forecasts and their intervals stay."""
    day, last = frames[-1]
    other = [
        *frames[:-1],
        (day, last.assign(actual_purchases_90_days=0.0, actual_revenue_90_days=0.0)),
    ]
    again = pd.DataFrame(judge(past_days(other, OPTIONS), OPTIONS).accuracy)
    columns = ["predicted", "lower_predicted", "upper_predicted", "customers"]
    pd.testing.assert_frame_equal(again[columns], rows[columns])
    assert again["actual"].sum() < rows["actual"].sum()


@pytest.mark.long
def test_the_order_of_customers_decides_nothing_but_ties(
    judgement_of_shuffled: Judgement, rows: pd.DataFrame
) -> None:
    again = pd.DataFrame(judgement_of_shuffled.accuracy)
    pd.testing.assert_frame_equal(shop.without_ties(again), shop.without_ties(rows))


def test_fifths_share_what_was_lost(judgement: Judgement) -> None:
    losses = pd.DataFrame(judgement.losses)
    for _, fifths in losses.groupby(["forecast_on", "forecast_method"]):
        for share in ("share_of_actual_loss", "share_by_run_rate", "largest_possible_share"):
            assert fifths[share].sum() == pytest.approx(1.0)
        first = fifths[fifths["fifth"] == 1].iloc[0]
        assert first["largest_possible_share"] >= first["share_of_actual_loss"]


@pytest.mark.long
def test_gradient_boosting_is_judged_where_it_is_asked_for(frames: Frames) -> None:
    options = LifetimeValueOptions(gradient_boosting=True, seed=1)
    days = past_days(frames[:2], options)
    once, again = (judge(days, options).accuracy for _ in range(2))
    assert once == again
    assert BOOSTING in {row["forecast_method"] for row in once}


def test_gradient_boosting_learns_from_a_day_without_a_spend_model(frames: Frames) -> None:
    (first, frame), second = frames[:2]
    few_spenders = frame.assign(
        mean_repeat_spend=frame["mean_repeat_spend"].where(frame.index < 90)
    )
    options = LifetimeValueOptions(gradient_boosting=True, seed=1)
    days = past_days([(first, few_spenders), second], options)
    assert [day.measures for day in days] == [["purchases"], ["purchases", "revenue"]]
    judged = {(row["measure"], row["forecast_method"]) for row in judge(days, options).accuracy}
    assert ("purchases", BOOSTING) in judged


def test_days_with_too_little_to_go_by_are_left_out(frames: Frames) -> None:
    day, frame = frames[0]
    few = frame.head(50)
    young = frame.assign(age_weeks=1.0, last_repeat_weeks=0.0, repeat_purchases=0)
    assert past_days([(day, few), (day, young), (day, frame.head(0))], OPTIONS) == []


@pytest.mark.long
def test_a_shop_that_closed_is_judged_without_errors(frames: Frames) -> None:
    day, frame = frames[-1]
    years = 3 * 52
    closed = frame.assign(
        age_weeks=frame["age_weeks"] + years,
        actual_purchases_90_days=0.0,
        actual_revenue_90_days=0.0,
        **{
            f"{measure}_{name}": 0.0
            for measure in ("purchases", "revenue")
            for name in ("30_days", "90_days", "in_window")
        },
    )
    judged = judge(
        past_days([(day, closed), (day + datetime.timedelta(91), closed)], OPTIONS), OPTIONS
    )
    assert all(np.isfinite(row["predicted"]) for row in judged.accuracy)
    assert {row["share_of_actual_loss"] for row in judged.losses} == {None}
    assert judged.combinations == {}


def test_the_verdict_takes_the_method_with_the_smaller_error(judgement: Judgement) -> None:
    def with_errors(combined: float, alone: float, last: float) -> Judgement:
        days = [day.day for day in judgement.days]
        errors = {
            ("revenue", PURCHASE_MODEL): dict.fromkeys(days, alone),
            ("revenue", COMBINED): dict.fromkeys(days[1:], combined),
            ("revenue", LAST_PERIOD): dict.fromkeys(days, last),
        }
        return dataclasses.replace(judgement, squared_errors=errors)

    better = reach_verdict(with_errors(1.0, 2.0, 3.0))
    assert (better.method, better.loses_to_last_period) == (COMBINED, False)
    assert "3 quarters" in better.because
    worse = reach_verdict(with_errors(2.0, 1.0, 3.0))
    assert (worse.method, worse.loses_to_last_period) == (PURCHASE_MODEL, False)
    losing = reach_verdict(with_errors(2.0, 1.0, 0.5))
    assert losing.loses_to_last_period
    assert not losing.ranks_customers
    assert "loses to the simple rule" in losing.because


def test_customers_are_ranked_only_by_what_found_more_than_spend(judgement: Judgement) -> None:
    def with_share(held: float) -> Judgement:
        losses = [{**row, "share_of_actual_loss": held} for row in judgement.losses]
        by_spend = [{**row, "share_by_run_rate": 0.4} for row in losses]
        errors = {key: dict.fromkeys(days, 1.0) for key, days in judgement.squared_errors.items()}
        return dataclasses.replace(judgement, losses=by_spend, squared_errors=errors)

    assert reach_verdict(with_share(0.4)).ranks_customers
    # The page looks for these words, to say of which days they are.
    assert "The fifth of customers" in reach_verdict(with_share(0.4)).because
    assert not reach_verdict(with_share(0.39)).ranks_customers
    assert "not set by it" in reach_verdict(with_share(0.39)).because


def test_without_earlier_forecasts_nothing_is_promised() -> None:
    verdict = reach_verdict(Judgement([]))
    assert verdict.loses_to_last_period is None
    assert not verdict.ranks_customers
    assert "has not been tested" in verdict.because


@pytest.mark.long
def test_purchases_alone_rank_nobody(frames: Frames) -> None:
    unknown = [(day, f.assign(mean_repeat_spend=np.nan)) for day, f in frames]
    judged = judge(past_days(unknown, OPTIONS), OPTIONS)
    assert {row["measure"] for row in judged.accuracy} == {"purchases", "buyers"}
    verdict = reach_verdict(judged)
    assert not verdict.ranks_customers
    assert "Revenue is not forecast" in verdict.because
