"""What the segments of two models share, counted by the engine."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from house import MIXED, SETTINGS, House, fitted
from mixed_customers import planted_customers
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.succession import (
    ComparedSegment,
    SharedCustomers,
    Succession,
    shared_shares,
)
from state_shop import SETTINGS as STATES
from state_shop import playbook, state_shop


def fitted_once(
    house: House, settings: dict[str, Any] = SETTINGS, **asked: Any
) -> SegmentationModel:
    model = house.fit(settings, **asked)
    assert model is not None
    return model


def succession_of(model: SegmentationModel) -> Succession:
    assert model.succession is not None
    return model.succession


def counted(model: SegmentationModel) -> pd.DataFrame:
    """Return the customers of each pair of segments, rows before and columns after."""
    frame = pd.DataFrame([vars(pair) for pair in succession_of(model).shared])
    return frame.pivot_table(
        index="before_id", columns="after_id", values="customers", aggfunc="sum"
    )


def crossed(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    both = before.merge(after, on="customer_id")
    return pd.crosstab(both.segment_id_x, both.segment_id_y)


def test_a_first_fit_follows_nothing(house: House) -> None:
    assert fitted_once(house).succession is None


@pytest.mark.long
def test_the_customers_of_the_day_are_counted_in_both_models(house: House) -> None:
    """The customers of the later fit: those who left since the earlier one are not counted."""
    first = house.first_fit()
    house.connection.execute("delete from features where customer_id < 'C080'")
    house.connection.execute("update features set frequency = frequency + 5, monetary = 700")
    before = house.assignments()
    model = fitted_once(house, {**SETTINGS, "k": 5}, refit="true")
    assert succession_of(model).before_version == first.model_version
    expected = crossed(before, house.assignments())
    found = counted(model)
    assert found.sum().sum() == 220
    assert found.loc[expected.index, expected.columns].to_numpy().tolist() == (
        expected.to_numpy().tolist()
    )
    assert [s.segment_slug for s in succession_of(model).after] == [
        s.segment_slug for s in model.segments
    ]
    assert [s.segment_slug for s in succession_of(model).before] == [
        s.segment_slug for s in first.segments
    ]


def spreads(model: SegmentationModel, house: House, assigned: pd.DataFrame) -> dict[int, float]:
    """Return the root mean square distance to the means, in scaled units of a model."""
    features = house.connection.sql("from features").df()
    customers = assigned.merge(features, on="customer_id")
    scaled = pd.DataFrame(
        {
            feature.prepared.name: feature.prepared.scaled(
                customers[feature.prepared.name].to_numpy(float)
            )
            for feature in model.features
        }
    )
    return {
        int(segment): float(np.sqrt(((own - own.mean()) ** 2).sum(axis=1).mean()))
        for segment, own in scaled.groupby(customers.segment_id)
    }


@pytest.mark.long
def test_spreads_are_in_the_units_of_the_later_model(house: House) -> None:
    """Those of both models, also where the earlier one looked at other features."""
    house.fit({**SETTINGS, "features": ["recency_days", "frequency"]})
    house.connection.execute("update features set monetary = monetary * 2")
    before = house.assignments()
    model = fitted_once(house, {**SETTINGS, "k": 5})
    succession = succession_of(model)
    assert {pair.shift for pair in succession.shared} == {None}
    for segments, assigned in (
        (succession.before, before),
        (succession.after, house.assignments()),
    ):
        found = {segment.segment_id: segment.spread for segment in segments}
        assert found == pytest.approx(spreads(model, house, assigned))


@pytest.mark.long
def test_a_shift_is_in_standard_deviations_of_the_later_model(house: House) -> None:
    """Doubled money of a logarithm: every centre moved by the same, on one of three features."""
    house.first_fit()
    house.connection.execute("update features set monetary = monetary * 2")
    model = fitted_once(house, refit="true")
    shifts = {(pair.before_id, pair.after_id): pair.shift for pair in succession_of(model).shared}
    money = model.features[2]
    moved = np.log(2) / (money.prepared.scale * money.standard_deviation) / np.sqrt(3)
    assert [shifts[i, i] for i in range(4)] == pytest.approx([moved] * 4, rel=0.02)


@pytest.mark.long
def test_a_feature_that_is_gone_leaves_nothing_to_count(
    house: House, logged: pytest.LogCaptureFixture
) -> None:
    """Distances over the features that are left decide which slugs go on."""
    first = house.first_fit()
    house.connection.execute("alter table features drop monetary")
    model = fitted_once(house, {**SETTINGS, "features": ["recency_days", "frequency"]})
    assert model.succession is None
    assert {s.named_by for s in model.segments} == {"earlier model"}
    assert f"{first.model_version} needs monetary" in logged.text


@pytest.mark.long
def test_numbers_and_categories_are_counted(house: House) -> None:
    """Another algorithm, and other features, are counted as well."""
    house.put("features", planted_customers().drop(columns="planted"))
    house.first_fit(MIXED)
    before = house.assignments()
    model = fitted(house, seed=5, k=4)
    expected = crossed(before, house.assignments())
    found = counted(model)
    assert found.loc[expected.index, expected.columns].to_numpy().tolist() == (
        expected.to_numpy().tolist()
    )
    assert all(segment.spread and segment.spread > 0 for segment in succession_of(model).before)
    kmeans = fitted(house, algorithm="kmeans", categorical_features=[])
    assert counted(kmeans).sum().sum() == len(before)


@pytest.mark.long
def test_states_and_clusters_are_counted_apart(house: House) -> None:
    house.put("features", state_shop().drop(columns="planted"))
    house.put("playbook", playbook())
    house.first_fit(STATES)
    house.run("sample", "default", datetime.date(2026, 1, 31))
    model = fitted_once(house, STATES, refit="true")
    found = counted(model)
    assert found.loc[101, 101] == 10
    assert set(found.index) == {0, 1, 101, 102, 103}
    assert found.loc[[0, 1], [0, 1]].to_numpy().diagonal().tolist() == [
        s.customers for s in model.segments
    ]
    assert [round(max(row), 3) for row in shared_shares(succession_of(model))] == [1.0, 1.0]


@pytest.mark.long
def test_categories_spread_as_one_hot_columns_do(house: House) -> None:
    """Two segments by plan; in each, two thirds have the same home."""
    frame = planted_customers().drop(columns="planted")
    frame["plan"] = np.where(np.arange(len(frame)) % 2 == 0, "basic", "premium")
    frame[["age", "income"]] = 1.0
    frame["home"] = np.where(np.arange(len(frame)) < 100, "flat", "house")
    house.put("features", frame)
    first = fitted(house, k=2)
    model = fitted(house, k=2, seed=5)
    assert (first.k, model.k) == (2, 2)
    found = [segment.spread for segment in succession_of(model).after]
    # Different categories lie sqrt(gamma) apart: two thirds a third of it from the middle.
    assert found == pytest.approx([np.sqrt(2 / 9 * model.gamma)] * 2)


def test_a_share_is_the_geometric_mean_of_those_of_both() -> None:
    """A customer in a state, or in no dense group, is in no cluster."""
    succession = Succession(
        before_version="value-0001-x",
        before=[ComparedSegment(i, f"b{i}", f"B{i}", 1.0) for i in range(2)],
        after=[ComparedSegment(i, f"a{i}", f"A{i}", 1.0) for i in range(3)],
        shared=[
            SharedCustomers(*pair, customers, 0.1)
            for pair, customers in {
                (0, 0): 60, (0, 1): 20, (0, 2): 0, (1, 0): 40, (1, 1): 0, (1, 2): 0,
                (0, 103): 900, (103, 0): 700, (-1, 1): 500, (1, -1): 300,
            }.items()
        ],
    )  # fmt: skip
    assert shared_shares(succession) == [
        [0.6708203932499369, 0.6324555320336759],
        [0.5, 0.0],
        [0.0, 0.0],
    ]
