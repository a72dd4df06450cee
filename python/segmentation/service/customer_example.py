"""A customer as the service describes one."""

from __future__ import annotations

from typing import Any

_REASONS = [
    "later than usual: days between purchases usually 5.8, now 57, 9.9 times (typical here 7.3, all"
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
            "distance": 2.1885871873645857,
            "probability": None,
            "runner_up_slug": "occasional",
            "margin": None,
            "model_version": "value-0001-6cf7563a",
            "reasons": _REASONS,
        }
    ],
    "value_forecast": {
        "probability_active": 0.6038115151951531,
        "horizons": [
            {
                "days": 30,
                "expected_purchases": 1.4317327597704055,
                "lower_purchases": 0.0,
                "upper_purchases": 5.0,
                "expected_revenue": 127.59,
                "lower_revenue": 0.0,
                "upper_revenue": 529.2,
            },
            {
                "days": 90,
                "expected_purchases": 4.2862729611931965,
                "lower_purchases": 0.0,
                "upper_purchases": 11.0,
                "expected_revenue": 381.97,
                "lower_revenue": 0.0,
                "upper_revenue": 1227.93,
            },
            {
                "days": 180,
                "expected_purchases": 8.546335337276346,
                "lower_purchases": 0.0,
                "upper_purchases": 20.0,
                "expected_revenue": 761.6,
                "lower_revenue": 0.0,
                "upper_revenue": 2178.62,
            },
            {
                "days": 365,
                "expected_purchases": 17.224866391744808,
                "lower_purchases": 0.0,
                "upper_purchases": 38.0,
                "expected_revenue": 1534.99,
                "lower_revenue": 0.0,
                "upper_revenue": 4056.88,
            },
        ],
        "lifetime_value": 3924.99,
        "expected_next_purchase_on": "2018-01-16",
        "is_new": False,
        "forecast_by": "combined",
        "reasons": [
            "Bought every 8 days, now gone for 57: 60 % likely to be still a customer.",
            "Brought 1,039.92 per 90 days so far; 381.97 are expected of the next 90.",
            "As likely as not, the next purchase comes by 2018-01-16.",
        ],
        "model_version": "lifetime_value-0001-95a718ec",
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
            "model_version": "value-0001-6cf7563a",
            "reasons": _REASONS,
        }
    ],
    "versions": {
        "run_id": "6e96a1ad-7e99-4f86-a7c8-65bb5576ef3b",
        "dataset": "complete_journey",
        "as_of": "2017-12-31",
        "model_versions": {
            "value": "value-0001-6cf7563a",
            "profile": "profile-0001-d282bdf6",
            "prospects": "prospects-0001-58abf1f7",
        },
    },
}
