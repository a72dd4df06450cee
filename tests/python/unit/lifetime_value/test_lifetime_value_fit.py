"""The choice of a purchase model, fits without spends, and no model at all."""

from __future__ import annotations

import json

import numpy as np
import pytest
from purchase_histories import HOLDOUT_WEEKS, cdnow, cdnow_days, observe, simulated
from segmentation.lifetime_value import (
    LifetimeValueFit,
    LifetimeValueOptions,
    NoModel,
    RepeatPurchases,
    TimeSplit,
    fit_lifetime_value,
)
from segmentation.lifetime_value.fit import choice_in_words
from segmentation.lifetime_value.purchase_models import BG_NBD, MBG_NBD, PurchaseModel
from segmentation.lifetime_value.repeat_purchases import PurchaseHistoryError
from segmentation.lifetime_value.time_split import later_log_likelihood, probability_of
from segmentation.registry.option_checks import OptionError


def fitted(result: LifetimeValueFit | NoModel) -> LifetimeValueFit:
    assert isinstance(result, LifetimeValueFit)
    return result


def split_of(truth: PurchaseModel, seed: int) -> TimeSplit:
    earlier, later, _ = simulated(truth, 20_000, seed, later_weeks=39.0)
    return TimeSplit(earlier, later, 39.0)


def test_probabilities_of_later_purchases_sum_to_one() -> None:
    model = PurchaseModel(MBG_NBD, 0.5, 5.0, 0.8, 2.0)
    purchases, _, _ = simulated(model, 50, seed=4)
    total = sum(
        probability_of(model, purchases, 26.0, np.full(50, n, dtype=np.int64)) for n in range(400)
    )
    np.testing.assert_allclose(total, 1.0, rtol=1e-9)


@pytest.mark.parametrize("family", [BG_NBD, MBG_NBD])
def test_the_model_that_customers_follow_is_chosen(family: str) -> None:
    split = split_of(PurchaseModel(family, 1.0, 3.0, 1.0, 1.5), seed=5)
    result = fitted(fit_lifetime_value(split.earlier, None, split))
    assert result.purchases.model.family == family
    assert result.chosen_by == "later_purchases"
    assert "makes the later purchases likelier" in choice_in_words(result)
    scores = [candidate.later_log_likelihood for candidate in result.candidates]
    assert all(score is not None and score < 0 for score in scores)
    assert "revenue is not" in result.warnings[-1]


def test_the_score_does_not_depend_on_the_order_of_customers() -> None:
    split = split_of(PurchaseModel(BG_NBD, 0.5, 5.0, 0.8, 2.0), seed=6)
    order = np.random.default_rng(1).permutation(len(split.earlier))
    shuffled = TimeSplit(split.earlier.taken(order), split.later_purchases[order], 39.0)
    model = PurchaseModel(BG_NBD, 0.5, 5.0, 0.8, 2.0)
    assert later_log_likelihood(model, shuffled) == later_log_likelihood(model, split)


def test_without_a_split_histories_decide() -> None:
    observed = cdnow(sample=True)
    result = fitted(fit_lifetime_value(observed.purchases, observed.spend))
    heights = {c.fit.model.family: c.fit.log_likelihood for c in result.candidates}
    assert result.chosen_by == "histories"
    assert heights[result.purchases.model.family] == max(heights.values())
    assert "the histories are likelier under it" in choice_in_words(result)
    assert result.spend is not None
    assert result.warnings == ()


def test_without_evidence_customers_who_bought_once_may_have_left() -> None:
    """BG/NBD says of each of them that they are customers still."""
    truth = PurchaseModel(BG_NBD, 0.5, 5.0, 0.3, 6.0)
    earlier, later, _ = simulated(truth, 200, seed=2, later_weeks=39.0)
    result = fitted(fit_lifetime_value(earlier, None, TimeSplit(earlier, later, 39.0)))
    scores = {c.fit.model.family: c.later_log_likelihood for c in result.candidates}
    assert scores[BG_NBD] is not None
    assert scores[MBG_NBD] is not None
    assert 0 < scores[BG_NBD] - scores[MBG_NBD] < 2
    assert result.purchases.model.family == MBG_NBD
    assert "are hardly likelier under BG/NBD (log-likelihoods -" in choice_in_words(result)


def test_cdnow_is_split_within_its_calibration() -> None:
    """As a build does it: nothing after the day of the build takes part in the choice."""
    days = cdnow_days(sample=True)
    ends = days.day.min() + (days.day.max() - days.day.min()) / 2
    earlier = observe(days, ends.normalize(), days.day.max())
    split = TimeSplit(earlier.purchases, earlier.later_purchases, HOLDOUT_WEEKS)
    today = observe(days, days.day.max(), days.day.max())
    result = fitted(fit_lifetime_value(today.purchases, today.spend, split))
    assert result.chosen_by == "later_purchases"
    again = LifetimeValueFit.from_record(json.loads(json.dumps(result.as_record())))
    assert again.as_record() == result.as_record()
    assert again.purchases.model == result.purchases.model


def test_the_option_decides() -> None:
    purchases, _, _ = simulated(PurchaseModel(BG_NBD, 0.5, 5.0, 0.8, 2.0), 500, seed=4)
    options = LifetimeValueOptions(purchase_model="mbg_nbd")
    result = fitted(fit_lifetime_value(purchases, options=options))
    assert (result.purchases.model.family, result.chosen_by) == (MBG_NBD, "option")
    assert choice_in_words(result) == "MBG/NBD was chosen by the option purchase_model."


def test_too_little_data_is_no_model_in_words() -> None:
    purchases, _, _ = simulated(PurchaseModel(BG_NBD, 0.5, 5.0, 0.8, 2.0), 99, seed=4)
    few = fit_lifetime_value(purchases, np.full(99, 5.0))
    assert isinstance(few, NoModel)
    assert "99 customers" in few.reason
    once = fit_lifetime_value(RepeatPurchases.of([0] * 150, [0] * 150, [9.0] * 150))
    assert isinstance(once, NoModel)
    assert "second day" in once.reason
    nobody = fit_lifetime_value(RepeatPurchases.of([], [], []))
    assert isinstance(nobody, NoModel)
    assert "There are 0 customers" in nobody.reason


def test_a_split_with_too_few_customers_leaves_the_choice_to_histories() -> None:
    purchases, _, _ = simulated(PurchaseModel(BG_NBD, 0.5, 5.0, 0.8, 2.0), 500, seed=4)
    few = TimeSplit(purchases.taken(slice(0, 50)), np.zeros(50, dtype=np.int64), 10.0)
    assert fitted(fit_lifetime_value(purchases, None, few)).chosen_by == "histories"


def test_few_spenders_leave_purchases() -> None:
    purchases, _, _ = simulated(PurchaseModel(BG_NBD, 0.5, 5.0, 0.8, 2.0), 500, seed=4)
    result = fitted(fit_lifetime_value(purchases, np.full(500, -1.0)))
    assert result.spend is None
    assert "0 customers have repeat purchases with a spend above 0" in result.warnings[-1]


def test_what_does_not_fit_together_is_refused() -> None:
    purchases, later, _ = simulated(PurchaseModel(BG_NBD, 0.5, 5.0, 0.8, 2.0), 120, seed=4)
    with pytest.raises(ValueError, match="120 customers, and spends of shape"):
        fit_lifetime_value(purchases, np.zeros(3))
    with pytest.raises(PurchaseHistoryError, match="3 numbers of later purchases for 120"):
        TimeSplit(purchases, later[:3], 10.0)
    with pytest.raises(PurchaseHistoryError, match=r"later_weeks is 0\.0"):
        TimeSplit(purchases, later, 0.0)
    with pytest.raises(PurchaseHistoryError, match="negative"):
        TimeSplit(purchases, later - 100, 10.0)


def test_options_are_checked() -> None:
    with pytest.raises(OptionError, match="Did you mean 'bg_nbd'"):
        LifetimeValueOptions.from_mapping({"purchase_model": "bgnbd"})
    with pytest.raises(OptionError, match="lifetime_years is 0"):
        LifetimeValueOptions.from_mapping({"lifetime_years": 0})
    with pytest.raises(OptionError, match=r"discount_rate is -0\.1"):
        LifetimeValueOptions.from_mapping({"discount_rate": -0.1})
    with pytest.raises(OptionError, match="interval is True"):
        LifetimeValueOptions.from_mapping({"interval": True})
