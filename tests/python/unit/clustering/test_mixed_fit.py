"""A fit to numbers and categories: which columns, which k, and what there is too little of."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest
from house import MIXED, House, fitted
from mixed_customers import planted_customers
from segmentation.clustering import ALGORITHMS
from segmentation.registry.option_checks import OptionError


@pytest.fixture
def house(connection: duckdb.DuckDBPyConnection) -> House:
    return House(connection, planted_customers())


@pytest.mark.long
def test_more_categories_than_a_model_can_know(
    house: House, logged: pytest.LogCaptureFixture
) -> None:
    house.connection.execute("alter table features add column town text")
    # Town 0 to 99 twice, 100 to 199 once: the latter, less frequent, are not known.
    house.connection.execute(
        "update features set town = 'town ' || cast(cast(substr(customer_id, 2) as int) % 200"
        " as varchar)"
    )
    model = fitted(house, categorical_features=["home", "town"])
    assert "feature town has 200 categories; all but the 100 most frequent" in logged.text
    town = model.categories[1]
    assert sorted(town.categories) == sorted(f"town {i}" for i in range(100))
    assert town.categories == sorted(town.categories)
    assert sum(town.shares) == pytest.approx(200 / 300)
    found = house.assignments()
    assert found.segment_id.notna().all()
    assert found.reason_1.notna().all()
    for algorithm in ("kmeans", "kmedoids", "dbscan"):
        # Nothing is compared with the model before: hundreds of categories make that slow.
        house.connection.execute("delete from models")
        fitted(house, categorical_features=["home", "town"], algorithm=algorithm)
        assert len(house.assignments()) == 300


@pytest.mark.long
def test_categories_that_cannot_tell_customers_apart_are_left_out(
    house: House, logged: pytest.LogCaptureFixture
) -> None:
    house.connection.execute("alter table features add column country text default 'it''s one'")
    house.connection.execute("alter table features add column nothing text")
    model = fitted(house, categorical_features=["country", "home", "nothing"])
    assert [category.name for category in model.categories] == ["home"]
    assert model.features_dropped == (
        "country: every customer has the same value, it's one; nothing: no customer has a value"
    )
    assert "feature country is left out: every customer has the same value" in logged.text
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


@pytest.mark.long
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
    # Shares are of those that are known: nobody is 100 % of something because nobody asked.
    share = dict(counts)[plan.fill] / 290
    assert plan.shares[plan.categories.index(plan.fill)] == pytest.approx(share)
    assert [sum(shares) for shares in plan.segment_shares] == pytest.approx([1.0] * model.k)


@pytest.mark.long
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


@pytest.mark.long
def test_gamma_is_what_a_category_that_differs_costs(house: House) -> None:
    by_default = house.first_fit(MIXED)
    scaled = [feature.standard_deviation for feature in by_default.features]
    assert by_default.gamma == pytest.approx(np.mean(scaled) / 2)
    none = fitted(house, gamma=0)
    assert none.gamma == 0.0
    labels = house.assignments().segment_id
    house.connection.execute("update features set home = 'x', plan = 'y'")
    assert house.assignments().segment_id.tolist() == labels.tolist()
    given = fitted(house, gamma=2.5)
    assert (given.gamma, given.fit_reason) == (2.5, "the configuration changed")


@pytest.mark.long
@pytest.mark.parametrize("algorithm", [name for name, a in ALGORITHMS.items() if a.takes_k])
def test_no_more_segments_than_rows_that_differ(
    house: House, algorithm: str, logged: pytest.LogCaptureFixture
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
    assert "4 segments were asked for, but only 2 customers differ" in logged.text
    assert house.assignments().segment_id.nunique() == 2


@pytest.mark.long
@pytest.mark.parametrize("customers", [2, 3, 6])
@pytest.mark.parametrize("algorithm", [name for name in ALGORITHMS if name != "kmodes"])
def test_a_handful_of_customers(house: House, algorithm: str, customers: int) -> None:
    """A model, or the error of an algorithm that makes them all noise."""
    frame = planted_customers().iloc[:: 300 // customers][:customers]
    house.put("features", frame.drop(columns="planted"))
    # One of them is compared with all: comparisons do not depend on the algorithm of the model.
    compared = list(ALGORITHMS) if algorithm == "kprototypes" else []
    try:
        fitted(house, algorithm=algorithm, compared_algorithms=compared)
    except OptionError as error:
        assert not ALGORITHMS[algorithm].takes_k
        assert "finds no dense group" in str(error)  # noqa: PT017
    else:
        assert house.assignments()[["segment_id", "reason_1"]].notna().all(axis=None)


@pytest.mark.long
def test_drop_leaves_outliers_out_with_their_categories(house: House) -> None:
    house.connection.execute(
        "update features set income = 1e9, home = 'palace' where customer_id = 'C0001'"
    )
    model = fitted(house, outliers="drop")
    assert model.metrics.customers < 300
    assert len(house.assignments()) == 300
    assert "palace" in model.categories[0].categories


@pytest.mark.long
def test_mice_beside_categories(house: House) -> None:
    house.connection.execute("update features set income = null where customer_id < 'C0005'")
    model = fitted(house, imputation="mice")
    assert model.metrics.passes == 0
    assert house.assignments().segment_id.notna().all()
