"""The forecast of one customer in words, for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def forecast_in_words(forecast: Mapping[str, Any]) -> list[str]:
    """Return lines about a forecast, without their end.

    Parameters
    ----------
    forecast : mapping
        Of :func:`segmentation.published.value_forecasts.customer_forecast`.

    Examples
    --------
    >>> horizon = {
    ...     "days": 90, "expected_purchases": 3.66, "lower_purchases": 0.0,
    ...     "upper_purchases": 11.0, "expected_revenue": 138.76, "lower_revenue": 0.0,
    ...     "upper_revenue": 508.16,
    ... }
    >>> lines = forecast_in_words(
    ...     {
    ...         "reasons": ["Bought once, 17 days ago."], "horizons": [horizon],
    ...         "lifetime_value": 1431.18, "forecast_by": "combined", "model_version": "v1",
    ...     }
    ... )
    >>> lines[1]
    'Next 90 days: 3.7 purchases (0 to 11), revenue 138.76 (0.00 to 508.16).'
    """
    lines = list(forecast["reasons"])
    lines += [_horizon(horizon) for horizon in forecast["horizons"]]
    if forecast["lifetime_value"] is not None:
        lines.append(f"Lifetime value, discounted: {forecast['lifetime_value']:,.2f}.")
    lines.append("In brackets: what nine in ten such customers stay within.")
    by = {"combined": "Purchase model and recent paces, combined"}
    lines.append(
        f"{by.get(forecast['forecast_by'], 'Purchase model')}; model {forecast['model_version']}."
    )
    return lines


def _horizon(horizon: Mapping[str, Any]) -> str:
    line = (
        f"Next {horizon['days']} days: {horizon['expected_purchases']:,.1f} purchases"
        f" ({horizon['lower_purchases']:,.0f} to {horizon['upper_purchases']:,.0f})"
    )
    if horizon["expected_revenue"] is None:
        return f"{line}."
    return (
        f"{line}, revenue {horizon['expected_revenue']:,.2f} ({horizon['lower_revenue']:,.2f} to"
        f" {horizon['upper_revenue']:,.2f})."
    )
