"""Labelled people of planted segments, and a classifier fitted to them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from segmentation.classification import ClassifierFit, ClassifierOptions, fit_classifier

FEATURES = ("age", "income", "profession", "level")
LEVELS = {"level": ("Low", "Average", "High")}


def people(rows: int = 240, seed: int = 0) -> pd.DataFrame:
    """Three segments that age and profession determine, with one exception in ten rows."""
    random = np.random.default_rng(seed)
    planted = random.choice(3, rows, p=(0.5, 0.3, 0.2))
    frame = pd.DataFrame(
        {
            "person": [f"P{i:04d}" for i in range(rows)],
            "age": np.array([25.0, 45.0, 65.0])[planted] + random.normal(0, 6, rows),
            "income": random.lognormal(10, 0.5, rows),
            "profession": np.array(["Artist", "Doctor", "Lawyer"], dtype=object)[
                np.where(random.random(rows) < 0.2, random.choice(3, rows), planted)
            ],
            "level": np.array(["Low", "Average", "High"], dtype=object)[random.choice(3, rows)],
        }
    )
    exception = random.random(rows) < 0.1
    labels = np.where(exception, random.choice(3, rows), planted)
    frame["segment"] = np.array(["young", "middle", "old"], dtype=object)[labels]
    frame.loc[random.random(rows) < 0.05, "age"] = np.nan
    frame.loc[random.random(rows) < 0.05, "profession"] = None
    return frame


def fitted(frame: pd.DataFrame, **more: object) -> ClassifierFit:
    settings = {
        "features": FEATURES,
        "ordered_categories": LEVELS,
        "candidates": ("logistic_regression",),
        "repeats": 1,
        "importance_repeats": 1,
    }
    return fit_classifier(frame, "segment", "person", ClassifierOptions(**(settings | more)))  # type: ignore[arg-type]
