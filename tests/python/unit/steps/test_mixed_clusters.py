"""Fit, name, apply where categories are among the features."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from house import MIXED, House, fitted
from mixed_customers import planted_customers
from segmentation.clustering import ALGORITHMS
from segmentation.clustering.model import SegmentationModel
from segmentation.registry.digest import row_digest
from segmentation.registry.option_checks import OptionError
from segmentation.steps.apply_clusters import project_customers
from sklearn.metrics import adjusted_rand_score


@pytest.fixture
def house(connection: duckdb.DuckDBPyConnection) -> House:
    return House(connection, planted_customers())


def stored(house: House) -> SegmentationModel:
    (record,) = house.connection.sql("from models").to_arrow_table().to_pylist()
    return SegmentationModel.from_record(record)


@pytest.mark.long
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_model_of_any_algorithm_is_read_back_as_it_was(house: House, algorithm: str) -> None:
    model = house.first_fit({**MIXED, "algorithm": algorithm})
    assert stored(house) == model
    again = SegmentationModel.from_record(SegmentationModel.as_table([model]).to_pylist()[0])
    assert again == model
    read, own = again.prototypes, model.prototypes
    assert read.centers.tobytes() == own.centers.tobytes()
    assert all(
        x.tobytes() == y.tobytes()
        for x, y in zip(read.category_costs, own.category_costs, strict=True)
    )
    found = house.assignments()
    assert len(found) == 300
    assert found.segment_id.notna().all()
    assert set(found.segment_id) - {-1} == set(range(model.k))
    sizes = found.segment_id.value_counts()
    assert [sizes[i] for i in range(model.k)] == [s.customers for s in model.segments]
    assert sorted(sizes.drop(-1, errors="ignore"), reverse=True) == [
        segment.customers for segment in model.segments
    ]
    assert house.segments().segment_slug.is_unique
    assert house.segments().headline.str.len().min() > 0


def test_planted_groups_are_found(house: House) -> None:
    model = house.first_fit(MIXED)
    found = house.assignments()
    assert adjusted_rand_score(planted_customers().planted, found.segment_id) > 0.95
    for category in model.categories:
        np.testing.assert_allclose(np.sum(category.segment_shares, axis=1), 1.0)
        assert sum(category.shares) == pytest.approx(1.0)
    kmeans = fitted(house, algorithm="kmeans")
    assert kmeans.fit_reason == "the configuration changed"
    assert (house.assignments().segment_id == found.segment_id).mean() > 0.95


def test_distances_and_runners_up_are_those_of_the_prototypes(house: House) -> None:
    model = house.first_fit(MIXED)
    frame = house.connection.sql("from features order by customer_id").df()
    apart = np.zeros((len(frame), 3))
    for feature, centers in zip(
        model.prepared_features.numbers, model.prototypes.centers.T, strict=True
    ):
        apart += (feature.scaled(frame[feature.name].to_numpy())[:, None] - centers) ** 2
    for category in model.categories:
        shares = np.array(category.segment_shares)
        modes = [category.categories[code] for code in shares.argmax(axis=1)]
        apart += model.gamma * (frame[category.name].to_numpy()[:, None] != np.array(modes))
    ordered = np.argsort(apart, axis=1, kind="stable")
    found = house.assignments()
    assert found.segment_id.tolist() == ordered[:, 0].tolist()
    assert found.runner_up_id.tolist() == ordered[:, 1].tolist()
    distances = np.sqrt(np.sort(apart, axis=1))
    np.testing.assert_allclose(found.distance, distances[:, 0], atol=1e-9)
    np.testing.assert_allclose(found.margin, distances[:, 1] - distances[:, 0], atol=1e-9)
    assert model.metrics.inertia == pytest.approx(apart.min(axis=1).sum(), rel=1e-9)


@pytest.mark.long
def test_the_same_data_give_the_same_model(house: House) -> None:
    for settings in ({}, {"algorithm": "kmeans"}, {"algorithm": "dbscan"}):
        first = house.first_fit({**MIXED, **settings})
        house.connection.execute("delete from models")
        house.connection.execute(
            "create or replace table features as from features order by random()"
        )
        house.connection.execute("set threads = 1")
        again = fitted(house, **settings)
        assert first.as_record() | {"fitted_at": None} == again.as_record() | {"fitted_at": None}
        house.connection.execute("delete from models")


class TestAModelOfNumbersAloneBeforeThereWereCategories:
    """Its row has none of the columns that came with them, or nulls there."""

    NEW = (
        "gamma",
        "categories",
        "prototype_rows",
        "knee_of_shorter_scan",
        "comparison",
        "null_comparisons",
        "structure",
        "distributions",
    )

    def settings(self) -> dict[str, Any]:
        return {**MIXED, "categorical_features": [], "algorithm": "kmeans"}

    @pytest.mark.long
    @pytest.mark.parametrize("missing", ["dropped", "null"])
    def test_still_scores(self, house: House, missing: str) -> None:
        house.first_fit(self.settings())
        before, names = house.assignments(), house.segments()
        house.connection.execute("alter table models drop column row_digest")
        for column in (*self.NEW, "projection"):
            if missing == "dropped":
                house.connection.execute(f"alter table models drop column {column}")
            else:
                house.connection.execute(f"update models set {column} = null")
        old = stored(house)
        assert (old.gamma, old.categories, old.comparison, old.projection) == (1.0, [], [], None)
        assert (old.null_comparisons, old.structure) == ([], None)
        pd.testing.assert_frame_equal(house.assignments(), before)
        pd.testing.assert_frame_equal(house.segments(), names)
        projected = project_customers(
            house.connection,
            segmentation="value",
            tables=house.model_tables,
            segments="segments",
        )
        assert projected.fetchall() == []

    @pytest.mark.long
    def test_hands_its_slugs_on(self, house: House) -> None:
        house.first_fit(self.settings())
        slugs = set(house.segments().segment_slug)
        for column in (*self.NEW, "projection"):
            house.connection.execute(f"update models set {column} = null")
        (record,) = house.connection.sql("from models").to_arrow_table().to_pylist()
        house.connection.execute(f"update models set row_digest = '{row_digest(record)}'")
        fitted(house, carry_over_limit=1.0)
        after = house.segments()
        assert set(after.segment_slug) == slugs
        assert set(after.named_by) == {"earlier model"}


class TestNoise:
    """Rows that a density algorithm leaves out."""

    @pytest.mark.long
    def test_is_a_row_with_a_reason(self, house: House) -> None:
        house.connection.execute(
            "insert into features values ('Z', 1000, 900000, 'castle', 'platinum')"
        )
        model = fitted(house, algorithm="dbscan")
        assert model.k_asked == "as many as there are"
        found = house.assignments().set_index("customer_id")
        noise = found[found.segment_id == -1]
        assert "Z" in noise.index
        assert noise.margin.isna().all()
        assert set(noise.reason_1) == {"lies in no dense group; it is nearest to the runner-up"}
        assert noise[["reason_2", "reason_3"]].isna().all(axis=None)
        assert noise.runner_up_id.between(0, model.k - 1).all()
        assert noise.distance.gt(0).all()
        inside = found[found.segment_id >= 0]
        assert (inside.runner_up_id != inside.segment_id).all()
        assert inside.margin.ge(0).all()
        assert model.metrics.customers == len(inside)
        assert house.segments().segment_id.tolist() == list(range(model.k))

    def test_beside_one_segment_alone(self, house: House) -> None:
        frame = pd.DataFrame(
            {
                "customer_id": range(101),
                "x": [*np.linspace(0, 1, 100), 500.0],
                "y": ["a", "b"] * 50 + ["a"],
            }
        )
        house.put("features", frame)
        settings = {"features": ["x"], "categorical_features": ["y"], "transform": "none"}
        model = fitted(house, **settings, algorithm="dbscan", gamma=0.0)
        assert model.k == 1
        found = house.assignments().set_index("customer_id")
        last = found.loc[100]
        assert (last.segment_id, last.runner_up_id) == (-1, 0)
        assert last.reason_1.startswith("lies in no dense group")
        assert np.isnan(last.margin)
        kept = found[found.segment_id == 0]
        assert set(kept.reason_1) == {"there is only one segment"}
        assert kept.runner_up_id.isna().all()

    def test_of_everybody_is_an_error(self, house: House) -> None:
        frame = pd.DataFrame({"customer_id": range(160), "x": np.linspace(0, 1, 160)})
        house.put("features", frame.assign(y=["a", "b"] * 80))
        with pytest.raises(OptionError) as raised:
            house.fit(
                {
                    **MIXED,
                    "features": ["x"],
                    "categorical_features": ["y"],
                    "transform": "none",
                    "algorithm": "grid",
                }
            )
        assert "value: grid finds no dense group among 160 customers" in str(raised.value)
        assert "kprototypes" in str(raised.value)

    def test_by_dbscan_among_a_handful(self, house: House) -> None:
        house.connection.execute("delete from features where customer_id > 'C0003'")
        with pytest.raises(OptionError, match="dbscan finds no dense group among 4 customers"):
            fitted(house, algorithm="dbscan", categorical_features=[])


@pytest.mark.long
def test_the_comparison_is_part_of_the_model(house: House) -> None:
    asked = ["kmeans", "grid"]
    model = fitted(
        house, compared_algorithms=asked, compared_n_init=1, compared_resamples=2, compared_rows=150
    )
    assert [judged.algorithm for judged in model.comparison] == asked
    assert stored(house).comparison == model.comparison
    assert "comparison" in SegmentationModel.SCHEMA.names
    assert json.loads(model.options)["compared_algorithms"] == asked


def test_customers_and_centroids_are_projected_alike(house: House) -> None:
    model = house.first_fit({**MIXED, "algorithm": "kmeans"})
    house.segments()
    table = project_customers(
        house.connection,
        segmentation="value",
        tables=house.model_tables,
        segments="segments",
    ).df()
    customers = table[table.point == "customer"]
    assert len(customers) == 300
    centroids = table[table.point == "centroid"].set_index("segment_id")
    assert centroids.customer_id.isna().all()
    # A projection is linear: the mean of the customers is where their centroid is.
    means = customers.groupby("segment_id")[["x", "y"]].mean()
    np.testing.assert_allclose(means, centroids.loc[means.index, ["x", "y"]], atol=1e-9)
    assert len(means) == model.k
