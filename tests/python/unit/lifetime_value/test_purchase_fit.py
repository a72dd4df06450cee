"""BG/NBD and MBG/NBD: published figures, the package lifetimes, and simulated customers."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from fewer_examples import fewer_examples
from hypothesis import given
from hypothesis import strategies as st
from purchase_histories import HOLDOUT_WEEKS, Observed, cdnow, simulated
from scipy.stats import chi2
from segmentation.lifetime_value.purchase_fit import (
    PurchaseFit,
    TooLittleDataError,
    fit_purchase_model,
)
from segmentation.lifetime_value.purchase_models import (
    BG_NBD,
    MBG_NBD,
    PARAMETERS,
    PURCHASE_MODELS,
    LikelihoodSurface,
    PurchaseModel,
    log_likelihood,
)
from segmentation.lifetime_value.purchases_while_active import purchases_while_active
from segmentation.lifetime_value.repeat_purchases import Counts, Numbers, RepeatPurchases


@pytest.fixture(scope="module")
def sample() -> Observed:
    return cdnow(sample=True)


@pytest.fixture(scope="module")
def everybody() -> Observed:
    return cdnow(sample=False)


def values(fit: PurchaseFit) -> list[float]:
    return [getattr(fit.model, name) for name in PARAMETERS]


def expected_purchases(model: PurchaseModel, purchases: RepeatPurchases, weeks: float) -> Numbers:
    ahead = purchases_while_active(model, purchases.frequency, purchases.age, weeks).mean
    return model.probability_active(purchases) * ahead


def test_published_bg_nbd_of_the_cdnow_sample(sample: Observed) -> None:
    """Fader, Hardie and Lee (2005), table 2: parameters and log-likelihood."""
    fit = fit_purchase_model(BG_NBD, sample.purchases)
    assert fit.customers == 2_357
    assert values(fit) == pytest.approx([0.2426, 4.4135, 0.7929, 2.4258], rel=1e-3)
    assert fit.log_likelihood == pytest.approx(-9_582.43, abs=0.01)
    assert (fit.penalised, fit.agreeing_starts, fit.warnings()) == (False, fit.starts, [])


def test_published_mbg_nbd_of_the_cdnow_sample(sample: Observed) -> None:
    fit = fit_purchase_model(MBG_NBD, sample.purchases)
    assert values(fit) == pytest.approx([0.525, 6.183, 0.891, 1.614], abs=6e-4)


def test_published_bg_nbd_of_all_of_cdnow(everybody: Observed) -> None:
    fit = fit_purchase_model(BG_NBD, everybody.purchases)
    assert (fit.customers, fit.distinct_histories) == (23_570, 8_685)
    assert values(fit) == pytest.approx([0.2516, 4.7889, 0.7234, 2.1611], rel=1e-3)
    assert fit.log_likelihood == pytest.approx(-95_368.44, abs=0.01)


@pytest.mark.parametrize(
    ("which", "figures", "predicted", "actual"),
    [
        ("sample", (0.785, 1.608, 0.626), 1_653, 1_882),
        ("everybody", (0.819, 1.733, 0.669), 16_874, 19_684),
    ],
)
def test_published_holdout_of_cdnow(
    request: pytest.FixtureRequest,
    which: str,
    figures: tuple[float, float, float],
    predicted: int,
    actual: int,
) -> None:
    """Mean absolute error, root mean square error and correlation; sums of purchases."""
    observed: Observed = request.getfixturevalue(which)
    model = fit_purchase_model(BG_NBD, observed.purchases).model
    found = expected_purchases(model, observed.purchases, HOLDOUT_WEEKS)
    errors = found - observed.later_purchases
    correlation = np.corrcoef(found, observed.later_purchases)[0, 1]
    assert (
        np.abs(errors).mean(),
        np.sqrt((errors**2).mean()),
        correlation,
    ) == pytest.approx(figures, abs=6e-4)
    assert found.sum() == pytest.approx(predicted, abs=0.6)
    assert observed.later_purchases.sum() == actual


@pytest.mark.parametrize("family", PURCHASE_MODELS)
def test_the_package_lifetimes_agrees(sample: Observed, family: str) -> None:
    """Its P(alive) and its expected purchases, with its own parameters."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lifetimes = pytest.importorskip("lifetimes")
        fitters = {BG_NBD: lifetimes.BetaGeoFitter, MBG_NBD: lifetimes.ModifiedBetaGeoFitter}
        theirs = fitters[family]()
        purchases = sample.purchases
        columns = (purchases.frequency, purchases.recency, purchases.age)
        theirs.fit(*columns)
        alive = np.asarray(theirs.conditional_probability_alive(*columns))
        bought = theirs.conditional_expected_number_of_purchases_up_to_time(39.0, *columns)
    model = PurchaseModel(family, *(float(theirs.params_[name]) for name in PARAMETERS))
    np.testing.assert_allclose(model.probability_active(purchases), alive, rtol=1e-8)
    np.testing.assert_allclose(
        expected_purchases(model, purchases, 39.0), np.asarray(bought), rtol=1e-8
    )
    # Their search stops early: ours ends at least as high.
    ours = fit_purchase_model(family, purchases)
    assert ours.log_likelihood >= log_likelihood(model, purchases) - 1e-6
    assert values(ours) == pytest.approx([getattr(model, n) for n in PARAMETERS], rel=5e-3)


LOGARITHMS = st.lists(st.floats(-3, 3), min_size=4, max_size=4)
HISTORIES = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 400), st.integers(0, 400)),
    min_size=1,
    max_size=12,
)


@pytest.mark.parametrize("family", PURCHASE_MODELS)
@given(LOGARITHMS, HISTORIES)
def test_gradient_and_hessian_are_those_of_finite_differences(
    family: str, logarithms: list[float], rows: list[tuple[int, int, int]]
) -> None:
    x, last, rest = np.array(rows, dtype=float).T
    recency = np.where(x > 0, last, 0) / 7
    surface = LikelihoodSurface(
        family, RepeatPurchases.of(x, recency, recency + rest / 7).grouped()
    )
    place, step = np.array(logarithms), 1e-5
    value, gradient, hessian = surface(place)
    scale = 1.0 + abs(value) + np.abs(hessian).max()
    for i in range(4):
        aside = np.eye(4)[i] * step
        above, below = surface(place + aside), surface(place - aside)
        assert (above[0] - below[0]) / (2 * step) == pytest.approx(gradient[i], abs=1e-6 * scale)
        np.testing.assert_allclose(
            (above[1] - below[1]) / (2 * step), hessian[i], atol=1e-6 * scale
        )


@pytest.mark.parametrize("family", PURCHASE_MODELS)
def test_the_likelihood_is_the_published_one(family: str) -> None:
    """Written out for one customer, with products and powers."""
    from scipy.special import beta, gamma

    r, alpha, a, b, x, recency, age = 0.6, 3.0, 0.9, 2.2, 4, 20.0, 31.0
    stays = b + x if family == BG_NBD else b + x + 1
    leaves = b + x - 1 if family == BG_NBD else b + x
    expected = (
        beta(a, stays) / beta(a, b) * gamma(r + x) * alpha**r / gamma(r) / (alpha + age) ** (r + x)
    ) + (
        beta(a + 1, leaves)
        / beta(a, b)
        * gamma(r + x)
        * alpha**r
        / gamma(r)
        / (alpha + recency) ** (r + x)
    )
    model = PurchaseModel(family, r, alpha, a, b)
    found = log_likelihood(model, RepeatPurchases.of([x], [recency], [age]))
    assert found == pytest.approx(np.log(expected), rel=1e-12)


@pytest.mark.long
@pytest.mark.parametrize("family", PURCHASE_MODELS)
def test_simulated_parameters_lie_in_their_intervals(family: str) -> None:
    """Twenty sets of parameters, 4,000 customers each.

    Of 80 intervals of 95 %, 4 are expected to miss. The four of a fit miss together (r with alpha,
    a with b), at worst all at once: then the count is four times a binomial one of 20 trials,
    which exceeds 3 in 1.6 % of cases. So up to 12 may miss. The region of all four parameters of
    a fit has no such trouble: of 20 regions of 95 %, more than 4 miss in 0.3 % of cases.
    """
    random = np.random.default_rng(20050524)
    missed = missed_regions = 0
    for seed in range(20):
        truth = PurchaseModel(
            family,
            r=float(random.uniform(0.4, 2.0)),
            alpha=float(random.uniform(3.0, 10.0)),
            a=float(random.uniform(0.5, 1.5)),
            b=float(random.uniform(1.5, 4.0)),
        )
        purchases, _, _ = simulated(truth, 4_000, seed)
        fit = fit_purchase_model(family, purchases)
        assert not fit.penalised
        for name in PARAMETERS:
            lower, upper = fit.interval(name)
            missed += not lower <= getattr(truth, name) <= upper
        error = fit.model.logarithms - truth.logarithms
        missed_regions += error @ np.linalg.inv(fit.covariance) @ error > chi2.ppf(0.95, 4)
    assert missed <= 12
    assert missed_regions <= 4


@pytest.mark.parametrize("family", PURCHASE_MODELS)
def test_simulated_customers_leave_and_buy_as_forecast(family: str) -> None:
    truth = PurchaseModel(family, 0.8, 5.0, 0.8, 2.0)
    purchases, later, active = simulated(truth, 60_000, seed=3, later_weeks=52.0)
    likely = truth.probability_active(purchases)
    expected = expected_purchases(truth, purchases, 52.0)
    for rows in np.array_split(np.argsort(likely, kind="stable"), 5):
        error = 4 * np.sqrt((likely[rows] * (1 - likely[rows])).mean() / len(rows)) + 1e-12
        assert active[rows].mean() == pytest.approx(likely[rows].mean(), abs=error)
    for rows in np.array_split(np.argsort(expected, kind="stable"), 5):
        error = 4 * later[rows].std() / np.sqrt(len(rows))
        assert later[rows].mean() == pytest.approx(expected[rows].mean(), abs=error)


@given(st.integers(0, 10**6))
@fewer_examples(0.05)
def test_order_of_customers_does_not_matter(seed: int) -> None:
    purchases, _, _ = simulated(PurchaseModel(BG_NBD, 0.5, 5.0, 0.8, 2.0), 500, seed=11)
    order = np.random.default_rng(seed).permutation(len(purchases))
    for family in PURCHASE_MODELS:
        fit = fit_purchase_model(family, purchases)
        again = fit_purchase_model(family, purchases.taken(order))
        assert again.as_record() == fit.as_record()


def test_too_few_customers_are_refused_in_words() -> None:
    few = RepeatPurchases.of([1] * 99, [1.0] * 99, [2.0] * 99)
    with pytest.raises(TooLittleDataError, match=r"99 customers .* needs 100"):
        fit_purchase_model(BG_NBD, few)
    nobody = RepeatPurchases.of([0] * 200, [0.0] * 200, [2.0] * 200)
    with pytest.raises(TooLittleDataError, match="None of 200 customers bought on a second day"):
        fit_purchase_model(BG_NBD, nobody)


def alike(x: Counts, recency: Numbers, age: Numbers) -> RepeatPurchases:
    return RepeatPurchases.of(np.tile(x, 200), np.tile(recency, 200), np.tile(age, 200))


@pytest.mark.parametrize("family", PURCHASE_MODELS)
@pytest.mark.parametrize(
    ("purchases", "penalised"),
    [
        # Everybody is the same person, and nobody ever left.
        (alike(np.array([10]), np.array([50.0]), np.array([52.0])), True),
        # One repeat purchase among all.
        (RepeatPurchases.of([0] * 499 + [1], [0.0] * 499 + [3.0], [20.0] * 500), True),
        # Days of age.
        (alike(np.array([0, 0, 1]), np.array([0, 0, 1 / 7]), np.array([0, 1 / 7, 2 / 7])), True),
    ],
)
def test_a_likelihood_without_a_maximum_is_penalised_and_says_so(
    family: str, purchases: RepeatPurchases, penalised: bool
) -> None:
    fit = fit_purchase_model(family, purchases)
    assert fit.penalised is penalised
    assert any("weak penalty" in sentence for sentence in fit.warnings())
    expected = expected_purchases(fit.model, purchases, 52.0)
    assert np.isfinite(expected).all()
    assert np.isfinite(list(fit.standard_errors.values())).all()


@pytest.mark.parametrize("family", PURCHASE_MODELS)
def test_one_customer_who_bought_ten_thousand_times_breaks_nothing(family: str) -> None:
    purchases, _, _ = simulated(PurchaseModel(MBG_NBD, 0.5, 5.0, 0.8, 2.0), 1_000, seed=2)
    more = RepeatPurchases.of(
        np.append(purchases.frequency, [5_000, 10_000]),
        np.append(purchases.recency, [78.0, 78.0]),
        np.append(purchases.age, [78.0, 78.0]),
    )
    fit = fit_purchase_model(family, more)
    expected = expected_purchases(fit.model, more, 52.0)
    assert np.isfinite(expected).all()
    assert expected[-1] == pytest.approx(10_000 / 78 * 52, rel=0.3)
    assert expected[-2] < expected[-1]


def test_a_fit_comes_back_from_its_record(sample: Observed) -> None:
    import json

    fit = fit_purchase_model(MBG_NBD, sample.purchases)
    again = PurchaseFit.from_record(json.loads(json.dumps(fit.as_record())))
    assert again.model == fit.model
    assert again.standard_errors == fit.standard_errors
    assert again.interval("a") == fit.interval("a")


def test_an_impossible_model_is_refused() -> None:
    with pytest.raises(ValueError, match="no purchase model 'pareto'"):
        PurchaseModel("pareto", 1.0, 1.0, 1.0, 1.0)
    with pytest.raises(ValueError, match="alpha is 0"):
        PurchaseModel(BG_NBD, 1.0, 0.0, 1.0, 1.0)


@pytest.mark.parametrize("family", PURCHASE_MODELS)
def test_a_search_that_begins_on_some_histories_ends_at_the_same_maximum(
    everybody: Observed, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from segmentation.lifetime_value import purchase_fit

    at_once = fit_purchase_model(family, everybody.purchases)
    monkeypatch.setattr(purchase_fit, "_ROUGH_HISTORIES", 1_000)
    grouped = everybody.purchases.grouped()
    assert len(grouped.thinned(1_000)) == pytest.approx(1_000, rel=0.2)
    found = fit_purchase_model(family, grouped)
    assert found.log_likelihood == pytest.approx(at_once.log_likelihood, abs=1e-6)
    assert values(found) == pytest.approx(values(at_once), rel=1e-5)
    assert found.agreeing_starts == found.starts == 4
