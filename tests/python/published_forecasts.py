"""Marts with forecasts of lifetime value, made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from report_marts import AS_OF, ReportMarts

NOT_ASKED_FOR = ("rpt_builds", "rpt_rows_read", "rpt_reject_reasons", "rpt_rejects", "rpt_warnings")
VERSION = "lifetime_value-0001-c"


def forecast_marts(path: Path) -> ReportMarts:
    """Return marts of two customers: C1 comes back, C2 has left."""
    # What the summary says of rows is not asked for here.
    marts = ReportMarts(path, without=NOT_ASKED_FOR)
    marts.add_segments(["Loyal"], customers=[2])
    marts.add(
        "rpt_lifetime_value_model",
        {
            "model_version": VERSION,
            "customers": 2,
            "loses_to_last_period": False,
            "ranks_customers": True,
            "forecast_because": "Its error was 9.",
        },
    )
    add_customer(marts, "C1", probability_active=0.9)
    add_customer(
        marts,
        "C2",
        probability_active=0.1,
        revenue_last_90_days=10,
        expected_revenue_90_days=0.5,
        expected_revenue_365_days=0,
        lifetime_value=0,
        purchases_last_90_days=1,
        expected_purchases_90_days=0.25,
    )
    return marts


def add_customer(marts: ReportMarts, customer_id: str, **changes: Any) -> None:
    """Add the forecast of a customer."""
    marts.add(
        "fct_customer_value_forecast",
        {
            "customer_id": customer_id,
            "as_of": AS_OF,
            "purchases_last_90_days": 5,
            "expected_purchases_90_days": 3.5,
            "revenue_last_90_days": 400,
            "expected_revenue_90_days": 300,
            "expected_revenue_365_days": 1200,
            "lifetime_value": 3000,
            "is_new": False,
            "reason_1": "Buys every 9 days, the last time 4 days ago.",
            "forecast_by": "combined",
            "model_version": VERSION,
            **changes,
        },
    )
