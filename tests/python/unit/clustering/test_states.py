"""States before clusters: who is in one, what a fit measures for them, and what they are called."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
from house import House
from segmentation.clustering.states import STATE_IDS_FROM
from segmentation.playbook.playbook import read_playbook
from state_shop import CONDITIONS, SETTINGS, playbook, state_shop


@pytest.fixture
def shop() -> pd.DataFrame:
    return state_shop()


@pytest.fixture
def house(connection: duckdb.DuckDBPyConnection, shop: pd.DataFrame) -> House:
    house = House(connection, shop)
    house.put("playbook", playbook())
    return house


def slug_of_customers(house: House) -> pd.Series:
    found = house.named_assignments()
    return found.set_index("customer_id").segment_slug


@pytest.mark.long
def test_a_condition_names_before_the_cluster_does(house: House) -> None:
    model = house.first_fit(SETTINGS)
    slugs = slug_of_customers(house)
    assert set(slugs[400:410]) == {"lost"}
    assert set(slugs[410:420]) == {"one_time"}
    assert set(slugs[420:430]) == {"at_risk"}
    # What is not known makes no condition true.
    assert set(slugs[430:440]) <= {"loyal", "occasional", "occasional_spends_less"}
    assert (slugs[:400].to_numpy()[::3] == "loyal").mean() > 0.9
    named = house.segments().set_index("segment_slug")
    assert named.loc["at_risk", "segment_id"] == STATE_IDS_FROM + 3
    assert named.loc["at_risk", "named_by"] == "state"
    assert named.loc["loyal", "named_by"] == "condition"
    assert (named.strategy != "").all()
    thresholds = {threshold.name: threshold.value for threshold in model.thresholds}
    active = house.connection.sql("from features where frequency > 0").df()
    assert thresholds["typical_monetary"] == pytest.approx(active.monetary.median())
    assert thresholds["late_ratio"] == pytest.approx(active.last_return_ratio.quantile(0.9))
    assert "late_ratio" in named.loc["at_risk", "condition_in_numbers"]


def test_in_a_state_the_nearest_cluster_is_the_runner_up(house: House) -> None:
    house.first_fit(SETTINGS)
    found = house.assignments()
    in_state = found.segment_id >= STATE_IDS_FROM
    assert in_state.sum() == 30
    assert found.margin[in_state].isna().all()
    assert (found.runner_up_id[in_state] < STATE_IDS_FROM).all()
    assert found.distance.notna().all()
    assert found.margin[~in_state].notna().all()


@pytest.mark.long
def test_what_a_state_contradicts_is_the_runner_up_all_the_same(house: House) -> None:
    """They would be Loyal if they were not late, and lateness contradicts the name of Loyal."""
    on_time = ("loyal", "overdue_ratio <= 2 and monetary is highest", "segment", 1)
    house.put("playbook", playbook([*CONDITIONS[:3], on_time, CONDITIONS[4]]))
    house.first_fit(SETTINGS)
    found = house.assignments().set_index("customer_id")
    named = house.segments().set_index("segment_id").segment_slug
    # Every third customer comes as often as Loyal.
    assert set(found.runner_up_id[420:430:3].map(named)) == {"loyal"}


def test_no_customer_has_a_name_that_the_own_figures_contradict(house: House) -> None:
    """A customer nearest to the large spenders who spends less than half of their bound."""
    much = ("loyal", "monetary >= 10 * typical_monetary", "segment", 1)
    house.put("playbook", playbook([*CONDITIONS[:3], much, CONDITIONS[4]]))
    model = house.first_fit(SETTINGS)
    loyal = house.segments().set_index("segment_slug").loc["loyal", "segment_id"]
    thresholds = {threshold.name: threshold.value for threshold in model.thresholds}
    bound = 10 * thresholds["typical_monetary"]

    def put(customer: int, monetary: float | None) -> None:
        house.connection.execute(
            "update features set monetary = ?, frequency = 34, recency_days = 2 "
            "where customer_id = ?",
            [monetary, f"C{customer:03d}"],
        )

    put(0, 0.45 * bound)
    put(3, 0.5 * bound)
    put(6, None)
    found = house.assignments().set_index("customer_id")
    assert found.loc["C000", "segment_id"] != loyal
    # The nearest segment is the next one to the customer, who is on the border of both names.
    assert found.loc["C000", "runner_up_id"] == loyal
    assert found.loc["C000", "margin"] == 0.0
    # Half of what is promised is within the slack, and what is not known contradicts nothing.
    assert found.loc["C003", "segment_id"] == loyal
    assert found.loc["C003", "margin"] > 0.0
    assert found.loc["C006", "segment_id"] == loyal
    # What is typical of a segment is typical of the customers who have its name.
    segments = house.segments().set_index("segment_id")
    features = house.connection.sql("from features").df().set_index("customer_id")
    members = features[found.segment_id.reindex(features.index) == loyal]
    typical = {v["feature"]: v["here"] for v in segments.loc[loyal, "typical_values"]}
    assert typical["monetary"] == pytest.approx(members.monetary.median())


@pytest.mark.long
def test_where_every_name_is_contradicted_the_nearest_stays(house: House) -> None:
    strict = ("occasional", "frequency >= 6", "segment", 2)
    house.put("playbook", playbook([*CONDITIONS[:4], strict]))
    house.first_fit(SETTINGS)
    slugs = ["loyal", "occasional"]
    assert set(house.segments().segment_slug[:2]) == set(slugs)
    house.connection.execute(
        "update features set frequency = 2, monetary = 20 where customer_id = 'C001'"
    )
    found = house.assignments().set_index("customer_id").loc["C001"]
    named = house.segments().set_index("segment_id")
    assert named.loc[found.segment_id, "segment_slug"] == "occasional"
    assert found.margin > 0.0


def test_the_first_reason_of_a_state_is_its_condition(house: House) -> None:
    house.first_fit(SETTINGS)
    found = house.assignments().set_index("customer_id")
    at_risk = found.reason_1[420:430]
    assert at_risk.str.startswith("higher overdue ratio: overdue ratio of 9.00 (typical").all()
    assert (
        found.reason_1[410:420].str.startswith("lower purchase days: purchase days of 1.00").all()
    )
    headline = house.segments().set_index("segment_slug").headline["at_risk"]
    assert headline.startswith("Higher overdue ratio (overdue ratio of 9.00, all customers")


def test_states_are_edited_without_a_fit(house: House) -> None:
    house.first_fit(SETTINGS)
    house.put("playbook", playbook([c for c in CONDITIONS if c[0] != "one_time"]))
    assert house.fit(SETTINGS) is None
    assert "one_time" not in set(slug_of_customers(house))


def test_a_name_that_is_no_longer_true_is_dropped_and_says_why(house: House) -> None:
    house.first_fit(SETTINGS)
    # They still come as often as before, which keeps them in their cluster.
    house.connection.execute(
        "update features set monetary = 250, frequency = 60 where monetary > 1000"
    )
    named = house.segments().set_index("slug_at_fit")
    assert named.loc["loyal", "segment_slug"] != "loyal"
    assert named.loc["loyal", "renamed_because"].startswith(
        "its median monetary is 250, and the name"
    )


@pytest.mark.long
def test_a_condition_of_a_column_that_is_missing_is_not_used(
    house: House, logged: pytest.LogCaptureFixture
) -> None:
    house.put("playbook", playbook([*CONDITIONS, ("vip", "visits > 3", "customer", 4)]))
    assert house.fit(SETTINGS) is not None
    assert "the row vip is not used: its condition names visits" in logged.text
    assert "vip" not in set(house.segments().segment_slug)


@pytest.mark.long
@pytest.mark.parametrize("damage", ["refunds", "fortunes"])
def test_few_extreme_customers_move_nobody_else(
    connection: duckdb.DuckDBPyConnection, shop: pd.DataFrame, damage: str
) -> None:
    before = House(connection, shop)
    before.put("playbook", playbook())
    before.fit(SETTINGS)
    slugs = slug_of_customers(before)
    changed = shop.copy()
    # Half a percent.
    rows = [10, 251]
    changed.loc[rows, "monetary"] = -50_000.0 if damage == "refunds" else 3e6
    with duckdb.connect() as other:
        after = House(other, changed)
        after.put("playbook", playbook())
        after.fit(SETTINGS)
        others = ~shop.index.isin(rows)
        moved = (slugs[others] != slug_of_customers(after)[others]).mean()
    assert moved <= 0.03


@pytest.mark.long
def test_a_cluster_that_is_too_small_does_not_leave_a_fit(
    connection: duckdb.DuckDBPyConnection, shop: pd.DataFrame
) -> None:
    shop.loc[:2, ["recency_days", "frequency", "monetary"]] = [900.0, 900.0, 90_000.0]
    house = House(connection, shop)
    settings = SETTINGS | {"k": 3, "outliers": "none", "transform": "none", "states": False}
    sizes = [segment.customers for segment in house.fit(settings).segments]
    assert min(sizes) >= 0.01 * 440
    kept = house.fit(settings | {"min_segment_share": 0}).segments
    assert min(segment.customers for segment in kept) == 3


@pytest.mark.long
def test_where_states_name_most_customers_clusters_are_fitted_to_the_others(
    connection: duckdb.DuckDBPyConnection, shop: pd.DataFrame
) -> None:
    """Most bought once: no cluster of all customers would be left for those who came back."""
    random = np.random.default_rng(5)
    once = shop.loc[shop.index.repeat(60)].reset_index(drop=True)
    once = once.assign(
        customer_id=[f"O{i:05d}" for i in range(len(once))],
        purchase_days=1.0,
        frequency=random.integers(1, 3, len(once)).astype(float),
        monetary=random.lognormal(3, 1, len(once)),
        recency_days=random.integers(1, 360, len(once)).astype(float),
    )
    house = House(connection, pd.concat([shop, once], ignore_index=True))
    house.put("playbook", playbook())
    house.fit(SETTINGS | {"k": 4})
    found = house.named_assignments()
    slugs = found[found.customer_id.str.startswith("C")].segment_slug
    assert {"loyal", "occasional"} <= set(slugs)
    # Nothing sets them apart from all customers, most of whom are like them.
    told = found[found.segment_slug == "one_time"].reason_1
    assert not told.eq("no feature by itself speaks for this segment").any()


@pytest.mark.long
def test_a_shop_where_nobody_bought_in_the_window(
    house: House, logged: pytest.LogCaptureFixture
) -> None:
    house.connection.execute("update features set frequency = 0, monetary = 0")
    house.fit(SETTINGS)
    assert "trims leaves nobody" in logged.text
    assert set(slug_of_customers(house)) == {"lost"}
    assert set(house.assignments().reason_1) == {"0 purchases"}


def test_two_conditions_have_one_place_each() -> None:
    rows = playbook([CONDITIONS[0], ("gone", "frequency = 0", "customer", 1)])
    with pytest.raises(ValueError, match="have the same condition_order, 1"):
        read_playbook(rows.to_dict("records"), "value")
