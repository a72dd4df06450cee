"""A shop whose customers are in states and in two clusters, planted for unit tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

SETTINGS: dict[str, Any] = {
    "features": ["recency_days", "frequency", "monetary"],
    "trims": {"frequency": [1, None]},
    "outliers": "winsorize",
    "floors": {"monetary": 0},
    "transform": "yeo_johnson",
    "states": True,
    "k": 2,
    "n_init": 5,
    "scan_to": 3,
    "scan_n_init": 2,
    "stability_resamples": 2,
    "null_draws": 3,
    "compared_algorithms": [],
}
CONDITIONS = [
    ("lost", "frequency = 0", "customer", 1),
    ("one_time", "purchase_days = 1", "customer", 2),
    ("at_risk", "overdue_ratio > late_ratio and monetary >= typical_monetary", "customer", 3),
    ("loyal", "monetary >= 1.5 * typical_monetary and monetary is highest", "segment", 1),
    ("occasional", "frequency > 0", "segment", 2),
]


def playbook(conditions: list[tuple[str, str, str, int]] = CONDITIONS) -> pd.DataFrame:
    columns = ["segment_slug", "condition", "condition_of", "condition_order"]
    frame = pd.DataFrame(conditions, columns=columns)
    return frame.assign(
        segmentation="value", k=None, segment_name=frame.segment_slug.str.capitalize(),
        target_z_scores=None, description="", strategy=frame.segment_slug, channel="", priority="",
    )  # fmt: skip


def state_shop() -> pd.DataFrame:
    """Return active customers, of whom a third buy much; from the 400th on, ten in each state."""
    random = np.random.default_rng(3)
    many = np.arange(440) % 3 == 0
    frame = pd.DataFrame(
        {
            "customer_id": [f"C{i:03d}" for i in range(440)],
            "recency_days": random.integers(1, 20, 440).astype(float),
            "frequency": np.where(many, 30.0, 8.0) + random.integers(0, 5, 440),
            "monetary": np.where(many, 3000.0, 200.0) * random.lognormal(0, 0.2, 440),
            "purchase_days": 8.0,
            "overdue_ratio": random.uniform(0.2, 1.5, 440),
            "last_return_ratio": random.uniform(0.5, 3.0, 440),
            "planted": 0,
        }
    )
    frame.loc[400:409, ["frequency", "monetary"]] = 0.0
    frame.loc[410:419, "purchase_days"] = 1.0
    frame.loc[420:429, ["overdue_ratio", "monetary"]] = [9.0, 5000.0]
    frame.loc[430:439, "overdue_ratio"] = np.nan
    return frame
