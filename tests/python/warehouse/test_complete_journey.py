"""The default data set, whole: what is known of it, and scikit-learn's label on every row."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from builds import Warehouse
from segmentation import KPrototypes
from segmentation.clustering.model import SegmentationModel
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def complete_journey(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("complete_journey"))
    warehouse.build()
    return warehouse


def test_what_is_known_of_the_data(complete_journey: Warehouse) -> None:
    assert complete_journey.query(
        """
        select
            (select count(*) from marts.dim_customers),
            (select count(*) from marts.dim_customers where age is not null),
            (select count(*) from staging.stg_complete_journey__orders),
            (select max(ordered_at) < '2018-01-01' from staging.stg_complete_journey__orders),
            (select sum(frequency) from marts.dim_customers),
            (select sum(monetary) from marts.dim_customers),
            (select sum(campaigns_received) from marts.dim_customers),
            (select sum(responses) from marts.dim_customers),
            (select sum(visits) from marts.dim_customers)
        """
    ) == [(2469, 801, 155848, True, 155848, Decimal("4596039.58"), 6589, 792, 65903)]


def test_four_named_segments(complete_journey: Warehouse) -> None:
    found = complete_journey.query(
        "select segment_name, named_by from marts.dim_segments where segmentation = 'value'"
        " order by segment_name"
    )
    assert found == [
        (name, "playbook") for name in ("At Risk", "Loyal", "Need Attention", "Potential Loyalist")
    ]


def test_labels_are_scikit_learns_on_every_household(complete_journey: Warehouse) -> None:
    record = complete_journey.frame("select * from segmentation.value_model").iloc[0].to_dict()
    model = SegmentationModel.from_record(record)
    frame = complete_journey.frame(
        """
        select features.*, segments.segment_id
        from intermediate.int_value_features as features
        inner join marts.fct_customer_segments as segments using (customer_id)
        where segments.segmentation = 'value'
        """
    )
    numbers = model.prepared_features.numbers
    scaled = np.column_stack([f.scaled(frame[f.name].to_numpy()) for f in numbers])
    oracle = KMeans(4, init=model.centroids, n_init=1).fit(scaled)
    np.testing.assert_allclose(oracle.cluster_centers_, model.centroids, atol=1e-8)
    assert oracle.predict(scaled).tolist() == frame.segment_id.tolist()
    independent = KMeans(4, n_init=20, random_state=5).fit(scaled)
    assert model.metrics.inertia <= independent.inertia_ * (1 + 1e-5)
    assert adjusted_rand_score(independent.labels_, frame.segment_id) > 0.99


def test_profile_labels_are_the_estimators_on_every_household(
    complete_journey: Warehouse,
) -> None:
    """The estimator, fitted to all 801 households, says what the engine says, and costs no less."""
    record = complete_journey.frame("select * from segmentation.profile_model").iloc[0].to_dict()
    model = SegmentationModel.from_record(record)
    frame = complete_journey.frame(
        """
        select features.*, segments.segment_id
        from intermediate.int_profile_features as features
        inner join marts.fct_customer_segments as segments using (customer_id)
        where segments.segmentation = 'profile'
        """
    )
    assert len(frame) == 801
    prepared = model.prepared_features
    table = pd.DataFrame({f.name: f.scaled(frame[f.name].to_numpy()) for f in prepared.numbers})
    for category in prepared.categories:
        table[category.name] = frame[category.name].fillna(category.fill)
    ours = KPrototypes(5, gamma=model.gamma, n_init=10, random_state=1).fit(table)
    assert model.metrics.inertia <= ours.cost_ * (1 + 1e-7)
    assert adjusted_rand_score(ours.labels_, frame.segment_id) > 0.97
    apart = np.full((801, 5), 0.0)
    for i, row in enumerate(model.prototype_rows):
        apart[:, i] = ((table[[f.name for f in prepared.numbers]] - row.center) ** 2).sum(axis=1)
        for f, category in enumerate(prepared.categories):
            costs = dict(zip(category.categories, row.category_costs[f], strict=False))
            apart[:, i] += table[category.name].map(costs).to_numpy(float)
    assert apart.argmin(axis=1).tolist() == frame.segment_id.tolist()


def test_households_without_attributes_are_unassigned(complete_journey: Warehouse) -> None:
    assert complete_journey.query(
        "select segment_name, reason_1, count(*) from marts.fct_customer_segments"
        " where segmentation = 'profile' and segment_id is null group by 1, 2"
    ) == [("Unassigned", "nothing is known about the person or household", 1668)]


def test_both_segmentations_are_in_every_mart(complete_journey: Warehouse) -> None:
    marts = complete_journey.query(
        "select table_name from information_schema.columns"
        " where table_schema = 'marts' and column_name = 'segmentation' order by 1"
    )
    assert len(marts) >= 10
    for (mart,) in marts:
        found = complete_journey.query(f"select distinct segmentation from marts.{mart} order by 1")
        assert {"profile", "value"} <= {row[0] for row in found}, mart


def test_who_is_a_prospect(complete_journey: Warehouse) -> None:
    assert complete_journey.query(
        "select prospect_state, count(*), max(tenure_days) from intermediate.int_prospect_states "
        "group by 1 order by 1"
    ) == [("established", 2447, 364), ("prospect", 16, 85), ("too new", 6, 28)]


def test_prospects_get_a_predicted_segment(
    complete_journey: Warehouse,
) -> None:
    """By the names of the value segments, with strategies of their own, and who cannot be told."""
    found = complete_journey.query(
        """
        select
            segments.customer_id,
            segments.segment_slug,
            described.strategy is not null,
            segments.probability > 0.25,
            segments.reason_1
        from marts.fct_customer_segments as segments
        inner join marts.dim_segments as described using (segmentation, segment_slug)
        where segments.segmentation = 'prospects' and segments.segment_slug <> 'unassigned'
        """
    )
    assert len(found) == len({row[0] for row in found}) == 16
    value_slugs = {
        slug
        for (slug,) in complete_journey.query(
            "select segment_slug from marts.dim_segments where segmentation = 'value'"
        )
    }
    assert {row[1] for row in found} <= value_slugs
    assert all(has_strategy and likely and reason for _, _, has_strategy, likely, reason in found)
    assert complete_journey.query(
        """
        select prospects.segment_slug
        from marts.dim_segments as prospects
        inner join marts.dim_segments as value
            on
                prospects.segment_slug = value.segment_slug
                and prospects.segment_name = value.segment_name
                and prospects.strategy <> value.strategy
        where prospects.segmentation = 'prospects' and value.segmentation = 'value'
        order by 1
        """
    ) == complete_journey.query(
        "select segment_slug from marts.rpt_prospect_distribution order by 1"
    )
    assert complete_journey.query(
        """
        select regexp_replace(reason_1, '2017-[0-9]{2}-[0-9]{2}', 'DAY'), count(*)
        from marts.fct_customer_segments
        where
            segmentation = 'prospects'
            and segment_slug = 'unassigned'
            and reason_1 not like 'no prospect: a customer since 2017-%'
        group by 1
        """
    ) == [("first purchase on DAY, less than 30 days of history", 6)]


def test_a_forecast_row_per_segment(complete_journey: Warehouse) -> None:
    rows = complete_journey.query(
        "select prospects, horizon_days, interval_low, expected_customers, interval_high,"
        " expected_sales, sales_so_far, backtest_coverage, no_interval_because"
        " from marts.rpt_prospect_distribution"
    )
    assert len(rows) >= 4
    assert {(row[0], row[1]) for row in rows} == {(16, 180)}
    assert sum(row[3] for row in rows) == pytest.approx(16, abs=1e-3)
    for _, _, lower, expected, upper, sales, so_far, coverage, why in rows:
        assert why is None
        assert coverage >= 0.8
        assert 0 <= lower <= expected <= upper <= 16
        assert sales >= so_far >= 0
    assert complete_journey.query(
        "select horizon_days, learned_from_day::varchar from marts.rpt_model_history"
        " where segmentation = 'prospects'"
    ) == [(180, "2017-02-01")]
    # Long-standing households seem to buy for the first time in January.
    assert complete_journey.query(
        "select customers, left_out_customers from intermediate.int_prospect_horizon"
    ) == [(413, 1983)]


def test_features_of_the_first_days_exclude_later_orders(
    fresh: Warehouse, complete_journey: Warehouse
) -> None:
    """Half a year before anything that came after existed, they were the same."""
    untested = ("--exclude", "resource_type:test", "resource_type:unit_test")
    fresh.build("--select", "+int_prospect_features", *untested, as_of="2017-06-30")
    features = "select * exclude (is_prospect) from intermediate.int_prospect_features order by all"
    then = fresh.frame(features)
    now = complete_journey.frame(features)
    assert 2300 < len(then) < len(now)
    known_then = now[now.customer_id.isin(then.customer_id)].reset_index(drop=True)
    pd.testing.assert_frame_equal(then, known_then)


def test_as_of_an_earlier_day(fresh: Warehouse) -> None:
    """What lies after as_of has not happened: fewer visits, no purchase later than the day."""
    fresh.build(as_of="2017-06-30")
    (row,) = fresh.query(
        "select max(last_purchase_on)::varchar, sum(frequency), sum(visits)"
        " from marts.dim_customers"
    )
    assert row[0] == "2017-06-30"
    assert 0 < row[1] < 155848
    assert 0 < row[2] < 65903


def test_a_second_build_at_another_number_of_threads_changes_nothing(
    complete_journey: Warehouse, fresh: Warehouse
) -> None:
    before, tables = complete_journey.mart_hashes(), complete_journey.tables()
    complete_journey.build(threads=1)
    assert complete_journey.mart_hashes() == before
    assert complete_journey.tables() == tables
    fresh.build(threads=1)
    assert fresh.mart_hashes() == before


def test_one_data_set_after_another_in_one_file(complete_journey: Warehouse) -> None:
    """Nothing mixes: back at the first one, its marts are what they were, with the same model."""
    before = complete_journey.mart_hashes()
    complete_journey.build(dataset="sample")
    assert complete_journey.query("select count(*) from marts.dim_customers") == [(500,)]
    assert "kept value-0001-" in complete_journey.build()
    after = complete_journey.mart_hashes()
    # The history shows every data set; all else is as before.
    assert after.pop("marts.rpt_model_history") != before.pop("marts.rpt_model_history")
    assert after == before
    assert complete_journey.query(
        "select segmentation, dataset, count(*) from marts.rpt_model_history"
        " group by 1, 2 order by 1, 2"
    ) == [
        ("profile", "complete_journey", 1),
        ("profile", "sample", 1),
        ("prospects", "complete_journey", 1),
        ("prospects", "sample", 1),
        ("value", "complete_journey", 1),
        ("value", "sample", 1),
    ]
