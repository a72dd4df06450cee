"""What a fit is made of, as rows of tables: parameters with their errors, and curves."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtri

from segmentation.lifetime_value.curves import MOST_COUNTED, customers_by_purchases, newcomer_curve
from segmentation.lifetime_value.fit import LifetimeValueFit
from segmentation.lifetime_value.purchase_models import PARAMETERS
from segmentation.lifetime_value.repeat_purchases import RepeatPurchases

GAMMA_GAMMA = "gamma_gamma"

# Curves of :func:`curve_records`.
BY_PURCHASES, PURCHASES_OF_NEWCOMER, STILL_CUSTOMER = (
    "customers by repeat purchases",
    "repeat purchases of a newcomer",
    "share still customers",
)

# A newcomer is followed for a year, in steps of so many weeks.
_WEEKS = np.arange(0.0, 53.0, 4.0)


def parameter_records(fitted: LifetimeValueFit) -> list[dict[str, Any]]:
    """Return rows of ``rpt_lifetime_value_parameters``, intervals of 95 %."""
    rows = []
    for candidate in fitted.candidates:
        fit = candidate.fit
        for name in PARAMETERS:
            lower, upper = fit.interval(name)
            rows.append(
                {
                    "model_family": fit.model.family,
                    "parameter_symbol": name,
                    "estimate": getattr(fit.model, name),
                    "standard_error": fit.standard_errors[name],
                    "lower": lower,
                    "upper": upper,
                    "is_in_use": candidate.chosen,
                }
            )
    if fitted.spend is None:
        return rows
    spend = fitted.spend
    for i, name in enumerate("pqv"):
        # The logarithm is of q - 1: the interval stays above 1.
        base = 1.0 if name == "q" else 0.0
        value = getattr(spend.model, name)
        width = float(ndtri(0.975)) * float(np.sqrt(spend.covariance[i, i]))
        rows.append(
            {
                "model_family": GAMMA_GAMMA,
                "parameter_symbol": name,
                "estimate": value,
                "standard_error": spend.standard_errors[name],
                "lower": base + (value - base) * float(np.exp(-width)),
                "upper": base + (value - base) * float(np.exp(width)),
                "is_in_use": True,
            }
        )
    return rows


def curve_records(fitted: LifetimeValueFit, purchases: RepeatPurchases) -> list[dict[str, Any]]:
    """Return rows of ``rpt_lifetime_value_curves``.

    Parameters
    ----------
    fitted : LifetimeValueFit
    purchases : RepeatPurchases
        That it was fitted to.
    """
    model = fitted.purchases.model
    counted = customers_by_purchases(model, purchases, MOST_COUNTED)
    rows = [
        {"curve": BY_PURCHASES, "position": float(n), "expected": float(e), "actual": float(c)}
        for n, e, c in zip(
            counted["repeat_purchases"],
            counted["expected_customers"],
            counted["customers"],
            strict=True,
        )
    ]
    ahead = newcomer_curve(model, _WEEKS)
    for curve, column in (
        (PURCHASES_OF_NEWCOMER, "expected_purchases"),
        (STILL_CUSTOMER, "share_active"),
    ):
        rows += [
            {"curve": curve, "position": float(week), "expected": float(value), "actual": None}
            for week, value in zip(ahead["week"], ahead[column], strict=True)
        ]
    return rows
