"""The forecast of lifetime value as the marts have it: of all customers, and of one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from segmentation.engine.sql import text_literal
from segmentation.published.opened_file import OpenedFile
from segmentation.published.read_marts import Marts

FORECASTS = "fct_customer_value_forecast"
MODEL = "rpt_lifetime_value_model"

# Days ahead that a customer's forecast has columns for.
HORIZONS = (30, 90, 180, 365)

_OF_A_HORIZON = tuple(
    f"{end}_{measure}"
    for measure in ("purchases", "revenue")
    for end in ("expected", "lower", "upper")
)


@dataclass(frozen=True)
class ValueForecast:
    """What is expected of all customers, and what earlier forecasts were worth.

    Attributes
    ----------
    model_version : str
    why_none : str or None
        Why there is no forecast; all figures are then 0 or None.
    loses_to_last_period : bool or None
        Whether earlier forecasts had larger errors than the last 90 days repeated; None where none
        could be made.
    ranks_customers : bool
        Whether expected losses and priorities are set by the forecast.
    because : str or None
        Why, with figures.
    notes : str or None
    customers : int
        Customers with a forecast.
    active : float
        How many of them are customers still: the sum of their probabilities.
    last_purchases, expected_purchases : float
        Purchase days of the last and of the next 90 days.
    last_revenue, expected_revenue, expected_revenue_of_year, lifetime_value : float or None
        Revenue of the last 90 days, of the next 90 and 365, and of a lifetime; None where revenue
        is not forecast.
    """

    model_version: str
    why_none: str | None
    loses_to_last_period: bool | None
    ranks_customers: bool
    because: str | None
    notes: str | None
    customers: int = 0
    active: float = 0.0
    last_purchases: float = 0.0
    expected_purchases: float = 0.0
    last_revenue: float | None = None
    expected_revenue: float | None = None
    expected_revenue_of_year: float | None = None
    lifetime_value: float | None = None

    @property
    def sentence(self) -> str:
        """What is expected, in a sentence; why nothing is, where there is no forecast."""
        if self.why_none is not None:
            return self.why_none
        still = (
            f"{self.active:,.0f} of {self.customers:,} customers are expected to be customers still"
        )
        if self.expected_revenue is None:
            return (
                f"{still}; the next 90 days are expected to bring {self.expected_purchases:,.0f}"
                f" purchases, and the last 90 brought {self.last_purchases:,.0f}."
            )
        return (
            f"{still}; the next 90 days are expected to bring {self.expected_revenue:,.0f}, and the"
            f" last 90 brought {self.last_revenue or 0.0:,.0f}."
        )

    @property
    def verdict(self) -> str:
        """How far the forecast can be relied on, in a sentence or two."""
        if self.why_none is not None:
            return self.why_none
        if self.loses_to_last_period is None:
            return (
                "No earlier quarter could be forecast to test it: how far it can be relied on is"
                " not known, and priorities are not set by it."
            )
        if self.loses_to_last_period:
            return (
                "Do not rely on the forecast of lifetime value: over past quarters its errors were"
                " larger than those of the last 90 days repeated. Priorities are not set by it."
            )
        tested = "Over past quarters the forecast was no worse than repeating the last 90 days."
        if self.ranks_customers:
            return f"{tested} The priorities of segments follow it."
        return (
            f"{tested} The priorities of segments do not follow it: forecast_because of"
            " rpt_lifetime_value_model says why."
        )


def read_value_forecast(marts: Marts) -> ValueForecast | None:
    """Return the forecast of all customers, or None where the file has none.

    Parameters
    ----------
    marts : Marts
        Of a published file or a warehouse.

    Returns
    -------
    ValueForecast or None
        None where an earlier version built the file, or no customer ever bought.
    """
    if not {FORECASTS, MODEL} <= set(marts.descriptions):
        return None
    models = marts.connection.sql(
        "select model_version, why_none, loses_to_last_period, ranks_customers, forecast_because,"
        f" notes from {MODEL} order by model_version desc limit 1"
    ).fetchall()
    if not models:
        return None
    version, why_none, loses, ranks, because, notes = models[0]
    (figures,) = marts.connection.sql(
        f"""
        select
            count(*) as customers,
            -- Sums of doubles depend on the order in which threads finish.
            coalesce(sum(cast(probability_active as decimal(38, 12))), 0) as active,
            coalesce(sum(purchases_last_90_days), 0) as last_purchases,
            coalesce(sum(cast(expected_purchases_90_days as decimal(38, 9))), 0)
                as expected_purchases,
            sum(case when expected_revenue_90_days is not null then revenue_last_90_days end)
                as last_revenue,
            sum(expected_revenue_90_days) as expected_revenue,
            sum(expected_revenue_365_days) as expected_revenue_of_year,
            sum(lifetime_value) as lifetime_value
        from {FORECASTS}
        """
    ).fetchall()
    customers, *sums = figures
    return ValueForecast(
        version,
        why_none,
        loses,
        bool(ranks),
        because,
        notes,
        int(customers),
        *(None if value is None else float(value) for value in sums),  # type: ignore[arg-type]
    )


def customer_forecast(file: OpenedFile, customer_id: str) -> dict[str, Any] | None:
    """Return the forecast of a customer, or None where there is none.

    Parameters
    ----------
    file : OpenedFile
    customer_id : str

    Returns
    -------
    dict or None
        probability_active, `horizons` (a list: days, and the expected, lower and upper number of
        purchases and amount of revenue), lifetime_value, expected_next_purchase_on (a day as text),
        is_new, forecast_by, `reasons` (a list) and model_version; what is not forecast is None.
    """
    if FORECASTS not in file.mart_names:
        return None
    rows = file.engine.records(
        f"select * from {FORECASTS} where customer_id = {text_literal(customer_id)}"
    )
    return _as_answer(rows[0]) if rows else None


def lifetime_value_version(file: OpenedFile) -> str | None:
    """Return the version of the model that forecasts are made with; None where there is none."""
    if MODEL not in file.mart_names:
        return None
    rows = file.engine.rows(
        f"select model_version from {MODEL} where why_none is null"
        " order by model_version desc limit 1"
    )
    return str(rows[0][0]) if rows else None


def forecast_warning(file: OpenedFile) -> str | None:
    """Return why forecasts must not be relied on: they lost, or were never tested.

    None where they are no worse than repeating the last 90 days, and where there are none.
    """
    if MODEL not in file.mart_names:
        return None
    rows = file.engine.rows(
        f"select model_version, loses_to_last_period from {MODEL} where why_none is null"
        " order by model_version desc limit 1"
    )
    if not rows or rows[0][1] is False:
        return None
    version, loses = rows[0]
    return ValueForecast(version, None, loses, False, None, None).verdict


def _as_answer(row: Mapping[str, Any]) -> dict[str, Any]:
    next_purchase = row["expected_next_purchase_on"]
    reasons = [row[f"reason_{rank}"] for rank in (1, 2, 3)]
    return {
        "probability_active": _plain(row["probability_active"]),
        "horizons": [
            {"days": days} | {name: _plain(row[f"{name}_{days}_days"]) for name in _OF_A_HORIZON}
            for days in HORIZONS
        ],
        "lifetime_value": _plain(row["lifetime_value"]),
        "expected_next_purchase_on": None if next_purchase is None else next_purchase.isoformat(),
        "is_new": row["is_new"],
        "forecast_by": row["forecast_by"],
        "reasons": [reason for reason in reasons if reason is not None],
        "model_version": row["model_version"],
    }


def _plain(value: Any) -> float | None:
    """Return a decimal or a float as JSON has it."""
    return None if value is None else float(value)
