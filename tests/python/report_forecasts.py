"""Marts of lifetime value, as the page reads them, with few rows each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from report_marts import AS_OF, ReportMarts, slug


def add_value_forecast(marts: ReportMarts, names: Sequence[str]) -> None:
    """Add forecasts of 60 customers, who are in the first two segments, and their back-tests."""
    version = {"model_version": "lifetime_value-0001-c"}
    marts.add(
        "rpt_lifetime_value_model",
        {
            **version,
            "customers": 60,
            "purchase_model": "mbg_nbd",
            "forecast_by": "combined",
            "loses_to_last_period": False,
            "ranks_customers": True,
            "forecast_because": "Over 2 quarters its error was 9, that of the last 90 days 10.",
        },
    )
    for place in range(60):
        customer = f"C{place:02d}"
        name = names[place % min(2, len(names))]
        marts.add(
            "fct_customer_segments",
            {"segmentation": "value", "customer_id": customer, "segment_slug": slug(name)},
        )
        marts.add(
            "fct_customer_value_forecast",
            {
                **version,
                "customer_id": customer,
                "as_of": AS_OF,
                "probability_active": (0.05, 0.5, 0.95)[place % 3],
                "purchases_last_90_days": 2,
                "expected_purchases_90_days": 1.5,
                "revenue_last_90_days": 20.25,
                "expected_revenue_90_days": 15.5,
                "expected_revenue_365_days": 60.0,
                "lifetime_value": 150.0,
            },
        )
        marts.add(
            "rpt_value_at_risk",
            {
                "risk_rank": place + 1,
                "customer_id": customer,
                "segment_name": name,
                "expected_loss": 100 - place,
                "expected_loss_by": "forecast",
                "run_rate": 200.0,
                "share_of_all_losses": (place + 1) / 60,
                "probability_active": 0.25,
                "last_purchase_on": "2025-10-01",
                "reason_1": "Bought every 9 days, now gone for 91.",
                "reason_2": "Brought 200 per 90 days so far; 100 are expected of the next 90.",
            },
        )
    _add_backtests(marts, version)
    for position in (0.0, 1.0, 2.0):
        marts.add(
            "rpt_lifetime_value_curves",
            {
                **version,
                "curve": "customers by repeat purchases",
                "position": position,
                "expected": 21.5,
                "actual": 20.0 + position,
            },
            *(
                {**version, "curve": curve, "position": 26 * position, "expected": expected}
                for curve, expected in (
                    ("repeat purchases of a newcomer", 5.25 * position),
                    ("share still customers", 1 - position / 10),
                )
            ),
        )


def _add_backtests(marts: ReportMarts, version: Mapping[str, Any]) -> None:
    for day, methods in (
        ("2025-06-30", ("purchase model", "last period")),
        ("2025-09-30", ("purchase model", "last period", "combined", "gradient boosting")),
    ):
        for method in methods:
            of_method = {
                **version,
                "forecast_on": day,
                "measure": "revenue",
                "forecast_method": method,
                "is_in_use": method == "combined",
                "customers": 60,
            }
            is_ours = method in {"purchase model", "combined"}
            marts.add(
                "rpt_value_forecast_accuracy",
                {
                    **of_method,
                    "grouped_by": "all",
                    "group_number": 1,
                    "group_name": "all customers",
                    "predicted": 1100.0,
                    "lower_predicted": 900.0 if is_ours else None,
                    "upper_predicted": 1300.0 if is_ours else None,
                    "actual": 1000.0,
                    "is_covered": True if is_ours else None,
                    "error_share": 0.1,
                    "rmse": 9.0 + len(method),
                },
                *(
                    {
                        **of_method,
                        "grouped_by": "decile",
                        "group_number": number,
                        "group_name": f"decile {number}",
                        "customers": 6,
                        "predicted": 220.0 / number,
                        "lower_predicted": 150.0 / number,
                        "upper_predicted": 300.0 / number,
                        "actual": 200.0 / number,
                        "is_covered": number < 10,
                        "error_share": 0.1 if number < 10 else -0.5,
                    }
                    for number in range(1, 11)
                    if is_ours
                ),
            )
        marts.add(
            "rpt_value_forecast_accuracy",
            *(
                {
                    **version,
                    "forecast_on": day,
                    "measure": "buyers",
                    "forecast_method": "purchase model",
                    "is_in_use": False,
                    "customers": 30,
                    "grouped_by": "state",
                    "group_number": number,
                    "group_name": name,
                    "predicted": 27.0 / number,
                    "lower_predicted": 24.0 / number,
                    "upper_predicted": 30.0 / number,
                    "actual": 24.0 / number - 3.0 * (number - 1),
                    "is_covered": number == 1,
                    "error_share": 0.1,
                }
                for number, name in ((1, "on time"), (2, "late"))
            ),
        )
