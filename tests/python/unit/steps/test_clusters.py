"""Fit, name, apply: when a fit is made, what keeps its name, and what every customer gets."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from house import FEATURES, House
from segmentation.features.preprocessor import FeaturePreprocessor
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score


def test_planted_segments_are_found_and_named(house: House, customers: pd.DataFrame) -> None:
    house.first_fit()
    found = house.assignments().merge(house.segments(), on="segment_id")
    found = found.merge(customers, on="customer_id")
    assert adjusted_rand_score(found.planted, found.segment_id) >= 0.95
    names = found.groupby("planted").segment_name.agg(lambda s: s.mode()[0]).tolist()
    assert names == ["Loyal", "Potential Loyalist", "At Risk", "Need Attention"]


def test_labels_and_distances_are_scikit_learns(house: House, customers: pd.DataFrame) -> None:
    model = house.first_fit()
    prepared = FeaturePreprocessor(transformation="log").fit(customers[FEATURES])
    scaled = prepared.transform(customers[FEATURES])
    kmeans = KMeans(4, init=model.centroids, n_init=1, max_iter=1).fit(scaled)
    kmeans.cluster_centers_ = model.centroids
    found = house.assignments()
    assert found.segment_id.tolist() == kmeans.predict(scaled).tolist()
    distances = np.sort(kmeans.transform(scaled), axis=1)
    np.testing.assert_allclose(found.distance, distances[:, 0], rtol=1e-9)
    np.testing.assert_allclose(found.margin, distances[:, 1] - distances[:, 0], atol=1e-9)
    runner_up = np.argsort(kmeans.transform(scaled), axis=1, kind="stable")[:, 1]
    assert found.runner_up_id.tolist() == runner_up.tolist()
    full = KMeans(4, n_init=10, random_state=1).fit(scaled)
    assert model.metrics.inertia == pytest.approx(full.inertia_, rel=1e-9)


def test_the_same_data_give_the_same_model(house: House) -> None:
    first = house.first_fit()
    house.connection.execute("create or replace table features as from features order by random()")
    house.connection.execute("set threads = 1")
    house.connection.execute("delete from models")
    again = house.fit()
    assert again is not None
    assert first.as_record() | {"fitted_at": None} == again.as_record() | {"fitted_at": None}


def test_three_reasons_in_words(house: House, customers: pd.DataFrame) -> None:
    house.first_fit()
    house.connection.execute("update features set monetary = null where customer_id = 'C000'")
    found = house.assignments().set_index("customer_id")
    assert found.reason_1.notna().all()
    loyal = found.loc["C001"]
    reasons = [loyal.reason_1, loyal.reason_2, loyal.reason_3]
    purchases = int(customers.set_index("customer_id").loc["C001", "frequency"])
    frequency = next(reason for reason in reasons if "purchases" in reason)
    assert frequency.startswith(f"buys more often: {purchases} purchases (typical here ")
    assert ", all customers " in frequency
    unknown = found.loc["C000"]
    assert any(
        reason.startswith("monetary unknown, taken as ")
        for reason in (unknown.reason_1, unknown.reason_2, unknown.reason_3)
        if isinstance(reason, str)
    )


def test_a_reason_uses_the_singular_for_one(house: House) -> None:
    house.first_fit()
    house.connection.execute("update features set frequency = 1 where frequency < 8")
    found = house.assignments()
    reasons = found.melt(value_vars=["reason_1", "reason_2", "reason_3"])["value"].dropna()
    spoken = [reason for reason in reasons if ": 1 purchase" in reason]
    assert spoken
    assert all(": 1 purchase (typical here " in reason for reason in spoken)


def test_reasons_are_the_largest_products(house: House) -> None:
    """Against the definition, worked out anew from medians of today's customers."""
    model = house.first_fit()
    frame = house.connection.sql("from features order by customer_id").df()
    found = house.assignments()
    numbers = {feature.prepared.name: feature for feature in model.features}
    middle = frame[FEATURES].median()
    typical = frame[FEATURES].groupby(found.segment_id).median()
    decimals = {"recency_days": 2, "frequency": 0, "monetary": 2}
    marks = {"recency_days": "recency days", "frequency": "purchase", "monetary": "spent"}
    said = 0
    for row, segment in enumerate(found.segment_id):
        weights = {}
        for name, feature in numbers.items():
            values = np.array([frame.loc[row, name], typical.loc[segment, name], middle[name]])
            customer, here, everywhere = (
                feature.prepared.scaled(values) / feature.standard_deviation
            )
            own, apart = customer - everywhere, here - everywhere
            same = round(values[0], decimals[name]) == round(values[2], decimals[name])
            if own * apart > 0 and not same:
                weights[name] = min(abs(own), 2 * abs(apart)) * abs(apart)
        expected = sorted(weights, key=lambda name: -weights[name])
        texts = found.loc[row, ["reason_1", "reason_2", "reason_3"]].dropna().tolist()
        if not expected:
            assert texts == ["no feature by itself speaks for this segment"]
            continue
        assert [next(n for n, mark in marks.items() if mark in text) for text in texts] == expected
        said += len(texts)
    assert said > 500


def test_no_reason_points_the_other_way(house: House) -> None:
    """Words, the customer's own figure, and what is typical here and of all agree."""
    house.first_fit()
    found = house.assignments().merge(house.connection.sql("from features").df(), on="customer_id")
    high = ("buys more often", "spends more", "higher recency")
    for row in found.itertuples():
        texts = [t for t in (row.reason_1, row.reason_2, row.reason_3) if isinstance(t, str)]
        assert len(set(texts)) == len(texts)
        for text in texts:
            if text == "no feature by itself speaks for this segment":
                continue
            here, everywhere = (
                float(number.replace(",", ""))
                for number in re.findall(r"(?:typical here|all customers) ([-0-9,.]*[0-9])", text)
            )
            assert (here > everywhere) == text.startswith(high)
            name = next(
                n for n, mark in zip(FEATURES, ("recency", "purchase", "spent"), strict=True)
                if mark in text
            )  # fmt: skip
            assert (getattr(row, name) > everywhere) == (here > everywhere)


def test_text_with_quotes_survives(house: House) -> None:
    house.connection.execute(
        "update features set customer_id = 'O''Brien \"é\" ✓' where customer_id = 'C007'"
    )
    house.connection.execute("update words set high_words = 'buys \"more\", isn''t gone'")
    house.fit()
    found = house.assignments().set_index("customer_id")
    assert found.loc['O\'Brien "é" ✓', "segment_id"] >= 0
    assert found.reason_1.str.contains("isn't gone").any()
