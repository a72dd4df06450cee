"""Fit, name, apply where categories are among the features."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from house import House
from mixed_customers import CATEGORIES, NUMBERS, planted_customers
from segmentation.clustering import ALGORITHMS
from segmentation.model_row import SCHEMA, SegmentationModel, as_table, category_profile
from segmentation.options import OptionError
from segmentation.workflow import project_customers
from sklearn.metrics import adjusted_rand_score

MIXED: dict[str, Any] = {
    "features": NUMBERS,
    "categorical_features": list(CATEGORIES),
    "algorithm": "kprototypes",
    "transform": {"income": "log"},
    "k": 3,
    "n_init": 3,
    "scan_to": 3,
    "scan_n_init": 1,
    "stability_resamples": 2,
    "compared_algorithms": [],
}


@pytest.fixture
def house(connection: duckdb.DuckDBPyConnection) -> House:
    return House(connection, planted_customers())


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Return what the library logs; its logger may hand nothing on to the root."""
    log = logging.getLogger("segmentation")
    log.addHandler(caplog.handler)
    yield caplog
    log.removeHandler(caplog.handler)


def fitted(house: House, **settings: Any) -> SegmentationModel:
    model = house.fit({**MIXED, **settings})
    assert model is not None
    return model


def stored(house: House) -> SegmentationModel:
    (record,) = house.connection.sql("from models").to_arrow_table().to_pylist()
    return SegmentationModel.from_record(record)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_model_of_any_algorithm_is_read_back_as_it_was(house: House, algorithm: str) -> None:
    model = fitted(house, algorithm=algorithm)
    assert stored(house) == model
    again = SegmentationModel.from_record(as_table([model]).to_pylist()[0])
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
    model = fitted(house)
    found = house.assignments()
    assert adjusted_rand_score(planted_customers().planted, found.segment_id) > 0.95
    for category in model.categories:
        np.testing.assert_allclose(np.sum(category.segment_shares, axis=1), 1.0)
        assert sum(category.shares) == pytest.approx(1.0)
    kmeans = fitted(house, algorithm="kmeans")
    assert kmeans.fit_reason == "the configuration changed"
    assert (house.assignments().segment_id == found.segment_id).mean() > 0.95


def test_distances_and_runners_up_are_those_of_the_prototypes(house: House) -> None:
    model = fitted(house)
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


def test_the_same_data_give_the_same_model(house: House) -> None:
    for settings in ({}, {"algorithm": "kmeans"}, {"algorithm": "dbscan"}):
        house.connection.execute("delete from models")
        house.connection.execute("reset threads")
        first = fitted(house, **settings)
        house.connection.execute(
            "create or replace table features as from features order by random()"
        )
        house.connection.execute("set threads = 1")
        house.connection.execute("delete from models")
        again = fitted(house, **settings)
        assert first.as_record() | {"fitted_at": None} == again.as_record() | {"fitted_at": None}


class TestAModelOfNumbersAloneBeforeThereWereCategories:
    """Its row has none of the columns that came with them, or nulls there."""

    NEW = ("gamma", "categories", "prototype_rows", "knee_of_shorter_scan", "comparison")

    def settings(self) -> dict[str, Any]:
        return {**MIXED, "categorical_features": [], "algorithm": "kmeans"}

    @pytest.mark.parametrize("missing", ["dropped", "null"])
    def test_still_scores(self, house: House, missing: str) -> None:
        model = house.fit(self.settings())
        assert model is not None
        before, names = house.assignments(), house.segments()
        for column in (*self.NEW, "projection"):
            if missing == "dropped":
                house.connection.execute(f"alter table models drop column {column}")
            else:
                house.connection.execute(f"update models set {column} = null")
        old = stored(house)
        assert (old.gamma, old.categories, old.comparison, old.projection) == (1.0, [], [], None)
        pd.testing.assert_frame_equal(house.assignments(), before)
        pd.testing.assert_frame_equal(house.segments(), names)
        projected = project_customers(
            house.connection,
            segmentation="value",
            features="features",
            models="models",
            run_settings="run",
        )
        assert projected.fetchall() == []

    def test_hands_its_slugs_on(self, house: House) -> None:
        house.fit(self.settings())
        slugs = set(house.segments().segment_slug)
        for column in (*self.NEW, "projection"):
            house.connection.execute(f"update models set {column} = null")
        fitted(house, carry_over_limit=1.0)
        after = house.segments()
        assert set(after.segment_slug) == slugs
        assert set(after.named_by) == {"earlier model"}


class TestNoise:
    """Rows that a density algorithm leaves out."""

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


def test_categories_alone(house: House) -> None:
    model = fitted(house, features=[], transform="none", k=2)
    assert (model.features, model.gamma) == ([], 1.0)
    assert model.features_used == "home, plan"
    segments = house.segments()
    assert segments.segment_name.str.startswith("Mostly ").all()
    assert segments.segment_slug.is_unique
    assert segments.segment_slug.str.fullmatch("[a-z][a-z0-9_]*").all()
    assert segments.headline.str.contains("all customers").all()
    found = house.assignments()
    assert found.reason_1.notna().all()
    assert set(found.segment_id) == {0, 1}


def test_headlines_have_numbers_before_categories(house: House) -> None:
    model = fitted(house)
    for segment, text in zip(model.segments, house.segments().headline, strict=True):
        code = int(np.argmax(model.categories[1].segment_shares[segment.segment_id]))
        plan = model.categories[1].categories[code]
        own = model.categories[1].segment_shares[segment.segment_id][code]
        everybody = model.categories[1].shares[code]
        expected = f"plan {plan} {own:.0%} (all customers {everybody:.0%})"
        assert expected in text
        assert text.lower().index("(age of ") < text.index("plan ")


def test_reasons_speak_of_categories(house: House) -> None:
    # Of numbers that are alike for all, the categories alone can speak.
    house.connection.execute("update features set age = 45, income = 45")
    house.connection.execute("update features set plan = null where customer_id like '%7'")
    model = fitted(house, transform="none")
    assert model.features == []
    assert "age: every customer has the same value, 45" in model.features_dropped
    plan = model.categories[1]
    rows = house.assignments().merge(house.connection.sql("from features").df(), on="customer_id")
    spoken, unknown = 0, 0
    for row in rows.itertuples():
        texts = [t for t in (row.reason_1, row.reason_2) if str(t).startswith("plan ")]
        if texts and isinstance(row.plan, str):
            code = plan.categories.index(row.plan)
            here, everybody = plan.segment_shares[row.segment_id][code], plan.shares[code]
            assert texts == [f"plan {row.plan} (here {here:.0%}, all customers {everybody:.0%})"]
            spoken += 1
        elif texts:
            assert texts == [f"plan unknown, taken as {plan.fill}"]
            unknown += 1
    assert min(spoken, unknown) > 5


def test_where_nothing_speaks_for_a_segment_there_is_a_reason_all_the_same(house: House) -> None:
    """As far from every mode: the first segment wins, and no feature can say why."""
    fitted(house, features=[], transform="none")
    house.connection.execute("update features set home = 'new', plan = 'new' where age < 30")
    found = house.assignments()
    nothing = found[found.reason_1 == "no feature by itself speaks for this segment"]
    assert len(nothing) > 100
    assert set(nothing.segment_id) == {0}
    assert nothing[["reason_2", "reason_3"]].isna().all(axis=None)
    assert found.reason_1.notna().all()


def test_a_category_that_came_later_is_new_to_the_model(house: House) -> None:
    """By K-Means it can speak for a segment, for it is farther from a purer one."""
    fitted(house, algorithm="kmeans")
    house.connection.execute("update features set plan = 'it''s \"new\"' where age < 30")
    found = house.assignments()
    texts = found[["reason_1", "reason_2", "reason_3"]].to_numpy().ravel().tolist()
    assert 'plan it\'s "new" is new to the model' in texts
    assert found.segment_id.notna().all()
    assert found.reason_1.notna().all()


def test_reasons_are_what_speaks_loudest(house: House) -> None:
    """Against the definition, worked out anew from the prototypes."""
    model = fitted(house)
    own = model.prototypes
    frame = house.connection.sql("from features order by customer_id").df()
    numbers = np.column_stack(
        [f.scaled(frame[f.name].to_numpy()) for f in model.prepared_features.numbers]
    )
    codes = np.column_stack(
        [c.codes(frame[c.name].to_numpy(object)) for c in model.prepared_features.categories]
    )
    found = house.assignments()
    names = [*NUMBERS, *CATEGORIES]
    for row, segment in enumerate(found.segment_id):
        terms = np.hstack(
            [
                (numbers[row] - own.centers) ** 2,
                np.column_stack(
                    [costs[:, codes[row, f]] for f, costs in enumerate(own.category_costs)]
                ),
            ]
        )
        gaps = (np.delete(terms, segment, axis=0) - terms[segment]).mean(axis=0)
        expected = [names[j] for j in np.argsort(-gaps, kind="stable") if gaps[j] > 1e-12][:3]
        texts = found.loc[row, ["reason_1", "reason_2", "reason_3"]].dropna().tolist()
        assert len(texts) == len(expected)
        assert all(name in text for name, text in zip(expected, texts, strict=True))


def test_slugs_mean_the_same_after_a_refit(house: House) -> None:
    fitted(house)
    before = house.assignments().merge(house.segments(), on="segment_id")
    house.connection.execute("update features set income = income * 1.05, age = age + 1")
    house.connection.execute("delete from features where customer_id < 'C0060'")
    house.connection.execute("create or replace table features as from features order by random()")
    house.connection.execute("update features set plan = 'brand new' where customer_id > 'C0290'")
    fitted(house, seed=99)
    after = house.assignments().merge(house.segments(), on="segment_id")
    assert set(after.named_by) == {"earlier model"}
    both = before.merge(after, on="customer_id")
    assert len(both) == 240
    assert (both.segment_slug_x == both.segment_slug_y).mean() > 0.97


def test_slugs_of_categories_alone_carry_over(house: House) -> None:
    fitted(house, features=[], transform="none")
    before = house.assignments().merge(house.segments(), on="segment_id")
    house.connection.execute("delete from features where customer_id < 'C0060'")
    fitted(house, features=[], transform="none", seed=9)
    after = house.assignments().merge(house.segments(), on="segment_id")
    assert set(after.named_by) == {"earlier model"}
    both = before.merge(after, on="customer_id")
    assert (both.segment_slug_x == both.segment_slug_y).mean() > 0.9


def test_a_playbook_may_aim_at_categories(house: House, said: pytest.LogCaptureFixture) -> None:
    rows = [
        ("young", "Young", "age: -1; home=O'Brien's \"flat\": 1"),
        ("rich", "Rich", "income: 1.3; home=Büro ✓: 1"),
        ("old", "Old", "age: 1.7; home=house: 1.5; plan=nobody's: 0"),
    ]
    columns = ["segment_slug", "segment_name", "target_z_scores"]
    frame = pd.DataFrame(rows, columns=columns).assign(
        k=3, segmentation="value", description="", strategy="", channel="", priority=""
    )
    house.put("playbook", frame)
    fitted(house)
    segments = house.segments()
    assert segments.segment_slug.tolist() == ["young", "rich", "old"]
    assert set(segments.named_by) == {"playbook"}
    assert "row 'old' aims at plan=nobody's, which is no feature of this model" in said.text


def test_profiles_of_categories_are_in_standard_deviations(house: House) -> None:
    model = fitted(house)
    (home,) = [c for c in model.categories if c.name == "home"]
    profile = category_profile([home], 0)
    for code, name in enumerate(home.categories):
        share = home.shares[code]
        apart = home.segment_shares[0][code] - share
        expected = apart / np.sqrt(share * (1 - share))
        assert profile[f"home={name}"] == pytest.approx(expected)


def test_more_categories_than_a_model_can_know(
    house: House, said: pytest.LogCaptureFixture
) -> None:
    house.connection.execute("alter table features add column town text")
    # Town 0 to 99 twice, 100 to 199 once: the latter, less frequent, are not known.
    house.connection.execute(
        "update features set town = 'town ' || cast(cast(substr(customer_id, 2) as int) % 200"
        " as varchar)"
    )
    model = fitted(house, categorical_features=["home", "town"])
    assert "feature town has 200 categories; all but the 100 most frequent" in said.text
    town = model.categories[1]
    assert sorted(town.categories) == sorted(f"town {i}" for i in range(100))
    assert town.categories == sorted(town.categories)
    assert sum(town.shares) == pytest.approx(200 / 300)
    found = house.assignments()
    assert found.segment_id.notna().all()
    assert found.reason_1.notna().all()
    for algorithm in ("kmeans", "kmedoids", "dbscan"):
        fitted(house, categorical_features=["home", "town"], algorithm=algorithm)
        assert len(house.assignments()) == 300


def test_categories_that_cannot_tell_customers_apart_are_left_out(
    house: House, said: pytest.LogCaptureFixture
) -> None:
    house.connection.execute("alter table features add column country text default 'it''s one'")
    house.connection.execute("alter table features add column nothing text")
    model = fitted(house, categorical_features=["country", "home", "nothing"])
    assert [category.name for category in model.categories] == ["home"]
    assert model.features_dropped == (
        "country: every customer has the same value, it's one; nothing: no customer has a value"
    )
    assert "feature country is left out: every customer has the same value" in said.text
    assert house.assignments().segment_id.notna().all()


def test_kmodes_without_a_category_that_varies(house: House) -> None:
    house.connection.execute("alter table features add column country text default 'one'")
    with pytest.raises(OptionError, match="kmodes needs numbers and categories, and in this data"):
        fitted(house, categorical_features=["country"], algorithm="kmodes")


def test_nothing_varies(house: House) -> None:
    house.connection.execute("update features set age = 1, income = 2, home = 'a', plan = null")
    model = fitted(house)
    assert (model.k, model.features, model.categories) == (1, [], [])
    assert set(house.assignments().segment_id) == {0}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["age", "home"], "categorical_features names age, which the feature table does not have"),
        (["town"], "as text. Its text columns are: customer_id, home, plan"),
    ],
)
def test_a_column_of_categories_that_is_not_text(
    house: House, names: list[str], message: str
) -> None:
    with pytest.raises(OptionError) as raised:
        fitted(house, features=["income"], transform="none", categorical_features=names)
    assert message in str(raised.value)


@pytest.mark.parametrize("kind", ["varchar[]", "varchar[2]", "struct(a int)", "date", "double[]"])
def test_a_column_of_another_kind_is_neither_text_nor_a_number(house: House, kind: str) -> None:
    house.connection.execute(f"alter table features add column odd {kind}")
    with pytest.raises(OptionError, match="categorical_features names odd"):
        fitted(house, categorical_features=["odd"])
    with pytest.raises(OptionError, match="features names odd"):
        fitted(house, features=["odd"], transform="none")


def test_truth_values_and_enumerations_are_categories(house: House) -> None:
    house.connection.execute("alter table features add column member boolean")
    house.connection.execute("update features set member = age > 50 where age > 30")
    house.connection.execute("create type size as enum ('s', 'm')")
    house.connection.execute("alter table features add column size size")
    house.connection.execute("update features set size = if(income > 50, 'm', 's')::size")
    model = fitted(house, categorical_features=["member", "size"])
    assert [c.categories for c in model.categories] == [["false", "true"], ["m", "s"]]
    assert model.categories[0].missing_share > 0
    assert house.assignments().segment_id.notna().all()


def test_a_null_category_is_taken_as_the_usual_one(house: House) -> None:
    house.connection.execute("update features set plan = null where customer_id < 'C0010'")
    model = fitted(house)
    plan = model.categories[1]
    assert plan.missing_share == pytest.approx(10 / 300)
    counts = house.connection.sql("select plan, count(*) from features group by 1").fetchall()
    share = dict(counts)[plan.fill] / 300 + plan.missing_share
    assert plan.shares[plan.categories.index(plan.fill)] == pytest.approx(share)


def test_k_by_algorithm(house: House) -> None:
    by_name = {"kprototypes": 4, "kmeans": 2}
    assert fitted(house, k=by_name).k == 4
    assert fitted(house, k=by_name, algorithm="kmeans").k == 2
    # What it does not name is chosen by the scan.
    chosen = fitted(
        house, k=by_name, algorithm="bisecting_kmeans", auto_k_from=2, auto_k_to=4, scan_to=4
    )
    assert (chosen.k_asked, chosen.k) == ("auto", chosen.k_by_rule)
    assert chosen.k in {2, 3, 4}


def test_gamma_is_what_a_category_that_differs_costs(house: House) -> None:
    by_default = fitted(house)
    scaled = [feature.standard_deviation for feature in by_default.features]
    assert by_default.gamma == pytest.approx(np.mean(scaled) / 2)
    none = fitted(house, gamma=0)
    assert none.gamma == 0.0
    labels = house.assignments().segment_id
    house.connection.execute("update features set home = 'x', plan = 'y'")
    assert house.assignments().segment_id.tolist() == labels.tolist()
    given = fitted(house, gamma=2.5)
    assert (given.gamma, given.fit_reason) == (2.5, "the configuration changed")


@pytest.mark.parametrize("algorithm", [name for name, a in ALGORITHMS.items() if a.takes_k])
def test_no_more_segments_than_rows_that_differ(
    house: House, algorithm: str, said: pytest.LogCaptureFixture
) -> None:
    """Where gamma is 0, rows that differ in categories alone do not."""
    house.connection.execute(
        "update features set age = if(customer_id < 'C0150', 1, 2),"
        " income = if(customer_id < 'C0150', 5, 9)"
    )
    model = fitted(
        house, algorithm=algorithm, gamma=0, k=4, transform="none", compared_algorithms=["kmeans"]
    )
    assert model.k == 2
    assert "4 segments were asked for, but only 2 customers differ" in said.text
    assert house.assignments().segment_id.nunique() == 2


@pytest.mark.parametrize("customers", [2, 3, 6])
@pytest.mark.parametrize("algorithm", [name for name in ALGORITHMS if name != "kmodes"])
def test_a_handful_of_customers(house: House, algorithm: str, customers: int) -> None:
    """A model, or the error of an algorithm that makes them all noise."""
    frame = planted_customers().iloc[:: 300 // customers][:customers]
    house.put("features", frame.drop(columns="planted"))
    try:
        fitted(house, algorithm=algorithm, compared_algorithms=list(ALGORITHMS))
    except OptionError as error:
        assert not ALGORITHMS[algorithm].takes_k
        assert "finds no dense group" in str(error)  # noqa: PT017
    else:
        assert house.assignments().segment_id.notna().all()
        assert house.assignments().reason_1.notna().all()


def test_drop_leaves_outliers_out_with_their_categories(house: House) -> None:
    house.connection.execute(
        "update features set income = 1e9, home = 'palace' where customer_id = 'C0001'"
    )
    model = fitted(house, outliers="drop")
    assert model.metrics.customers < 300
    assert len(house.assignments()) == 300
    assert "palace" in model.categories[0].categories


def test_mice_beside_categories(house: House) -> None:
    house.connection.execute("update features set income = null where customer_id < 'C0005'")
    model = fitted(house, imputation="mice")
    assert model.metrics.passes == 0
    assert house.assignments().segment_id.notna().all()


def test_the_comparison_is_part_of_the_model(house: House) -> None:
    asked = ["kmeans", "grid"]
    model = fitted(
        house, compared_algorithms=asked, compared_n_init=1, compared_resamples=2, compared_rows=150
    )
    assert [judged.algorithm for judged in model.comparison] == asked
    assert stored(house).comparison == model.comparison
    assert "comparison" in SCHEMA.names
    assert json.loads(model.options)["compared_algorithms"] == asked


def test_customers_and_centroids_are_projected_alike(house: House) -> None:
    model = fitted(house, algorithm="kmeans")
    table = project_customers(
        house.connection,
        segmentation="value",
        features="features",
        models="models",
        run_settings="run",
    ).df()
    customers = table[table.point == "customer"]
    assert len(customers) == 300
    centroids = table[table.point == "centroid"].set_index("segment_id")
    assert centroids.customer_id.isna().all()
    # A projection is linear: the mean of the customers is where their centroid is.
    means = customers.groupby("segment_id")[["x", "y"]].mean()
    np.testing.assert_allclose(means, centroids.loc[means.index, ["x", "y"]], atol=1e-9)
    assert len(means) == model.k
