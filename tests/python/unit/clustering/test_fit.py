"""A fit: which rows and features take part, and what there is too little of."""

from __future__ import annotations

import pandas as pd
import pytest
from house import FEATURES, SETTINGS, House
from segmentation.registry.option_checks import OptionError


def test_every_customer_is_an_outlier(house: House) -> None:
    rows = [[9.0 if i // 2 == j else 0.0 for j in range(4)] for i in range(8)]
    frame = pd.DataFrame(rows, columns=list("abcd")).assign(customer_id=list("stuvwxyz"))
    house.put("features", frame)
    with pytest.raises(OptionError, match="outliers: drop leaves nobody to fit"):
        house.fit({**SETTINGS, "features": list("abcd"), "outliers": "drop", "k": 2})


def test_ids_count_from_the_largest_segment_dropped_outliers_included(house: House) -> None:
    model = house.fit({**SETTINGS, "outliers": "drop", "outlier_factor": 0.5})
    assert model is not None
    sizes = [segment.customers for segment in model.segments]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes) == 300


def test_two_different_customers_are_two_segments_to_auto(house: House) -> None:
    frame = pd.DataFrame({"customer_id": range(40), "a": [1.0, 2.0] * 20})
    house.put("features", frame)
    model = house.fit({**SETTINGS, "features": ["a"], "k": "auto", "scan_to": 8})
    assert model is not None
    assert model.k == 2


def test_trimmed_rows_take_no_part_and_are_scored(house: House) -> None:
    house.connection.execute("update features set monetary = 666666 where customer_id = 'C001'")
    trimmed = house.fit({**SETTINGS, "trims": {"monetary": [None, 100_000]}})
    assert trimmed is not None
    assert (trimmed.metrics.customers, trimmed.metrics.sample_customers) == (299, 299)
    assert len(house.assignments()) == 300


def test_trims_that_exclude_every_customer(house: House) -> None:
    with pytest.raises(OptionError, match="trims leaves nobody to fit"):
        house.fit({**SETTINGS, "trims": {"monetary": [1e9, None]}})


@pytest.mark.long
def test_mice_changes_the_fit_and_not_the_scoring(house: House) -> None:
    house.connection.execute(
        "update features set monetary = null where customer_id in ('C001', 'C005', 'C250')"
    )
    median = house.fit()
    mice = house.fit({**SETTINGS, "imputation": "mice"})
    assert median is not None
    assert mice is not None
    assert median.features[2].missing_share == mice.features[2].missing_share == 0.01
    assert mice.fit_reason == "the configuration changed"
    assert median.features[2].prepared.center != mice.features[2].prepared.center
    # Refined in the engine, where the gaps are medians again, it would be undone.
    assert median.metrics.passes >= 1
    assert mice.metrics.passes == 0
    assert house.assignments().segment_id.notna().all()


def test_a_transform_for_one_feature(house: House) -> None:
    model = house.fit({**SETTINGS, "transform": {"monetary": "yeo_johnson"}})
    assert model is not None
    assert [f.transform for f in model.prepared_features.numbers] == ["none", "none", "yeo_johnson"]


def test_no_customers(house: House) -> None:
    house.connection.execute("delete from features")
    assert house.fit() is None
    assert house.assignments().empty
    assert house.segments().empty


def test_one_customer(house: House) -> None:
    house.connection.execute("delete from features where customer_id <> 'C001'")
    model = house.fit()
    assert model is not None
    assert (model.k, model.k_asked, model.features) == (1, "4", [])
    assert {feature.name for feature in model.dropped_features} == set(FEATURES)
    (row,) = house.assignments().to_dict("records")
    assert (row["segment_id"], row["distance"], row["reason_1"]) == (
        0,
        0.0,
        "there is only one segment",
    )


def test_fewer_different_customers_than_segments(house: House) -> None:
    house.connection.execute("delete from features where customer_id > 'C002'")
    model = house.fit()
    assert model is not None
    assert model.k == 3
    assert house.assignments().segment_id.nunique() == 3


def test_features_that_cannot_tell_customers_apart_are_left_out(house: House) -> None:
    house.connection.execute("alter table features add column shop int default 7")
    house.connection.execute("alter table features add column nothing double")
    model = house.fit({**SETTINGS, "features": [*FEATURES, "shop", "nothing"]})
    assert model is not None
    assert [feature.name for feature in model.prepared_features.numbers] == FEATURES
    assert model.features_dropped == (
        "shop: every customer has the same value, 7; nothing: no customer has a value"
    )


@pytest.mark.long
def test_a_feature_that_clipping_flattens_is_left_out(house: House) -> None:
    house.connection.execute("alter table features add column rare double default 0")
    house.connection.execute("update features set rare = 1 where customer_id < 'C010'")
    settings = {**SETTINGS, "features": [*FEATURES, "rare"], "outliers": "clip"}
    model = house.fit(settings)
    assert model is not None
    assert "rare: every value is the same once prepared, outliers: clip" in model.features_dropped
    assert house.assignments().segment_id.notna().all()


@pytest.mark.long
def test_dropped_outliers_are_scored_all_the_same(house: House) -> None:
    house.connection.execute("update features set monetary = 1e12 where customer_id = 'C001'")
    model = house.fit({**SETTINGS, "outliers": "drop"})
    assert model is not None
    assert model.metrics.customers < 300
    assert house.assignments().segment_id.notna().sum() == 300


def test_a_column_that_is_not_there(house: House) -> None:
    with pytest.raises(OptionError) as raised:
        house.fit({**SETTINGS, "features": ["recency", "customer_id"]})
    assert "recency, customer_id" in str(raised.value)
    assert "recency_days, frequency, monetary" in str(raised.value)
