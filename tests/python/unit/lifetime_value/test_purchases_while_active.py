"""What an active customer will buy, beside the published closed forms and sums of every term."""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import hyp2f1
from segmentation.lifetime_value.lifetime_purchases import discounted_purchases
from segmentation.lifetime_value.purchase_models import BG_NBD, MBG_NBD, PurchaseModel
from segmentation.lifetime_value.purchases_while_active import (
    at_least,
    exactly,
    purchases_while_active,
)

CDNOW = {
    BG_NBD: PurchaseModel(BG_NBD, 0.2426, 4.4135, 0.7929, 2.4258),
    MBG_NBD: PurchaseModel(MBG_NBD, 0.525, 6.183, 0.891, 1.614),
}
PURCHASES = np.array([0, 0, 1, 1, 2, 5, 12, 40])
AGES = np.array([0.0, 38.9, 0.3, 30.0, 12.0, 38.0, 20.0, 52.0])

MODELS = st.builds(
    PurchaseModel,
    st.sampled_from([BG_NBD, MBG_NBD]),
    *(
        st.floats(lowest, highest).map(lambda power: 10.0**power)
        for lowest, highest in ((-1.5, 1.0), (-0.5, 2.0), (-1.5, 2.0), (-1.5, 2.0))
    ),
)


def by_gauss(model: PurchaseModel, x: np.ndarray, age: np.ndarray, weeks: float) -> np.ndarray:
    """Return the published expectation, with SciPy's ₂F₁."""
    s, beta = model.shape_of_rate(x), model.beta_of_staying(x)
    z = weeks / (model.alpha + age + weeks)
    gauss = hyp2f1(s, beta, model.a + beta - 1, z)
    return (model.a + beta - 1) / (model.a - 1) * (1 - (1 - z) ** s * gauss)


def by_fifty_digits(model: PurchaseModel, x: int, age: float, weeks: float) -> float:
    """Return the published expectation, with the series of ₂F₁ summed in decimals."""
    with localcontext() as context:
        context.prec = 50
        r, alpha, a, b = (Decimal(getattr(model, name)) for name in ("r", "alpha", "a", "b"))
        s, beta = r + x, b + x + int(model.family == MBG_NBD)
        c, z = a + beta - 1, Decimal(weeks) / (alpha + Decimal(age) + Decimal(weeks))
        term, total, k = Decimal(1), Decimal(0), 0
        while abs(term) > Decimal(10) ** -45 * (1 + abs(total)) or k < 10:
            total += term
            term *= (s + k) * (beta + k) / (c + k) * z / (k + 1)
            k += 1
        return float(c / (a - 1) * (1 - ((1 - z).ln() * s).exp() * total))


def by_terms(
    model: PurchaseModel, x: np.ndarray, age: np.ndarray, weeks: float, most: int
) -> np.ndarray:
    """Return P(at least n purchases) for n from 1 to `most`, shape (most, len(x))."""
    return np.array([at_least(model, x, age, weeks, n) for n in range(1, most + 1)])


@pytest.mark.parametrize("family", [BG_NBD, MBG_NBD])
@pytest.mark.parametrize("weeks", [1.0, 4.0, 13.0, 52.0, 156.0])
def test_the_expectation_is_the_published_one(family: str, weeks: float) -> None:
    model = CDNOW[family]
    found = purchases_while_active(model, PURCHASES, AGES, weeks).mean
    np.testing.assert_allclose(found, by_gauss(model, PURCHASES, AGES, weeks), rtol=1e-9)


@pytest.mark.parametrize(
    ("model", "x", "age", "weeks"),
    [
        # A horizon so short that the published form keeps no digit in doubles.
        (CDNOW[BG_NBD], 3, 30.0, 1e-6),
        # Near the poles at a = 1 and at a + b = 1.
        (PurchaseModel(BG_NBD, 0.5, 5.0, 1.0 + 1e-9, 2.0), 2, 20.0, 26.0),
        (PurchaseModel(BG_NBD, 0.5, 5.0, 0.3, 0.7 + 1e-9), 0, 20.0, 26.0),
        (PurchaseModel(BG_NBD, 0.5, 5.0, 0.3, 0.2), 0, 20.0, 26.0),
        # (1 - z)^-s is beyond the largest double.
        (CDNOW[BG_NBD], 5_000, 780.0, 156.0),
        (CDNOW[MBG_NBD], 10_000, 1_500.0, 52.0),
        # Known closely: hardly anybody differs.
        (PurchaseModel(MBG_NBD, 40.0, 80.0, 300.0, 900.0), 30, 60.0, 52.0),
        (PurchaseModel(BG_NBD, 2.0, 2.0, 5_000.0, 8_000.0), 3, 10.0, 52.0),
        # Nearly everybody leaves, and hardly anybody does.
        (PurchaseModel(BG_NBD, 0.5, 5.0, 50.0, 0.01), 0, 20.0, 26.0),
        (PurchaseModel(BG_NBD, 0.5, 5.0, 0.001, 500.0), 4, 20.0, 26.0),
    ],
)
def test_the_expectation_is_right_to_nine_digits(
    model: PurchaseModel, x: int, age: float, weeks: float
) -> None:
    found = purchases_while_active(model, np.array([x]), np.array([age]), weeks).mean[0]
    assert found == pytest.approx(by_fifty_digits(model, x, age, weeks), rel=1e-9)


@given(MODELS, st.integers(0, 60), st.floats(0, 100), st.floats(0.1, 20))
def test_moments_are_sums_of_the_exact_distribution(
    model: PurchaseModel, x: int, age: float, weeks: float
) -> None:
    frequency, ages = np.array([x]), np.array([age])
    found = purchases_while_active(model, frequency, ages, weeks)
    events = (model.r + x) * weeks / (model.alpha + age)
    n = np.arange(1, 2_000 + int(50 * events))
    terms = at_least(model, np.full(len(n), x), np.full(len(n), age), weeks, n)
    if terms[-1] > 1e-16:
        return
    assert found.mean[0] == pytest.approx(terms.sum(), rel=1e-9)
    assert found.mean_square[0] == pytest.approx(((2 * n - 1) * terms).sum(), rel=1e-8)
    assert found.any_purchase[0] == pytest.approx(terms[0], rel=1e-9)


@pytest.mark.parametrize("family", [BG_NBD, MBG_NBD])
def test_probabilities_of_numbers_sum_to_one(family: str) -> None:
    model, most = CDNOW[family], 1_500
    upper = by_terms(model, PURCHASES, AGES, 39.0, most)
    each = np.array(
        [exactly(model, PURCHASES, AGES, 39.0, np.full(len(PURCHASES), n)) for n in range(most + 1)]
    )
    np.testing.assert_allclose(each.sum(axis=0), 1.0, rtol=1e-10)
    np.testing.assert_allclose(each[1:-1], upper[:-1] - upper[1:], atol=1e-13)
    found = purchases_while_active(model, PURCHASES, AGES, 39.0)
    # Each purchase keeps a customer with a share of the probability that its number came about.
    assert ((found.still_active > 0) & (found.still_active < 1)).all()


def test_no_time_brings_no_purchase() -> None:
    found = purchases_while_active(CDNOW[BG_NBD], PURCHASES, AGES, 0.0)
    assert not found.mean.any()
    assert not found.mean_square.any()
    assert not found.any_purchase.any()
    np.testing.assert_allclose(found.still_active, 1.0)
    np.testing.assert_array_equal(
        exactly(CDNOW[BG_NBD], PURCHASES, AGES, 0.0, np.zeros(8, dtype=np.int64)), 1.0
    )


@pytest.mark.long
@given(st.permutations(range(len(PURCHASES))), st.integers(1, len(PURCHASES)))
def test_no_value_depends_on_the_others(order: list[int], size: int) -> None:
    model = CDNOW[MBG_NBD]
    rows = np.array(order[:size])
    together = purchases_while_active(model, PURCHASES, AGES, 26.0)
    some = purchases_while_active(model, PURCHASES[rows], AGES[rows], 26.0)
    for name in ("mean", "mean_square", "any_purchase", "still_active"):
        np.testing.assert_array_equal(getattr(some, name), getattr(together, name)[rows])
    np.testing.assert_array_equal(
        discounted_purchases(model, PURCHASES[rows], AGES[rows], 3, 0.1),
        discounted_purchases(model, PURCHASES, AGES, 3, 0.1)[rows],
    )


@pytest.mark.parametrize(
    "model",
    [
        *CDNOW.values(),
        PurchaseModel(MBG_NBD, 0.05, 0.1, 0.05, 0.2),
        PurchaseModel(BG_NBD, 0.5, 0.5, 30.0, 60.0),
    ],
)
def test_discounted_purchases_are_sums_over_months(model: PurchaseModel) -> None:
    rate, before, expected = 0.12, np.zeros(len(AGES)), np.zeros(len(AGES))
    for month in range(1, 25):
        until = purchases_while_active(model, PURCHASES, AGES, month / 12 * 365 / 7).mean
        expected += (until - before) / (1 + rate) ** ((month - 0.5) / 12)
        before = until
    found = discounted_purchases(model, PURCHASES, AGES, 2, rate)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    undiscounted = discounted_purchases(model, PURCHASES, AGES, 2, 0.0)
    np.testing.assert_allclose(undiscounted, before, rtol=1e-9)
