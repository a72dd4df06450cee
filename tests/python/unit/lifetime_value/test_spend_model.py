"""Gamma-Gamma: published figures, simulated customers, refunds and correlated spend."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from purchase_histories import cdnow
from scipy.stats import chi2
from segmentation.lifetime_value.purchase_fit import TooLittleDataError
from segmentation.lifetime_value.spend_model import (
    SpendFit,
    SpendModel,
    _SpendSurface,
    fit_spend_model,
)


def simulated_spends(
    truth: SpendModel, customers: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return repeat days, mean spends, and expected spends of customers who spend as a model."""
    random = np.random.default_rng(seed)
    x = random.geometric(0.25, customers).astype(np.int64)
    nu = random.gamma(truth.q, 1.0 / truth.v, customers)
    m = random.gamma(truth.p * x, 1.0 / nu) / x
    return x, m, truth.p / nu


def test_published_gamma_gamma_of_the_cdnow_sample() -> None:
    """Fader and Hardie (2013): p, q and v; the correlation that they call 0.11."""
    observed = cdnow(sample=True)
    fit = fit_spend_model(observed.purchases.frequency, observed.spend)
    assert fit.customers == 946
    assert (fit.model.p, fit.model.q, fit.model.v) == pytest.approx((6.25, 3.74, 15.44), abs=6e-3)
    assert fit.correlation == pytest.approx(0.11, abs=6e-3)
    assert (fit.correlated, fit.penalised, fit.excluded, fit.warnings()) == (False, False, 0, [])


def test_the_package_lifetimes_agrees() -> None:
    observed = cdnow(sample=True)
    x, m = observed.purchases.frequency, observed.spend
    known = x > 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = pytest.importorskip("lifetimes").GammaGammaFitter()
        theirs.fit(x[known], m[known])
        spend = np.asarray(theirs.conditional_expected_average_profit(x, np.nan_to_num(m)))
    model = SpendModel(*(float(theirs.params_[name]) for name in "pqv"))
    np.testing.assert_allclose(model.expected_spend(x, m), spend, rtol=1e-10)
    ours = fit_spend_model(x, m).model
    assert (ours.p, ours.q, ours.v) == pytest.approx((model.p, model.q, model.v), rel=5e-3)


def test_simulated_parameters_lie_in_their_regions() -> None:
    """Of 20 regions of 95 %, more than 4 miss in 0.3 % of cases."""
    random = np.random.default_rng(20130207)
    missed = 0
    for seed in range(20):
        truth = SpendModel(
            float(random.uniform(1, 8)), float(random.uniform(2, 6)), float(random.uniform(5, 50))
        )
        x, m, _ = simulated_spends(truth, 3_000, seed)
        fit = fit_spend_model(x, m)
        error = np.log(
            [fit.model.p / truth.p, (fit.model.q - 1) / (truth.q - 1), fit.model.v / truth.v]
        )
        missed += error @ np.linalg.inv(fit.covariance) @ error > chi2.ppf(0.95, 3)
        assert not fit.penalised
    assert missed <= 4


def test_expected_spend_is_unbiased_at_every_frequency() -> None:
    truth = SpendModel(4.0, 4.0, 30.0)
    x, m, spends = simulated_spends(truth, 80_000, seed=8)
    expected = truth.expected_spend(x, m)
    for rows in np.array_split(np.argsort(expected, kind="stable"), 8):
        error = 4 * spends[rows].std() / np.sqrt(len(rows))
        assert spends[rows].mean() == pytest.approx(expected[rows].mean(), abs=error)
    nobody_known = truth.expected_spend(np.array([0, 3, 3]), np.array([9.0, np.nan, -5.0]))
    np.testing.assert_allclose(nobody_known, truth.mean_spend)


@given(
    st.lists(st.floats(-2, 3), min_size=3, max_size=3),
    st.lists(st.tuples(st.integers(1, 40), st.floats(0.01, 1_000)), min_size=1, max_size=10),
)
def test_gradient_and_hessian_are_those_of_finite_differences(
    logarithms: list[float], rows: list[tuple[int, float]]
) -> None:
    x, m = np.array(rows, dtype=float).T
    surface = _SpendSurface(x, m)
    place, step = np.array(logarithms), 1e-5
    value, gradient, hessian = surface(place)
    scale = 1.0 + abs(value) + np.abs(hessian).max()
    for i in range(3):
        aside = np.eye(3)[i] * step
        above, below = surface(place + aside), surface(place - aside)
        assert (above[0] - below[0]) / (2 * step) == pytest.approx(gradient[i], abs=1e-6 * scale)
        np.testing.assert_allclose(
            (above[1] - below[1]) / (2 * step), hessian[i], atol=1e-6 * scale
        )


def test_the_currency_and_the_order_do_not_matter() -> None:
    x, m, _ = simulated_spends(SpendModel(4.0, 4.0, 30.0), 500, seed=1)
    fit, in_cents = fit_spend_model(x, m), fit_spend_model(x, 100 * m)
    assert in_cents.model.p == pytest.approx(fit.model.p, rel=1e-6)
    assert in_cents.model.v == pytest.approx(100 * fit.model.v, rel=1e-6)
    order = np.random.default_rng(3).permutation(len(x))
    assert fit_spend_model(x[order], m[order]).as_record() == fit.as_record()


def test_refunds_are_left_out_and_counted() -> None:
    x, m, _ = simulated_spends(SpendModel(4.0, 4.0, 30.0), 500, seed=1)
    fit = fit_spend_model(x, m)
    with_refunds = fit_spend_model(
        np.append(x, [2, 1, 3, 0]), np.append(m, [0.0, -4.0, np.nan, -1.0])
    )
    assert with_refunds.model == fit.model
    assert with_refunds.excluded == 3
    assert "3 customers with repeat purchases" in " ".join(with_refunds.warnings())


def test_spend_that_depends_on_frequency_is_reported() -> None:
    x, m, _ = simulated_spends(SpendModel(6.0, 6.0, 30.0), 2_000, seed=1)
    fit = fit_spend_model(x, m * x)
    assert fit.correlated
    assert "spend more on a purchase day" in fit.warnings()[0]
    assert "spend less on a purchase day" in fit_spend_model(x, m / x).warnings()[0]


@pytest.mark.parametrize("spend", [np.full(200, 7.5), np.append(np.full(199, 1.0), 1e12)])
def test_spends_without_a_maximum_are_penalised_and_said_so(spend: np.ndarray) -> None:
    fit = fit_spend_model(np.tile([1, 2, 3, 4], 50), spend)
    assert np.isfinite(fit.model.expected_spend(np.array([0, 3]), np.array([0.0, 7.5]))).all()
    if np.ptp(spend) == 0:
        assert fit.penalised
        assert any("weak penalty" in sentence for sentence in fit.warnings())
        assert fit.correlation == 0.0


def test_too_few_spenders_are_refused_in_words() -> None:
    x, m, _ = simulated_spends(SpendModel(4.0, 4.0, 30.0), 99, seed=1)
    with pytest.raises(TooLittleDataError, match=r"99 customers .* needs 100"):
        fit_spend_model(x, m)
    with pytest.raises(ValueError, match=r"\(99,\) and \(98,\)"):
        fit_spend_model(x, m[1:])
    with pytest.raises(ValueError, match=r"q is 1\.0. It must be a number above 1"):
        SpendModel(1.0, 1.0, 1.0)


def test_a_fit_comes_back_from_its_record() -> None:
    import json

    x, m, _ = simulated_spends(SpendModel(4.0, 4.0, 30.0), 500, seed=1)
    fit = fit_spend_model(x, m)
    again = SpendFit.from_record(json.loads(json.dumps(fit.as_record())))
    assert again.as_record() == fit.as_record()
    assert again.standard_errors == fit.standard_errors
