"""Customers of numbers and categories for unit tests: planted groups, and whatever a row can hold.

Names of categories have quotes, letters beyond ASCII, and one is empty: they go through SQL.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
from segmentation.clustering.gamma import default_gamma
from segmentation.features.categories import PreparedCategory
from segmentation.features.mixed_sample import MixedSample
from segmentation.features.numbers import PreparedFeature
from segmentation.features.prepared import PreparedFeatures
from segmentation.features.preprocessor import FeaturePreprocessor

NUMBERS = ["age", "income"]
HOMES = ["", "O'Brien's \"flat\"", "Büro ✓", "house"]
PLANS = ["basic", "basic ", "a=b; c: d", "日本"]
CATEGORIES = {"home": HOMES, "plan": PLANS}


def planted_customers(n: int = 300, *, seed: int = 7) -> pd.DataFrame:
    """Return three groups that lie apart in numbers and categories, as shares 1/2, 1/3, 1/6.

    Columns are customer_id, age, income, home, plan and planted, the group.
    """
    random = np.random.default_rng(seed)
    planted = np.repeat([0, 1, 2], [n - n // 3 - n // 6, n // 3, n // 6])
    usual = random.random((n, 2)) < 0.85
    return pd.DataFrame(
        {
            "customer_id": [f"C{i:04d}" for i in range(n)],
            "age": np.array([25.0, 45.0, 70.0])[planted] + random.normal(0, 3, n),
            "income": np.array([20.0, 90.0, 45.0])[planted] * random.lognormal(0, 0.12, n),
            "home": np.where(
                usual[:, 0], np.array(HOMES)[planted + 1], random.choice(HOMES, size=n)
            ),
            "plan": np.where(usual[:, 1], np.array(PLANS)[planted], random.choice(PLANS, size=n)),
            "planted": planted,
        }
    )


def prepared_features(
    frame: pd.DataFrame, *, numbers: bool = True, categories: bool = True
) -> PreparedFeatures:
    """Return the preparation of the columns; a null category takes the most frequent one."""
    scaled: list[PreparedFeature] = []
    if numbers:
        scaled = FeaturePreprocessor(transformation="log").fit(frame[NUMBERS]).features_
    coded = []
    if categories:
        for name in CATEGORIES:
            counts = frame[name].value_counts()
            frequent = sorted(counts.index, key=lambda value: (-counts[value], value))
            coded.append(PreparedCategory(name, sorted(frequent), frequent[0]))
    return PreparedFeatures(scaled, coded)


def sample_of(
    frame: pd.DataFrame, features: PreparedFeatures, gamma: float | None = None
) -> MixedSample:
    """Return rows prepared for a clustering; `gamma` None is the default."""
    n = len(frame)
    numbers = [feature.scaled(frame[feature.name].to_numpy(float)) for feature in features.numbers]
    codes = [
        category.codes(frame[category.name].to_numpy(object)) for category in features.categories
    ]
    scaled = np.column_stack([np.zeros((n, 0)), *numbers])
    return MixedSample(
        numbers=scaled,
        codes=np.column_stack([np.zeros((n, 0), dtype=np.intp), *codes]),
        category_counts=tuple(len(category.categories) for category in features.categories),
        gamma=default_gamma(scaled.std(axis=0)) if gamma is None else gamma,
    )


def with_gaps(frame: pd.DataFrame, *, seed: int = 1) -> pd.DataFrame:
    """Return rows with nulls, NaN, infinities, extreme numbers and unseen categories."""
    random = np.random.default_rng(seed)
    dirty = frame.copy()
    for name in NUMBERS:
        for bad in (np.nan, np.inf, -np.inf, -1e300, 1e14):
            dirty.loc[random.random(len(dirty)) < 0.05, name] = bad
    for name in CATEGORIES:
        values = dirty[name].astype(object)
        for bad in (None, "", "nobody's", "NaN", "null", "FLAT", "'; drop table t; --"):
            values[random.random(len(dirty)) < 0.04] = bad
        dirty[name] = values
    return dirty


def put(connection: duckdb.DuckDBPyConnection, frame: pd.DataFrame, name: str = "t") -> None:
    """Store rows as a table, numbered in ``position``; half of the missing values are NaN."""
    connection.register("rows", frame.reset_index(drop=True).reset_index(names="position"))
    connection.execute(f"create or replace table {name} as select * from rows")
    connection.unregister("rows")
    # A pandas NaN arrives as null.
    for column in NUMBERS:
        connection.execute(
            f"update {name} set {column} = 'nan'::double "
            f"where {column} is null and position % 2 = 0"
        )
