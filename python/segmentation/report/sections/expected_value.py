"""Lifetime value: who is a customer still, what is expected, and whom to call today."""

from __future__ import annotations

import pandas as pd

from segmentation.published.read_marts import Marts
from segmentation.published.value_forecasts import ValueForecast, read_value_forecast
from segmentation.report import charts
from segmentation.report.content import Column, Figure, Picture, Section, Table
from segmentation.report.forecast_curves import curves
from segmentation.report.forecast_tests import (
    by_decile,
    by_state,
    days_of_forecasts_in_use,
    quarters,
)
from segmentation.report.formats import (
    COUNT,
    DATE,
    MONEY,
    NUMBER,
    SHARE,
    count,
    date,
    large,
    listed,
    share,
)
from segmentation.report.plain_words import in_plain_words
from segmentation.report.segments import UNASSIGNED, VALUE, in_order, segments_of

FORECASTS = "fct_customer_value_forecast"
# How a verdict begins to tell who held the losses.
_SHARES = "The fifth of customers"
MODEL = "rpt_lifetime_value_model"
RISKS = "rpt_value_at_risk"
NO_FORECAST = "There is no forecast of lifetime value: the data has no dates of purchases."

# How many customers the list of risks names, and how many bars the probabilities have.
NAMED = 10
BARS = 10

_BY_FORECAST = (
    "By the forecast: what the customer brings in 90 days at the pace of the window, less what is "
    "expected."
)
_BY_RHYTHM = (
    "By the own rhythm: what the customer brings in 90 days at the pace of the window, times the "
    "share of it that customers of the same lateness lost in the period before. The forecast, of "
    "which 'what is expected' speaks, was not good enough to rank customers by."
)


def expected_value(marts: Marts) -> Section:
    """Return what is expected of customers, and how far that can be relied on.

    Where there is no forecast, only the sentence that says why.
    """
    forecast = read_value_forecast(marts)
    if forecast is not None and forecast.why_none is not None:
        return Section("lifetime-value", "Lifetime value", introduction=forecast.why_none)
    return Section(
        name="lifetime-value",
        title="Lifetime value",
        introduction="" if forecast is None else _introduction(forecast, marts),
        figures=[
            _expected(marts, forecast),
            _still_customers(marts, forecast),
            _risks(marts),
            by_decile(marts),
            by_state(marts),
            quarters(marts),
            *curves(marts),
        ],
    )


def _introduction(forecast: ValueForecast, marts: Marts) -> str:
    """Return the verdict in words, with its figures."""
    warning = "Do not rely on this forecast." if forecast.loses_to_last_period else ""
    parts = [warning, _with_days(forecast.because or "", marts), forecast.notes or ""]
    return in_plain_words(" ".join(part for part in parts if part))


def _with_days(because: str, marts: Marts) -> str:
    """Return the reasons of a verdict, and which forecasts their shares of losses are of.

    The verdict is stored with its model, in words that do not say that shares are averages.
    """
    days = days_of_forecasts_in_use(marts) if _SHARES in because else []
    made = listed([date(day) for day in days], most=len(days)) if days else ""
    if len(days) == 1:
        return f"{because} The shares are those of the forecast made as of {made}."
    if days:
        averages = because.replace(_SHARES, f"On average, {_SHARES[0].lower()}{_SHARES[1:]}")
        return (
            f"{averages} The shares are averages over the forecasts made as of {made}; Data and"
            " models shows those of the newest one alone."
        )
    return because


def _absent(marts: Marts, name: str, title: str) -> Figure:
    """Return a figure without a forecast; the page says which of the two tables a file lacks."""
    mart = FORECASTS if MODEL in marts.descriptions else MODEL
    return Figure(name, title, mart, absent_because=NO_FORECAST)


def _expected(marts: Marts, forecast: ValueForecast | None) -> Figure:
    name = "expected-value"
    if forecast is None or not forecast.customers:
        return _absent(marts, name, "Expected revenue")
    rows = _by_segment(marts)
    of, last, following, unit = ("revenue", "last_revenue", "expected_revenue", "revenue")
    if forecast.expected_revenue is None:
        of, last, following, unit = (
            "purchases",
            "last_purchases",
            "expected_purchases",
            "purchases",
        )
    shown = pd.concat(
        [
            rows[["segment_name"]].assign(of=period, value=rows[column].astype(float))
            for period, column in (("next 90 days, expected", following), ("last 90 days", last))
        ]
    ).fillna({"value": 0.0})
    shown["text"] = shown["value"].map(large if of == "revenue" else count)
    title = forecast.sentence.removesuffix(".")
    if forecast.loses_to_last_period:
        title = f"Do not rely on the forecast. {title}"
    return Figure(
        name,
        title,
        FORECASTS,
        [
            Picture(
                charts.grouped_bars(
                    shown,
                    charts.BarColumns("segment_name", group="of", value="value", text="text"),
                    unit=f"{unit} in 90 days",
                    axis="~s",
                )
            )
        ],
        Table(
            [
                Column("segment_name", "segment by value"),
                Column("customers", "customers", COUNT),
                Column("active", "still customers, expected", NUMBER),
                Column("last_purchases", "purchases, last 90 days", COUNT),
                Column("expected_purchases", "next 90 days", NUMBER),
                Column("last_revenue", "revenue, last 90 days", MONEY),
                Column("expected_revenue", "next 90 days", MONEY),
                Column("expected_revenue_of_year", "next 365 days", MONEY),
                Column("lifetime_value", "lifetime value", MONEY),
            ],
            rows,
        ),
        note=_year(forecast),
    )


def _year(forecast: ValueForecast) -> str:
    if forecast.expected_revenue_of_year is None:
        return "Spends are too little known to forecast revenue."
    return (
        f"In 365 days {large(forecast.expected_revenue_of_year)} are expected of today's customers;"
        f" over the lifetime that the settings count, discounted, "
        f"{large(forecast.lifetime_value or 0.0)}. Customers who have yet to come are in no figure."
    )


def _by_segment(marts: Marts) -> pd.DataFrame:
    """Return sums per value segment, or one row of all where segments are not in the file."""
    has_segments = "fct_customer_segments" in marts.descriptions
    segments = (
        "select customer_id, segment_slug from fct_customer_segments"
        f" where segmentation = '{VALUE}'"
        if has_segments
        else "select null::varchar as customer_id, null::varchar as segment_slug where false"
    )
    rows = marts.frame(
        f"""
        select
            coalesce(segments.segment_slug, '{UNASSIGNED}') as segment_slug,
            count(*) as customers,
            -- Sums of doubles depend on the order in which threads finish.
            sum(cast(probability_active as decimal(38, 9))) as active,
            sum(purchases_last_90_days) as last_purchases,
            sum(cast(expected_purchases_90_days as decimal(38, 9))) as expected_purchases,
            sum(revenue_last_90_days) as last_revenue,
            sum(expected_revenue_90_days) as expected_revenue,
            sum(expected_revenue_365_days) as expected_revenue_of_year,
            sum(lifetime_value) as lifetime_value
        from {FORECASTS} as forecasts
        left join ({segments}) as segments using (customer_id)
        group by all
        order by all
        """
    )
    named = segments_of(marts, VALUE, unassigned=True)
    names = dict(zip(named["segment_slug"], named["segment_name"], strict=True))
    if not set(rows["segment_slug"]) <= set(names):
        others = "All customers" if not has_segments else "In no segment"
        rows["segment_name"] = [names.get(slug, others) for slug in rows["segment_slug"]]
        return rows
    rows["segment_name"] = rows["segment_slug"].map(names)
    return in_order(rows, named)


def _still_customers(marts: Marts, forecast: ValueForecast | None) -> Figure:
    name = "still-customers"
    if forecast is None or not forecast.customers:
        return _absent(marts, name, "Who is a customer still")
    rows = marts.frame(
        f"""
        select
            bar / {BARS}.0 as lower_edge,
            (bar + 1) / {BARS}.0 as upper_edge,
            count(customer_id) as customers,
            count(customer_id) / sum(count(customer_id)) over () as share,
            sum(revenue_last_90_days) as last_revenue,
            sum(expected_revenue_90_days) as expected_revenue
        from range({BARS}) as bars(bar)
        left join {FORECASTS} on least(floor(probability_active * {BARS}), {BARS - 1}) = bar
        group by bar
        order by bar
        """
    )
    likely = int(rows["customers"].iloc[-1])
    unlikely = int(rows["customers"].iloc[: BARS // 2].sum())
    return Figure(
        name,
        (
            f"{count(likely)} of {count(forecast.customers)} customers are at least 90% likely to"
            f" be customers still; {count(unlikely)} have more likely left"
        ),
        FORECASTS,
        [Picture(charts.histogram(rows, unit="probability of being a customer still"))],
        Table(
            [
                Column("lower_edge", "probability from", SHARE),
                Column("upper_edge", "to", SHARE),
                Column("customers", "customers", COUNT),
                Column("share", "share of customers", SHARE),
                Column("last_revenue", "revenue, last 90 days", MONEY),
                Column("expected_revenue", "next 90 days", MONEY),
            ],
            rows,
        ),
        note=(
            "Customers do not say when they leave: the probability follows from their rhythm and "
            "the time away."
        ),
    )


def _risks(marts: Marts) -> Figure:
    name = "value-at-risk"
    rows = marts.table(RISKS)
    if rows.empty:
        return Figure(
            name,
            "Customers with the largest expected losses",
            RISKS,
            absent_because="No loss is expected: nobody is late, or the data has no purchases.",
        )
    shown = rows.sort_values("risk_rank").head(NAMED)
    first = shown.iloc[-1]
    who = f"The {len(shown)} customers" if len(shown) > 1 else "One customer"
    by_forecast = shown["expected_loss_by"].iloc[0] == "forecast"
    return Figure(
        name,
        (
            f"{who} with the largest expected losses hold"
            f"{'s' if len(shown) == 1 else ''} {share(first['share_of_all_losses'])} of what may be"
            " lost in the next 90 days"
        ),
        RISKS,
        table=Table(
            [
                Column("risk_rank", "rank", COUNT),
                Column("customer_id", "customer"),
                Column("segment_name", "segment"),
                Column("expected_loss", "expected loss, 90 days", MONEY),
                Column("run_rate", "usual 90 days", MONEY),
                Column("probability_active", "still a customer", SHARE),
                Column("last_purchase_on", "last purchase", DATE),
                Column("reason_1", "why"),
                Column("reason_2", "what is expected"),
            ],
            shown,
        ),
        note=(
            f"{_BY_FORECAST if by_forecast else _BY_RHYTHM} The table in the file names "
            f"{count(len(rows))} customers."
        ),
    )
