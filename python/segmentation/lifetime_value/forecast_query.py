"""The forecast of every customer as one query: histories are joined, the rest is arithmetic.

Histories (x, t_x, T) were forecast once each, see :mod:`segmentation.lifetime_value.forecast`. A
customer adds the scale of their own spend, and where recent paces are weighed beside the purchase
model, the level that they give: what is expected of 90 days by both, divided by what the purchase
model expects of them, between :data:`~segmentation.lifetime_value.options.LOWEST_LEVEL` and
:data:`~segmentation.lifetime_value.options.HIGHEST_LEVEL`. The level holds for all horizons. The
remainder, such as recent purchases of a customer who has probably left, is expected once, in the
next 90 days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from segmentation.engine.base import Engine
from segmentation.engine.sql import Query, number, select, sum_of, text_literal
from segmentation.lifetime_value.options import (
    COMBINED,
    HIGHEST_LEVEL,
    HORIZONS,
    LOWEST_LEVEL,
    MEASURES,
    PERIOD_DAYS,
    PURCHASE_MODEL,
    PURCHASES,
    REVENUE,
)

if TYPE_CHECKING:
    from segmentation.lifetime_value.combined_forecast import CombinedForecast
    from segmentation.lifetime_value.spend_model import SpendModel

# Columns of int_customer_repeat_purchases that identify a history, as they are called there.
HISTORY = {
    "repeat_purchases": "frequency",
    "last_repeat_weeks": "recency",
    "age_weeks": "age",
}


def distinct_histories(customers: str) -> str:
    """Return the query of the distinct histories of customers, in ascending order."""
    columns = [f"cast({name} as double) as {alias}" for name, alias in HISTORY.items()]
    return select(columns, customers, distinct=True, order_by="frequency, age, recency")


@dataclass(frozen=True)
class ForecastMethod:
    """What the forecast of a customer is made of, besides their history.

    Attributes
    ----------
    spend : SpendModel or None
        Revenue is null where it is None.
    combinations : mapping of measure to CombinedForecast
        How recent paces are weighed; empty where the purchase model stands alone.
    ranks_customers : bool
        Whether the expected loss is given: earlier forecasts have to be good enough for it.
    """

    spend: SpendModel | None
    combinations: Mapping[str, CombinedForecast]
    ranks_customers: bool


def forecast_query(
    engine: Engine,
    customers: str,
    histories: str,
    method: ForecastMethod,
    *,
    model_version: str,
    as_of: str,
) -> Query:
    """Return the forecast of every customer.

    Parameters
    ----------
    engine : Engine
    customers : str
        A from-item with the columns of ``int_customer_repeat_purchases``.
    histories : str
        A table of :func:`segmentation.lifetime_value.forecast.forecast_histories`, with reasons.
    method : ForecastMethod
    model_version, as_of : str
        The latter as YYYY-MM-DD.
    """
    spend, combinations = method.spend, method.combinations
    query = Query(customers).step("joined_histories", _joined(customers, histories, spend))
    by_spend = combinations if spend else {}
    query = query.adding(
        "combined_customers",
        [
            f"{_combined(PURCHASES, combinations.get(PURCHASES))} as combined_purchases",
            f"{_combined(REVENUE, by_spend.get(REVENUE))} as combined_revenue",
            f"revenue_in_window * {number(PERIOD_DAYS)} / days_in_window as run_rate",
        ],
    )
    query = query.adding(
        "levelled_customers", [f"{_level(measure)} as {measure}_level" for measure in MEASURES]
    )
    query = query.adding("rested_customers", [_rest(measure) for measure in MEASURES])
    query = query.adding("forecast_customers", _forecasts(spend, bool(combinations)))
    query = query.adding(
        "compared_customers", [f"{_loss(method.ranks_customers, spend)} as expected_loss"]
    )
    forecast_by = COMBINED if combinations else PURCHASE_MODEL
    return query.step(
        "worded_customers",
        select(
            [
                "customer_id",
                "probability_active",
                *_named("purchases"),
                *_named("revenue"),
                "lifetime_value",
                "run_rate",
                "expected_loss",
                f"date {text_literal(as_of)} + cast(ceil(days_to_next_purchase) as integer) "
                "as expected_next_purchase_on",
                "is_new",
                "history as reason_1",
                f"{_reason_of_revenue(engine)} as reason_2",
                "next_purchase as reason_3",
                f"{text_literal(forecast_by)} as forecast_by",
                f"{text_literal(model_version)} as model_version",
            ],
            query.result,
        ),
    )


def _joined(customers: str, histories: str, spend: SpendModel | None) -> str:
    on = " and ".join(
        f"cast(customers.{name} as double) = histories.{alias}" for name, alias in HISTORY.items()
    )
    # A customer without a spend above 0 gets the mean spend of all customers.
    scale = (
        "cast(null as double)"
        if spend is None
        else f"{number(spend.v)} + customers.repeat_purchases * case when "
        "customers.mean_repeat_spend > 0 then customers.mean_repeat_spend "
        f"else {number(spend.mean_spend)} end"
    )
    factor = "cast(null as double)" if spend is None else "histories.expected_spend_factor"
    return select(
        [
            "customers.*",
            "histories.* exclude (frequency, recency, age)",
            f"{scale} as spend_scale",
            f"{factor} as spend_factor",
        ],
        f"{customers} as customers inner join {histories} as histories on {on}",
    )


def _modelled(measure: str, days: int = PERIOD_DAYS) -> str:
    """Return SQL for what the purchase model expects."""
    purchases = f"expected_purchases_{days}_days"
    return purchases if measure == PURCHASES else f"{purchases} * spend_scale * spend_factor"


def _combined(measure: str, combination: CombinedForecast | None) -> str:
    """Return SQL for what is expected of the next 90 days."""
    if combination is None:
        return _modelled(measure)
    recent, quarter, window, model = combination.weights
    return sum_of(
        [
            f"{number(recent * PERIOD_DAYS / 30)} * {measure}_30_days",
            f"{number(quarter * PERIOD_DAYS / 90)} * {measure}_90_days",
            f"{number(window * PERIOD_DAYS)} * {measure}_in_window / days_in_window"
            " * probability_active",
            f"{number(model)} * {_modelled(measure)}",
        ]
    )


def _level(measure: str) -> str:
    """Return SQL for what a customer's forecast of the purchase model is multiplied by."""
    level = f"combined_{measure} / nullif({_modelled(measure)}, 0)"
    lowest, highest = number(LOWEST_LEVEL), number(HIGHEST_LEVEL)
    return f"coalesce(least(greatest({level}, {lowest}), {highest}), {number(1.0)})"


def _rest(measure: str) -> str:
    """Return SQL for what the level does not express, expected once."""
    return f"combined_{measure} - {measure}_level * {_modelled(measure)} as {measure}_rest"


def _forecasts(spend: SpendModel | None, is_combined: bool) -> list[str]:
    columns = []
    for measure, upper in ((PURCHASES, "upper_purchases"), (REVENUE, "upper_revenue_factor")):
        lower = upper.replace("upper", "lower")
        for days in HORIZONS:
            if measure == REVENUE and spend is None:
                columns += [
                    f"cast(null as double) as {name}_revenue_{days}_days"
                    for name in ("levelled", "low", "high")
                ]
                continue
            # Of fewer days than the rest is of, a part of it.
            once = f"{number(min(days / PERIOD_DAYS, 1.0))} * {measure}_rest" if is_combined else ""
            level = f"{measure}_level" + (" * spend_scale" if measure == REVENUE else "")
            expected = f"{measure}_level * {_modelled(measure, days)}" + (once and f" + {once}")
            low, high = f"{level} * {lower}_{days}_days", f"{level} * {upper}_{days}_days"
            if is_combined:
                # Rounding must not give a negative sum.
                expected = f"greatest({expected}, 0)"
                if days < PERIOD_DAYS:
                    # A level above what recent paces say would expect more of fewer days.
                    expected = f"least({expected}, combined_{measure})"
                low, high = f"least({low}, {expected})", f"greatest({high}, {expected})"
            if measure == PURCHASES:
                low, high = f"floor({low})", f"ceil({high})"
            columns += [
                f"{expected} as levelled_{measure}_{days}_days",
                f"{low} as low_{measure}_{days}_days",
                f"{high} as high_{measure}_{days}_days",
            ]
    lifetime = "revenue_level * spend_scale * spend_factor * discounted_purchases"
    lifetime += " + revenue_rest" if is_combined else ""
    return [
        *columns,
        f"{f'greatest({lifetime}, 0)' if spend else 'cast(null as double)'} as lifetime_value",
    ]


def _named(measure: str) -> list[str]:
    names = (("levelled", "expected"), ("low", "lower"), ("high", "upper"))
    return [
        f"{made}_{measure}_{days}_days as {name}_{measure}_{days}_days"
        for days in HORIZONS
        for made, name in names
    ]


def _loss(ranks_customers: bool, spend: SpendModel | None) -> str:
    if not ranks_customers or spend is None:
        return "cast(null as double)"
    return f"greatest(run_rate - levelled_revenue_{PERIOD_DAYS}_days, 0)"


def _reason_of_revenue(engine: Engine) -> str:
    so_far = engine.written_number("run_rate", 2)
    ahead = engine.written_number(f"levelled_revenue_{PERIOD_DAYS}_days", 2)
    purchases = engine.written_number(f"levelled_purchases_{PERIOD_DAYS}_days", 1)
    of_purchases = f"concat({purchases}, ' purchases are expected in the next {PERIOD_DAYS} days.')"
    of_revenue = (
        f"concat('Brought ', {so_far}, ' per {PERIOD_DAYS} days so far; ', {ahead}, "
        f"' are expected of the next {PERIOD_DAYS}.')"
    )
    return (
        f"case when levelled_revenue_{PERIOD_DAYS}_days is null then {of_purchases} "
        f"else {of_revenue} end"
    )
