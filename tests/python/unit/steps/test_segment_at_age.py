"""Prospects whose segment is the one that the value model gives at an age."""

from __future__ import annotations

import datetime
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from prospect_house import (
    ProspectHouse,
    at_age,
    later,
    pinned,
    value_tables,
)
from segmentation.classification.model import ProspectsModel
from segmentation.registry.header import StoredModelError
from segmentation.steps.prospect_targets import SEGMENT_AT_AGE

EARLY = {"features": ["early_purchases", "age"], "ordered_categories": {}}


def established(customers: pd.DataFrame) -> pd.DataFrame:
    """Return five of six planted customers; the others are the newcomers."""
    return customers[np.arange(len(customers)) % 6 != 0]


def newcomers_in(
    connection: duckdb.DuckDBPyConnection, customers: pd.DataFrame, value_model: dict[str, Any]
) -> ProspectHouse:
    frame = pd.DataFrame(
        {
            "customer_id": customers.customer_id,
            "identity_id": customers.customer_id,
            "is_prospect": ~customers.index.isin(established(customers).index),
            "target": None,
            "target_source": SEGMENT_AT_AGE,
            "early_purchases": 10.0 * customers.planted + np.arange(len(customers)) % 4,
            "age": 20.0 + np.arange(len(customers)) % 9,
        }
    ).assign(early_revenue=0.0, early_items=0.0, early_active_days=0.0, early_last_day=0.0)
    prospects = ProspectHouse(connection, frame)
    prospects.horizon(180, at_age(established(customers)), value_model)
    return prospects


@pytest.fixture(scope="module")
def value_model(customers: pd.DataFrame) -> dict[str, Any]:
    """Return the tables of the value model of those who are no prospects."""
    return value_tables(at_age(established(customers)))


@pytest.fixture(scope="module")
def three_segments(customers: pd.DataFrame) -> dict[str, Any]:
    """Return the tables of another value model."""
    return value_tables(at_age(customers), k=3, scan_to=3)


@pytest.fixture
def newcomers(
    connection: duckdb.DuckDBPyConnection,
    customers: pd.DataFrame,
    value_model: dict[str, Any],
) -> ProspectHouse:
    """Return a house of the four planted groups, whose first purchases give them away."""
    return newcomers_in(connection, customers, value_model)


@pytest.fixture(scope="module")
def row_of_first(customers: pd.DataFrame, value_model: dict[str, Any]) -> pa.Table:
    """Return the row of the model that is fitted first to the newcomers."""
    with duckdb.connect() as connection:
        return newcomers_in(connection, customers, value_model).returned(overrides=EARLY)


@pytest.fixture
def first(newcomers: ProspectHouse, row_of_first: pa.Table) -> ProspectsModel:
    """Return the first model of the newcomers, which is stored in their house."""
    model = newcomers.store(row_of_first)
    assert model is not None
    return model


class TestSegmentAtAge:
    """Where nobody's segment is known: the one that the value model gives at an age."""

    def test_prospects_join_the_segments_that_exist(
        self, newcomers: ProspectHouse, customers: pd.DataFrame, first: ProspectsModel
    ) -> None:
        assert (first.target_source, first.horizon_days) == (SEGMENT_AT_AGE, 180)
        assert first.learned_from_day == datetime.date(2025, 2, 1)
        assert first.labelled_customers == 250
        existing = newcomers.connection.sql("from value_segments").df().set_index("segment_id")
        segments = newcomers.segments().set_index("segment_id")
        value_ids = pd.Series(first.value_segment_ids)
        for column in ("segment_slug", "segment_name", "named_by"):
            assert segments[column].tolist() == value_ids.map(existing[column]).tolist()
        found = newcomers.assignments().merge(customers, on="customer_id")
        assert len(found) == 50
        assert found.groupby("planted").segment_id.agg(lambda ids: ids.mode()[0]).is_unique

    def test_the_forecast_of_an_age(self, newcomers: ProspectHouse, first: ProspectsModel) -> None:
        newcomers.assignments()
        forecast = newcomers.forecast()
        assert set(forecast.horizon_days) == {180}
        assert forecast.expected_customers.sum() == pytest.approx(50, abs=1e-3)
        assert first.backtest is not None
        assert set(forecast.backtest_cohorts) == {first.backtest["cohorts"]}
        assert (forecast.interval_low <= forecast.expected_customers).all()
        assert (forecast.expected_customers <= forecast.interval_high).all()
        assert set(forecast.nominal_coverage) == {0.9}
        # Each spent 1 so far.
        assert forecast.sales_so_far.sum() == pytest.approx(50, abs=1e-3)
        assert (forecast.expected_sales >= forecast.sales_so_far).all()
        assert forecast.mean_yearly_revenue.isna().all()

    @pytest.mark.usefixtures("first")
    def test_words_for_prospects_go_before_those_for_value(self, newcomers: ProspectHouse) -> None:
        slug = newcomers.segments().segment_slug[0]
        newcomers.playbook(
            [
                ("value", 4, slug, "Of value", "monetary: 1"),
                ("prospects", None, slug, "Of prospects", ""),
            ]
        )
        first = newcomers.segments().iloc[0]
        existing = newcomers.connection.sql("from value_segments").df().set_index("segment_slug")
        assert first.segment_name == existing.segment_name[slug]
        assert first.strategy == "Treat as Of prospects"

    def test_a_segment_is_called_what_it_is_called_today(
        self, newcomers: ProspectHouse, first: ProspectsModel
    ) -> None:
        newcomers.connection.execute(
            "update value_segments set segment_slug = 'renamed', segment_name = 'Renamed'"
            f" where segment_id = {first.value_segment_ids[0]}"
        )
        assert newcomers.fit(overrides=EARLY) is None
        assert newcomers.segments().segment_name[0] == "Renamed"

    @pytest.mark.long
    @pytest.mark.usefixtures("first")
    def test_another_value_model_is_another_fit(
        self, newcomers: ProspectHouse, three_segments: dict[str, Any]
    ) -> None:
        assert newcomers.fit(overrides=EARLY) is None
        newcomers.value_model(three_segments)
        again = newcomers.fitted(overrides=EARLY)
        assert again.fit_reason == "the value segments are others than those that were learned"
        assert again.k == 3

    @pytest.mark.long
    def test_other_value_segments_are_followed_without_gates(
        self, newcomers: ProspectHouse, three_segments: dict[str, Any], first: ProspectsModel
    ) -> None:
        """Even where the classifier is old, too: nothing could be compared."""
        newcomers.value_model(three_segments)
        promotions = pinned(newcomers, first.model_version)
        with pytest.raises(StoredModelError, match=f"puts {first.model_version} in force, which"):
            newcomers.fit(overrides=EARLY, promotions=promotions)
        again = newcomers.fitted(overrides=EARLY, **later(newcomers))
        assert again.fit_reason == "the value segments are others than those that were learned"
        assert (again.gates, again.became) == ([], "champion")

    @pytest.mark.long
    def test_both_are_compared_for_customers_whom_neither_learned_from(
        self, newcomers: ProspectHouse, first: ProspectsModel
    ) -> None:
        # A value segment is the same under another name.
        newcomers.connection.execute(
            "update value_segments set segment_slug = 'renamed'"
            f" where segment_id = {first.value_segment_ids[0]}"
        )
        again = newcomers.fitted(overrides=EARLY, **later(newcomers))
        assert "renamed" in [segment.label for segment in again.segments]
        kept, skill, gain = again.gates
        assert (kept.name, kept.value) == ("segments", 1.0)
        assert (skill.name, skill.value) == ("skill", pytest.approx(first.skill))
        assert gain.name == "log loss gain"
        assert abs(gain.value) < 0.1
        assert again.became == "champion"
        # Fewer than 30 customers have reached the age since.
        newcomers.connection.execute(
            "update features_at_age set first_purchase_on = date '2025-02-01' where"
            " first_purchase_on > date '2025-08-10'"
        )
        newcomers.run("sample", "default", datetime.date(2026, 4, 1))
        once_more = newcomers.fitted(overrides=EARLY, refit_after_days=30)
        assert [gate.name for gate in once_more.gates] == ["segments", "skill"]

    @pytest.mark.long
    def test_another_horizon_is_another_fit(
        self,
        newcomers: ProspectHouse,
        customers: pd.DataFrame,
        value_model: dict[str, Any],
        first: ProspectsModel,
    ) -> None:
        newcomers.horizon(120, at_age(established(customers)), value_model)
        again = newcomers.fitted(overrides=EARLY)
        assert again.fit_reason == (
            "segments are forecast for 120 days after the first purchase; they were for 180"
        )
        assert (again.horizon_days, again.previous_version) == (120, first.model_version)

    @pytest.mark.long
    def test_customers_who_have_not_reached_the_age_are_no_training_data(
        self, newcomers: ProspectHouse
    ) -> None:
        newcomers.connection.execute(
            "delete from features_at_age where customer_id in ('C001', 'C002')"
        )
        assert newcomers.fitted(overrides=EARLY).labelled_customers == 248

    def test_no_horizon(self, newcomers: ProspectHouse, logged: pytest.LogCaptureFixture) -> None:
        newcomers.no_horizon("no forecast: 43 customers were seen for 90 days")
        assert newcomers.fit(overrides=EARLY) is None
        assert "no forecast: 43 customers were seen for 90 days" in logged.text
        assert "there is nothing to learn from" in logged.text
        assert newcomers.assignments().empty
        assert newcomers.forecast().empty
