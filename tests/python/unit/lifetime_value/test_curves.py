"""What a model says of everybody."""

from __future__ import annotations

import numpy as np
import pytest
from purchase_histories import cdnow, simulated
from scipy.special import hyp2f1
from segmentation.lifetime_value.curves import customers_by_purchases, newcomer_curve
from segmentation.lifetime_value.purchase_fit import fit_purchase_model
from segmentation.lifetime_value.purchase_models import BG_NBD, MBG_NBD, PurchaseModel

TRUTH = {
    BG_NBD: PurchaseModel(BG_NBD, 0.2426, 4.4135, 0.7929, 2.4258),
    MBG_NBD: PurchaseModel(MBG_NBD, 0.525, 6.183, 0.891, 1.614),
}


def test_the_curve_of_a_newcomer_is_the_published_one() -> None:
    """Fader, Hardie and Lee (2005), equation 9."""
    model, weeks = TRUTH[BG_NBD], np.array([1.0, 13.0, 78.0])
    gauss = hyp2f1(model.r, model.b, model.a + model.b - 1, weeks / (model.alpha + weeks))
    expected = (
        (model.a + model.b - 1)
        / (model.a - 1)
        * (1 - (model.alpha / (model.alpha + weeks)) ** model.r * gauss)
    )
    found = newcomer_curve(model, weeks)
    np.testing.assert_allclose(found.expected_purchases, expected, rtol=1e-9)


@pytest.mark.parametrize("family", [BG_NBD, MBG_NBD])
def test_curves_are_what_simulated_newcomers_do(family: str) -> None:
    model = TRUTH[family]
    purchases, _, active = simulated(model, 60_000, seed=2, weeks=60.0)
    found = newcomer_curve(model, np.append(0.0, np.unique(purchases.age)))
    by_age = found.set_index("week").loc[purchases.age]
    error = 4 * purchases.frequency.std() / np.sqrt(len(purchases))
    assert purchases.frequency.mean() == pytest.approx(by_age.expected_purchases.mean(), abs=error)
    assert active.mean() == pytest.approx(by_age.share_active.mean(), abs=0.01)
    assert found.expected_purchases.iloc[0] == 0.0
    first = 1.0 if family == BG_NBD else model.b / (model.a + model.b)
    assert found.share_active.iloc[0] == pytest.approx(first)
    assert found.expected_purchases.is_monotonic_increasing
    assert found.share_active.is_monotonic_decreasing
    counts = customers_by_purchases(model, purchases)
    error = 4 * np.sqrt(counts.expected_customers)
    assert (np.abs(counts.customers - counts.expected_customers) < error).all()
    assert counts.customers.sum() == len(purchases)
    assert counts.expected_customers.sum() == pytest.approx(len(purchases))


def test_the_published_fit_of_cdnow_explains_its_numbers_of_purchases() -> None:
    """Fader, Hardie and Lee (2005), figure 2: 1,411 customers without a repeat purchase."""
    observed = cdnow(sample=True)
    model = fit_purchase_model(BG_NBD, observed.purchases).model
    counts = customers_by_purchases(model, observed.purchases)
    assert counts.customers.iloc[0] == 2_357 - 946
    distance = (counts.customers - counts.expected_customers) ** 2 / counts.expected_customers
    # They report a chi-squared of 4.82 with 3 degrees of freedom, counting 7 and more together.
    assert distance.sum() < 8
