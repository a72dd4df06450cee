"""A customer as the service describes one."""

from __future__ import annotations

from typing import Any

_REASONS = [
    "later than usual: days between purchases usually 6, now 57, 9.9 times (typical here 7.3, all"
    " customers 0.9)",
    "spends more: 4,148 spent (typical here 2,168, all customers 1,210)",
    "bought on more days: on 41 days (typical here 66, all customers 39)",
]

# What the service answers of a customer of complete_journey after one observed day; two
# segmentations are left out.
CUSTOMER_EXAMPLE: dict[str, Any] = {
    "customer_id": "472",
    "segments": [
        {
            "segmentation": "value",
            "segment_slug": "at_risk",
            "segment_name": "At Risk",
            "distance": 2.18858719303265,
            "probability": None,
            "runner_up_slug": "occasional",
            "margin": None,
            "model_version": "value-0001-072757d5",
            "reasons": _REASONS,
        }
    ],
    "value_forecast": {
        "probability_active": 0.6038115151951533,
        "horizons": [
            {
                "days": 30,
                "expected_purchases": 1.4308724515557047,
                "lower_purchases": 0.0,
                "upper_purchases": 5.0,
                "expected_revenue": 127.52,
                "lower_revenue": 0.0,
                "upper_revenue": 528.92,
            },
            {
                "days": 90,
                "expected_purchases": 4.2836973996480605,
                "lower_purchases": 0.0,
                "upper_purchases": 11.0,
                "expected_revenue": 381.77,
                "lower_revenue": 0.0,
                "upper_revenue": 1227.29,
            },
            {
                "days": 180,
                "expected_purchases": 8.54119996376047,
                "lower_purchases": 0.0,
                "upper_purchases": 20.0,
                "expected_revenue": 761.2,
                "lower_revenue": 0.0,
                "upper_revenue": 2177.48,
            },
            {
                "days": 365,
                "expected_purchases": 17.214516210152976,
                "lower_purchases": 0.0,
                "upper_purchases": 38.0,
                "expected_revenue": 1534.18,
                "lower_revenue": 0.0,
                "upper_revenue": 4054.75,
            },
        ],
        "lifetime_value": 3922.92,
        "expected_next_purchase_on": "2018-01-16",
        "is_new": False,
        "forecast_by": "combined",
        "reasons": [
            "Bought every 8 days, now gone for 57: 60 % likely to be still a customer.",
            "Brought 1,039.92 per 90 days so far; 381.77 are expected of the next 90.",
            "As likely as not, the next purchase comes by 2018-01-16.",
        ],
        "model_version": "lifetime_value-0001-ff54a641",
    },
    "history": [
        {
            "segmentation": "value",
            "segment_slug": "at_risk",
            "segment_name": "At Risk",
            "valid_from": "2017-12-31",
            "valid_to": None,
            "days": 0,
            "entry": "first observed",
            "moved_by": None,
            "is_new_model": None,
            "model_version": "value-0001-072757d5",
            "reasons": _REASONS,
        }
    ],
    "versions": {
        "run_id": "acb9b57b-f899-4e8f-a196-bbbf880a23c4",
        "dataset": "complete_journey",
        "as_of": "2017-12-31",
        "model_versions": {
            "value": "value-0001-072757d5",
            "profile": "profile-0001-9b2b7149",
            "prospects": "prospects-0001-bfaaf604",
        },
    },
}
