"""Prospects: fit, store, name, apply, forecast; and what happens where something is missing."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
from prospect_house import (
    FEATURES,
    LABELS,
    PLAYBOOK,
    ProspectHouse,
    people,
)
from segmentation.classification.model import ProspectsModel
from segmentation.classification.prediction import predict

ASSIGNED = [
    "customer_id",
    "segment_id",
    "probability",
    "runner_up_id",
    "margin",
    "probabilities",
    "reason_1",
    "reason_2",
    "reason_3",
    "model_version",
]


class TestWholeWay:
    """Fit, row, table, name, apply, forecast."""

    def test_planted_segments_are_predicted(self, prospects: ProspectHouse) -> None:
        model = prospects.first_fit()
        assert (model.algorithm, model.k, model.labelled_customers) == (
            "logistic_regression",
            3,
            120,
        )
        assert (model.target_source, model.fit_reason) == ("known segment", "there is no model yet")
        assert model.features_used == ", ".join(FEATURES)
        found = prospects.assignments()
        assert found.columns.tolist() == ASSIGNED
        assert found.customer_id.tolist() == [f"P{i:03d}" for i in range(120, 150)]
        assert (found.segment_id == np.arange(30) % 3).mean() >= 0.9
        assert set(found.model_version) == {model.model_version}

    def test_predictions_are_those_of_the_stored_classifier(self, prospects: ProspectHouse) -> None:
        model = prospects.first_fit()
        found = prospects.assignments()
        frame = people()
        predicted = predict(model.classifier(), frame[frame.is_prospect])
        assert [LABELS[i] for i in found.segment_id] == predicted.segment.tolist()
        assert [LABELS[i] for i in found.runner_up_id] == predicted.runner_up.tolist()
        probabilities = np.stack(found.probabilities.to_list())
        np.testing.assert_array_equal(probabilities, np.stack(predicted.probabilities.to_list()))
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-12)
        in_order = np.sort(probabilities, axis=1)
        np.testing.assert_array_equal(found.probability, in_order[:, -1])
        np.testing.assert_array_equal(found.margin, in_order[:, -1] - in_order[:, -2])

    def test_a_row_survives_the_table(self, prospects: ProspectHouse) -> None:
        model = prospects.first_fit()
        assert prospects.connection.table("models").columns == ProspectsModel.SCHEMA.names
        assert [segment.label for segment in model.segments] == list(LABELS)
        assert [segment.segment_id for segment in model.segments] == [0, 1, 2]
        assert [segment.labelled_customers for segment in model.segments] == [40, 40, 40]
        assert {record["is_winner"] for record in model.selection} == {True}
        assert len(model.confusion) == 9
        assert sum(record["customers"] for record in model.confusion) == 120
        assert {record["feature"] for record in model.importance} == set(FEATURES)
        assert {record["stage"] for record in model.calibration} == {"before", "after"}
        figures = {record["metric"]: record["mean"] for record in model.classifier_metrics}
        assert {"accuracy", "calibration_error_after", "log_loss_after_calibration"} <= set(figures)

    def test_reasons_in_words(self, prospects: ProspectHouse) -> None:
        prospects.first_fit()
        found = prospects.assignments()
        assert found.reason_1.notna().all()
        assert found.reason_1.str.contains("years old|profession").mean() > 0.8
        told = found[["reason_1", "reason_2", "reason_3"]].notna().to_numpy()
        assert (np.sort(~told, axis=1) == ~told).all()

    def test_a_forecast_row_per_segment(self, prospects: ProspectHouse) -> None:
        model = prospects.first_fit()
        found = prospects.assignments()
        forecast = prospects.forecast()
        assert forecast.segment_id.tolist() == [0, 1, 2]
        assert forecast.most_likely_customers.tolist() == np.bincount(found.segment_id).tolist()
        np.testing.assert_allclose(
            forecast.expected_customers, np.stack(found.probabilities.to_list()).sum(axis=0)
        )
        assert forecast.expected_share.sum() == pytest.approx(1)
        assert (forecast.interval_low <= forecast.expected_customers).all()
        assert (forecast.expected_customers <= forecast.interval_high).all()
        assert forecast.expected_sales.isna().all()
        assert set(forecast.model_version) == {model.model_version}


class TestLabels:
    """What segments can be called, and how few can be known."""

    def test_two_segments(self, connection: duckdb.DuckDBPyConnection) -> None:
        prospects = ProspectHouse(connection, people(("no", "yes")))
        assert prospects.fitted().k == 2
        found = prospects.assignments()
        assert (found.runner_up_id == 1 - found.segment_id).all()
        assert len(prospects.forecast()) == len(prospects.segments()) == 2

    def test_a_segment_of_one_person_is_left_out_by_name(
        self,
        connection: duckdb.DuckDBPyConnection,
        logged: pytest.LogCaptureFixture,
    ) -> None:
        frame = people()
        frame.loc[0, "target"] = "Lonely"
        prospects = ProspectHouse(connection, frame)
        model = prospects.fitted()
        message = "The segment Lonely is left out: it has 1 labelled row in 1 group"
        assert [warning for warning in model.warnings if message in warning]
        assert message in logged.text
        assert [segment.label for segment in model.segments] == list(LABELS)
        assert [segment.labelled_customers for segment in model.segments] == [39, 40, 40]
        assert set(prospects.assignments().segment_id) == {0, 1, 2}
        assert len(prospects.segments()) == len(prospects.forecast()) == 3

    @pytest.mark.parametrize(
        ("frame", "message"),
        [
            (people(("Only",)), "are of one segment, Only: there is nothing to tell apart"),
            (people().assign(target=None)[120:], "there is nothing to learn from"),
            (people()[:0], "there is nothing to learn from"),
            (people().assign(age=1.0, income=2.0, profession="x", spending_level=None), "No feat"),
        ],
        ids=["one segment", "nobody labelled", "nobody at all", "features that never vary"],
    )
    def test_nothing_to_learn(
        self,
        connection: duckdb.DuckDBPyConnection,
        logged: pytest.LogCaptureFixture,
        frame: pd.DataFrame,
        message: str,
    ) -> None:
        prospects = ProspectHouse(connection, frame)
        assert prospects.fit() is None
        assert message in logged.text
        assert "prospects: nothing fitted; no segments are predicted" in logged.text
        found = prospects.assignments()
        assert found.empty
        assert found.columns.tolist() == ASSIGNED
        assert prospects.segments().empty
        assert prospects.forecast().empty
        assert prospects.connection.table("models").columns == ProspectsModel.SCHEMA.names

    def test_columns_without_a_model_are_of_the_same_types(self, prospects: ProspectHouse) -> None:
        prospects.assignments()
        without = prospects.connection.table("assignments")
        types = dict(zip(without.columns, map(str, without.types), strict=True))
        prospects.fitted()
        prospects.assignments()
        applied = prospects.connection.table("assignments")
        assert dict(zip(applied.columns, map(str, applied.types), strict=True)) == types

    def test_no_prospects(self, connection: duckdb.DuckDBPyConnection) -> None:
        prospects = ProspectHouse(connection, people(prospects=0))
        prospects.fitted()
        assert prospects.assignments().empty
        assert len(prospects.segments()) == 3
        forecast = prospects.forecast()
        assert forecast.most_likely_customers.tolist() == [0, 0, 0]
        assert forecast.interval_high.tolist() == [0.0, 0.0, 0.0]
        assert forecast.expected_share.isna().all()

    @pytest.mark.long
    def test_odd_characters(self, connection: duckdb.DuckDBPyConnection) -> None:
        labels = ('O\'Brien "x"; --', "größe ✓", "金", "!!!", "1st", "Gold-1", "gold 1")
        prospects = ProspectHouse(connection, people(labels, labelled=210, prospects=70))
        prospects.fitted()
        segments = prospects.segments()
        assert segments.segment_name.tolist() == sorted(labels)
        slugs = dict(zip(segments.segment_name, segments.segment_slug, strict=True))
        assert slugs == {
            "!!!": "segment",
            "1st": "segment_1st",
            "Gold-1": "gold_1",
            'O\'Brien "x"; --': "o_brien_x",
            "gold 1": "gold_1_2",
            "größe ✓": "gr_e",
            "金": "segment_2",
        }
        assert segments.segment_slug.is_unique
        found = prospects.assignments()
        ids = {label: i for i, label in enumerate(sorted(labels))}
        planted = [ids[labels[i % 7]] for i in range(210, 280)]
        assert (found.segment_id == planted).mean() >= 0.8

    def test_a_label_takes_no_slug_that_means_something_else(
        self, connection: duckdb.DuckDBPyConnection
    ) -> None:
        """In the marts, nobody's segment is 'unassigned', and 'noise' is no segment either."""
        prospects = ProspectHouse(connection, people(("Unassigned", "noise", "A")))
        prospects.fitted()
        segments = prospects.segments()
        assert segments.segment_slug.tolist() == ["a", "segment_unassigned", "segment_noise"]


class TestSharedIdentities:
    """People who are labelled and among the prospects."""

    @pytest.fixture
    def twice(self, connection: duckdb.DuckDBPyConnection) -> ProspectHouse:
        """Return a house in which ten of A, the only ones of a fortune, are prospects as well."""
        frame = people()
        frame.loc[120:129, "identity_id"] = [f"P{i:03d}" for i in range(0, 30, 3)]
        prospects = ProspectHouse(connection, frame)
        prospects.revenue({f"P{i:03d}": 1000.0 if i < 30 else 10.0 for i in range(0, 120, 3)})
        return prospects

    def test_they_are_reported_and_learned_from(self, twice: ProspectHouse) -> None:
        model = twice.fitted()
        assert "10 people are labelled and among the prospects." in model.warnings[0]
        assert model.labelled_customers == 120
        assert model.segments[0].yearly_revenue == pytest.approx(257.5)

    @pytest.mark.long
    def test_a_segment_is_described_by_those_it_was_learned_from(
        self, twice: ProspectHouse
    ) -> None:
        model = twice.fitted(overrides={"exclude_shared_identities": True})
        assert "10 labelled rows are excluded for that reason." in model.warnings[0]
        assert model.labelled_customers == 110
        assert [segment.labelled_customers for segment in model.segments] == [30, 40, 40]
        assert model.segments[0].yearly_revenue == pytest.approx(10)
        assert sum(record["customers"] for record in model.confusion) == 110


class TestUnknownValues:
    """Nobody is refused for what is not known of them."""

    @pytest.mark.long
    def test_missing_and_unheard_of(self, connection: duckdb.DuckDBPyConnection) -> None:
        frame = people()
        frame.loc[120, ["age", "income"]] = np.nan
        frame.loc[120, ["profession", "spending_level"]] = None
        frame.loc[121, ["profession", "spending_level"]] = ["Astronaut", "Enormous"]
        frame.loc[122, ["age", "income"]] = [np.inf, -np.inf]
        prospects = ProspectHouse(connection, frame)
        prospects.fitted()
        found = prospects.assignments()
        assert len(found) == 30
        assert found.probability.between(1 / 3, 1).all()
        assert found.reason_1.notna().all()

    def test_a_column_that_is_gone(
        self, prospects: ProspectHouse, logged: pytest.LogCaptureFixture
    ) -> None:
        prospects.first_fit()
        prospects.connection.execute("alter table features drop column age")
        found = prospects.assignments()
        assert len(found) == 30
        assert "The columns age are missing; they count as unknown for everybody." in logged.text
        assert (found.segment_id == np.arange(30) % 3).mean() >= 0.8

    def test_a_feature_without_values_is_left_out(
        self, connection: duckdb.DuckDBPyConnection
    ) -> None:
        prospects = ProspectHouse(connection, people().assign(income=np.nan, spending_level=None))
        model = prospects.fitted()
        assert model.features_used == "age, profession"
        assert model.features_dropped == (
            "income: no value in any labelled row; spending_level: no value in any labelled row"
        )
        assert len(prospects.assignments()) == 30

    def test_a_flag_is_a_feature(self, connection: duckdb.DuckDBPyConnection) -> None:
        frame = people()
        frame["member"] = pd.Series(np.arange(150) % 3 == 0, dtype="boolean").mask(
            np.arange(150) % 7 == 0
        )
        frame["paid"] = np.arange(150) % 3 == 1
        prospects = ProspectHouse(connection, frame)
        model = prospects.fitted(
            overrides={"features": ["member", "paid"], "ordered_categories": {}}
        )
        assert "paid" in model.segments[1].headline.lower()
        found = prospects.assignments()
        assert (found.segment_id == np.arange(30) % 3)[found.reason_1.str.len() > 0].mean() >= 0.8


class TestRevenue:
    """What a segment's customers spend in a year, where anybody knows."""

    def test_known_of_some(self, prospects: ProspectHouse) -> None:
        """Of A three people, of B one, of C nobody; a prospect's counts for nothing."""
        prospects.revenue(
            {"P000": 100.0, "P003": 200.0, "P006": 600.0, "P009": None, "P001": 50.0, "P120": 1e6}
        )
        a, b, c = prospects.fitted().segments
        assert a.yearly_revenue == pytest.approx(300)
        assert a.yearly_revenue_error == pytest.approx(np.std([100, 200, 600], ddof=1) / 3**0.5)
        assert (b.yearly_revenue, b.yearly_revenue_error) == (50.0, None)
        assert (c.yearly_revenue, c.yearly_revenue_error) == (None, None)
        prospects.assignments()
        forecast = prospects.forecast().set_index("segment_id")
        assert forecast.mean_yearly_revenue.tolist()[:2] == pytest.approx([300, 50])
        np.testing.assert_allclose(
            forecast.expected_sales[:2], forecast.expected_customers[:2] * [300, 50]
        )
        assert (forecast.lower_sales[:2] < forecast.expected_sales[:2]).all()
        assert (forecast.expected_sales[:2] < forecast.upper_sales[:2]).all()
        assert (
            forecast.loc[2, ["mean_yearly_revenue", "expected_sales", "upper_sales"]].isna().all()
        )


class TestNames:
    """The playbook's words, else the data's."""

    def test_named_by_the_playbook_else_by_the_data(self, prospects: ProspectHouse) -> None:
        model = prospects.first_fit()
        found = prospects.segments()
        assert found.segment_slug.tolist() == ["a", "b", "c"]
        assert found.segment_name.tolist() == ["Artists", "Doctors", "C"]
        assert found.named_by.tolist() == ["playbook", "playbook", "data"]
        assert found.strategy.tolist()[:2] == ["Treat as Artists", "Treat as Doctors"]
        assert found.strategy.isna().tolist() == [False, False, True]
        assert found.headline.tolist() == [segment.headline for segment in model.segments]
        assert found.headline[0].startswith("Younger (")
        assert found.headline[2].startswith("Older (")

    def test_an_edit_renames_without_a_fit(self, prospects: ProspectHouse) -> None:
        prospects.first_fit()
        before = prospects.assignments()
        prospects.playbook([*PLAYBOOK, ("prospects", None, "c", "Lawyers", "")])
        assert prospects.fit() is None
        assert prospects.segments().segment_name.tolist() == ["Artists", "Doctors", "Lawyers"]
        pd.testing.assert_frame_equal(prospects.assignments(), before)

    def test_rows_of_other_segmentations_name_no_known_segment(
        self, prospects: ProspectHouse
    ) -> None:
        prospects.first_fit()
        prospects.playbook([("value", 4, "a", "Not these", "recency_days: 1")])
        assert prospects.segments().segment_name.tolist() == ["A", "B", "C"]
