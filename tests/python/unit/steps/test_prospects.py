"""Prospects: fit, store, name, apply, forecast; and what happens where something is missing."""

from __future__ import annotations

import datetime
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from newest_model import put_current_model
from prospect_house import FEATURES, LABELS, PLAYBOOK, SETTINGS, ProspectHouse, people
from segmentation.classification.candidates import CANDIDATES
from segmentation.classification.model import ProspectsModel
from segmentation.classification.prediction import predict
from segmentation.classification.storage import StoredClassifierError
from segmentation.registry.digest import row_digest
from segmentation.registry.header import StoredModelError
from segmentation.registry.option_checks import OptionError
from segmentation.steps.prospect_targets import SEGMENT_AT_AGE

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


@pytest.fixture
def prospects(connection: duckdb.DuckDBPyConnection) -> ProspectHouse:
    return ProspectHouse(connection, people())


class TestWholeWay:
    """Fit, row, table, name, apply, forecast."""

    def test_planted_segments_are_predicted(self, prospects: ProspectHouse) -> None:
        model = prospects.fitted()
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
        model = prospects.fitted()
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
        model = prospects.fitted()
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
        prospects.fitted()
        found = prospects.assignments()
        assert found.reason_1.notna().all()
        assert found.reason_1.str.contains("years old|profession").mean() > 0.8
        told = found[["reason_1", "reason_2", "reason_3"]].notna().to_numpy()
        assert (np.sort(~told, axis=1) == ~told).all()

    def test_a_forecast_row_per_segment(self, prospects: ProspectHouse) -> None:
        model = prospects.fitted()
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


class TestRefits:
    """When a fit is made, and when the current one is kept."""

    def test_nothing_is_fitted_twice(self, prospects: ProspectHouse) -> None:
        first = prospects.fitted()
        before = prospects.assignments()
        assert prospects.fit() is None
        assert prospects.fit(refit="False", refit_after_days="None") is None
        pd.testing.assert_frame_equal(prospects.assignments(), before)
        assert set(before.model_version) == {first.model_version}

    def test_one_that_is_kept_for_nobody_is_not_loaded(
        self, prospects: ProspectHouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """scikit-learn and skops take seconds, in every build."""
        prospects.fitted()
        prospects.connection.execute("update features set is_prospect = false")
        monkeypatch.setattr(ProspectsModel, "classifier", lambda _: pytest.fail("it is loaded"))
        assert prospects.fit() is None
        assert prospects.assignments().empty

    @pytest.mark.parametrize(
        ("asked", "reason"),
        [
            ({"refit": "True"}, "it was asked for"),
            ({"overrides": '{"seed": 5}'}, "the configuration changed"),
            ({"overrides": {"exclude_shared_identities": True}}, "the configuration changed"),
            ({"refit_after_days": 29}, "the last model is older than 29 days"),
        ],
    )
    def test_what_makes_a_new_fit(
        self, prospects: ProspectHouse, asked: dict[str, Any], reason: str
    ) -> None:
        first = prospects.fitted()
        prospects.run("sample", "default", datetime.date(2026, 1, 30))
        assert prospects.fit(refit_after_days=30) is None
        again = prospects.fitted(**asked)
        assert again.fit_reason == reason
        assert (again.model_number, again.previous_version) == (2, first.model_version)
        assert again.model_version != first.model_version
        assert set(prospects.assignments().model_version) == {again.model_version}

    def test_another_window_is_another_fit(self, prospects: ProspectHouse) -> None:
        prospects.fitted()
        prospects.run("sample", "default", datetime.date(2025, 12, 31), window_days=90)
        again = prospects.fitted()
        assert again.fit_reason == "frequency and monetary count 90 days and counted 365"

    @pytest.mark.parametrize(
        ("tampering", "why"),
        [
            ("digest = 'ab'", "its SHA-256 digest is not the one that was stored with it"),
            ("payload = 'nonsense'::blob", "its SHA-256 digest is not the one"),
            ("payload = ''::blob", "it is empty"),
            ("payload = 'x'::blob, digest = sha256('x')", "it is not a skops file, or a damaged"),
        ],
    )
    def test_what_cannot_be_read_is_fitted_anew_and_never_applied(
        self, prospects: ProspectHouse, tampering: str, why: str
    ) -> None:
        """Even where the digest of the row is right: so it is after an upgrade of scikit-learn."""
        first = prospects.fitted()
        prospects.connection.execute(f"update models set {tampering}")
        (record,) = prospects.connection.sql("from models").to_arrow_table().to_pylist()
        prospects.connection.execute(f"update models set row_digest = '{row_digest(record)}'")
        with pytest.raises(StoredClassifierError, match=why):
            prospects.assignments()
        again = prospects.fitted()
        assert again.fit_reason.startswith("the stored one cannot be read: ")
        assert why in again.fit_reason
        assert (again.model_number, again.previous_version) == (2, first.model_version)
        assert set(prospects.assignments().model_version) == {again.model_version}
        assert prospects.fit() is None

    @pytest.mark.parametrize(
        ("asked", "message"),
        [
            ({"refit": "yes"}, "It must be true or false"),
            ({"refit_after_days": "a month"}, "It must be a whole number of days"),
            (
                {"overrides": {"candidates": ["logistic_regresion"]}},
                "Did you mean 'logistic_regression'",
            ),
            ({"overrides": {"fold": 3}}, "Did you mean 'folds'"),
        ],
    )
    def test_an_unreadable_refit_setting(
        self, prospects: ProspectHouse, asked: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(OptionError, match=message):
            prospects.fit(**asked)

    @pytest.mark.parametrize(("dataset", "variant"), [("other", "default"), ("sample", "other")])
    def test_data_sets_and_variants_never_mix(
        self, prospects: ProspectHouse, dataset: str, variant: str
    ) -> None:
        first = prospects.fitted()
        prospects.run(dataset, variant, datetime.date(2025, 12, 31))
        assert prospects.assignments().empty
        assert prospects.segments().empty
        assert prospects.forecast().empty
        other = prospects.fitted()
        assert (other.model_number, other.previous_version) == (1, None)
        assert other.model_version != first.model_version
        assert set(prospects.assignments().model_version) == {other.model_version}
        prospects.run("sample", "default", datetime.date(2025, 12, 31))
        assert prospects.fit() is None
        assert set(prospects.assignments().model_version) == {first.model_version}

    def test_the_same_people_in_another_order_and_fewer_threads(
        self, prospects: ProspectHouse
    ) -> None:
        connection = prospects.connection
        prospects.revenue({f"P{i:03d}": 10.1 * i for i in range(120)})
        candidates = ["logistic_regression", "gradient_boosting"]
        overrides = {"candidates": candidates, "folds": 2, "tuning_folds": 2}
        connection.execute("set threads = 2")
        first, before = prospects.fitted(overrides=overrides), prospects.assignments()
        forecast = prospects.forecast()
        for table in ("features", "value_per_year"):
            connection.execute(
                f"create or replace table {table} as from {table} order by md5(customer_id || 'x')"
            )
        connection.execute("set threads = 1")
        connection.execute("delete from models")
        again = prospects.fitted(overrides=overrides)
        assert again.model_version == first.model_version
        assert again.payload == first.payload
        assert again.segments == first.segments
        pd.testing.assert_frame_equal(prospects.assignments(), before, check_exact=True)
        pd.testing.assert_frame_equal(prospects.forecast(), forecast, check_exact=True)


def later(prospects: ProspectHouse) -> dict[str, Any]:
    """Let a month pass, and return what makes the model too old."""
    prospects.run("sample", "default", datetime.date(2026, 1, 31))
    return {"refit_after_days": 30}


def pinned(prospects: ProspectHouse, version: str) -> str:
    """Pin a version, and return the name of the table that says so."""
    prospects.connection.execute(
        "create or replace table promotions as select 'prospects' as segmentation, 'sample' as"
        f" dataset, '' as variant, '{version}' as model_version, 'pin' as action, '2020-01-01' as"
        " decided_on"
    )
    put_current_model(prospects.connection, "prospects", SETTINGS, promotions="promotions")
    return "promotions"


class TestGates:
    """A refit for age takes over if it is no worse."""

    def test_a_refit_of_the_same_people_passes(self, prospects: ProspectHouse) -> None:
        first = prospects.fitted()
        again = prospects.fitted(**later(prospects))
        assert first.skill is not None
        assert [(gate.name, gate.value, gate.passed) for gate in again.gates] == [
            ("segments", 1.0, True),
            ("skill", first.skill, True),
        ]
        assert (first.gates, again.became) == ([], "champion")

    def test_a_refit_that_learned_little_waits(
        self, prospects: ProspectHouse, logged: pytest.LogCaptureFixture
    ) -> None:
        first = prospects.fitted()
        before = prospects.assignments()
        prospects.connection.execute(
            "update features set target = chr(65 + (ascii(md5(customer_id)) % 3)) where not"
            " is_prospect"
        )
        again = prospects.fitted(**later(prospects))
        assert again.became == "challenger"
        assert [gate.name for gate in again.gates if not gate.passed] == ["skill"]
        assert f"{first.model_version} stays in force: skill" in logged.text
        pd.testing.assert_frame_equal(prospects.assignments(), before)
        # It is young: the next build does not try again.
        assert prospects.fit(refit_after_days=30) is None
        # People put it in force.
        promotions = pinned(prospects, again.model_version)
        assert prospects.fit(promotions=promotions) is None
        assert set(prospects.assignments().model_version) == {again.model_version}

    def test_a_refit_without_anybody_to_learn_from_waits(self, prospects: ProspectHouse) -> None:
        first = prospects.fitted()
        prospects.connection.execute("update features set target = null")
        again = prospects.fitted(**later(prospects))
        assert (again.algorithm, again.became) == ("none", "challenger")
        assert set(prospects.assignments().model_version) == {first.model_version}

    def test_macro_f1_judges_where_it_is_the_criterion(self, prospects: ProspectHouse) -> None:
        model = prospects.fitted(overrides={"criterion": "macro_f1"})
        scores = {
            record["candidate"]: record["mean"]
            for record in model.classifier_metrics
            if (record["validation"], record["metric"]) == ("grouped", "macro_f1")
        }
        assert model.skill == scores[model.algorithm] - scores["majority_class"]

    def test_a_pinned_classifier_predicts_whatever_is_fitted(
        self, prospects: ProspectHouse
    ) -> None:
        first = prospects.fitted()
        before = prospects.assignments()
        promotions = pinned(prospects, first.model_version)
        again = prospects.fitted(overrides={"seed": 5}, promotions=promotions)
        assert again.became == "champion"
        pd.testing.assert_frame_equal(prospects.assignments(), before)

    def test_features_that_count_other_days_are_not_compared(
        self, prospects: ProspectHouse
    ) -> None:
        first = prospects.fitted(first_days={"early_days": "30"})
        asked: dict[str, Any] = {"first_days": {"early_days": "14"}}
        promotions = pinned(prospects, first.model_version)
        with pytest.raises(StoredModelError, match="its features count other first days than"):
            prospects.fit(promotions=promotions, **asked)
        again = prospects.fitted(**asked)
        assert (again.gates, again.became) == ([], "champion")


class TestWhatIsLearnedFrom:
    """A model of other features, or of other segments, is never applied."""

    def test_other_first_days_are_another_fit(self, prospects: ProspectHouse) -> None:
        prospects.fitted(first_days={"early_days": "30"})
        assert prospects.fit(first_days={"early_days": "30"}) is None
        again = prospects.fitted(first_days={"early_days": "14"})
        assert again.fit_reason == "the configuration changed"

    def test_segments_from_elsewhere_are_another_fit(
        self, prospects: ProspectHouse, customers: pd.DataFrame
    ) -> None:
        prospects.fitted()
        prospects.connection.execute(f"update features set target_source = '{SEGMENT_AT_AGE}'")
        ids = [f"P{i:03d}" for i in range(120)]
        prospects.horizon(120, at_age(customers[-120:].assign(customer_id=ids)))
        again = prospects.fitted()
        assert again.fit_reason == (
            "segments are learned from: segment at age; they were from: known segment"
        )
        assert again.target_source == SEGMENT_AT_AGE

    def test_without_training_data_no_prospect_is_predicted(self, prospects: ProspectHouse) -> None:
        prospects.fitted()
        assert len(prospects.assignments())
        prospects.connection.execute("update features set target = null")
        gone = prospects.fit(refit=True)
        assert gone is not None
        assert (gone.algorithm, gone.k, gone.payload) == ("none", 0, b"")
        assert prospects.assignments().empty
        # It is tried again at every build, and noted once.
        assert prospects.fit() is None
        prospects.connection.execute(
            "update features set target = 'A' where not is_prospect and age < 40"
        )
        prospects.connection.execute(
            "update features set target = 'B' where not is_prospect and age >= 40"
        )
        back = prospects.fitted()
        assert back.fit_reason == "nothing could be learned before"
        assert set(prospects.assignments().segment_id) == {0, 1}

    def test_without_any_customer_the_classifier_stays(self, prospects: ProspectHouse) -> None:
        """An emptied build knows nothing better, whatever it is asked for."""
        model = prospects.fitted()
        prospects.features(people()[:0])
        assert prospects.fit(refit=True, overrides={"folds": 4}) is None
        assert prospects.assignments().empty
        prospects.features(people())
        assert prospects.fit() is None
        assert set(prospects.assignments().model_version) == {model.model_version}


class TestCandidates:
    """The build goes on without any one of them."""

    @pytest.mark.parametrize("removed", CANDIDATES)
    def test_without_one(self, prospects: ProspectHouse, removed: str) -> None:
        others = [name for name in CANDIDATES if name != removed]
        model = prospects.fitted(overrides={"candidates": others, "folds": 2, "tuning_folds": 2})
        assert [record["candidate"] for record in model.selection] == others
        assert model.algorithm in others
        assert len(prospects.assignments()) == 30

    @pytest.mark.parametrize("only", CANDIDATES)
    def test_each_alone_is_stored_and_applied(self, prospects: ProspectHouse, only: str) -> None:
        model = prospects.fitted(overrides={"candidates": [only]})
        assert model.algorithm == only
        found = prospects.assignments()
        assert (found.segment_id == np.arange(30) % 3).mean() >= 0.8
        assert prospects.fit(overrides={"candidates": [only]}) is None


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
        prospects.fitted()
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
        model = prospects.fitted()
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
        prospects.fitted()
        before = prospects.assignments()
        prospects.playbook([*PLAYBOOK, ("prospects", None, "c", "Lawyers", "")])
        assert prospects.fit() is None
        assert prospects.segments().segment_name.tolist() == ["Artists", "Doctors", "Lawyers"]
        pd.testing.assert_frame_equal(prospects.assignments(), before)

    def test_rows_of_other_segmentations_name_no_known_segment(
        self, prospects: ProspectHouse
    ) -> None:
        prospects.fitted()
        prospects.playbook([("value", 4, "a", "Not these", "recency_days: 1")])
        assert prospects.segments().segment_name.tolist() == ["A", "B", "C"]


EARLY = {"features": ["early_purchases", "age"], "ordered_categories": {}}


def at_age(customers: pd.DataFrame) -> pd.DataFrame:
    """Return planted customers as they were at an age, and what they spent until then."""
    days = np.arange(len(customers)) % 200
    return customers.drop(columns="planted").assign(
        first_purchase_on=pd.Timestamp("2025-02-01") + pd.to_timedelta(days, unit="D"),
        later_revenue=np.round(customers.monetary / 2, 2),
    )


class TestSegmentAtAge:
    """Where nobody's segment is known: the one that the value model gives at an age."""

    @pytest.fixture
    def newcomers(
        self, connection: duckdb.DuckDBPyConnection, customers: pd.DataFrame
    ) -> ProspectHouse:
        """Return a house of the four planted groups, whose first purchases give them away."""
        frame = pd.DataFrame(
            {
                "customer_id": customers.customer_id,
                "identity_id": customers.customer_id,
                "is_prospect": np.arange(len(customers)) % 6 == 0,
                "target": None,
                "target_source": SEGMENT_AT_AGE,
                "early_purchases": 10.0 * customers.planted + np.arange(len(customers)) % 4,
                "age": 20.0 + np.arange(len(customers)) % 9,
            }
        ).assign(early_revenue=0.0, early_items=0.0, early_active_days=0.0, early_last_day=0.0)
        prospects = ProspectHouse(connection, frame)
        prospects.horizon(180, at_age(customers[~frame.is_prospect]))
        return prospects

    def test_prospects_join_the_segments_that_exist(
        self, newcomers: ProspectHouse, customers: pd.DataFrame
    ) -> None:
        model = newcomers.fitted(overrides=EARLY)
        assert (model.target_source, model.horizon_days) == (SEGMENT_AT_AGE, 180)
        assert model.learned_from_day == datetime.date(2025, 2, 1)
        assert model.labelled_customers == 250
        existing = newcomers.connection.sql("from value_segments").df().set_index("segment_id")
        segments = newcomers.segments().set_index("segment_id")
        value_ids = pd.Series(model.value_segment_ids)
        for column in ("segment_slug", "segment_name", "named_by"):
            assert segments[column].tolist() == value_ids.map(existing[column]).tolist()
        found = newcomers.assignments().merge(customers, on="customer_id")
        assert len(found) == 50
        assert found.groupby("planted").segment_id.agg(lambda ids: ids.mode()[0]).is_unique

    def test_the_forecast_of_an_age(self, newcomers: ProspectHouse) -> None:
        model = newcomers.fitted(overrides=EARLY)
        newcomers.assignments()
        forecast = newcomers.forecast()
        assert set(forecast.horizon_days) == {180}
        assert forecast.expected_customers.sum() == pytest.approx(50, abs=1e-3)
        assert model.backtest is not None
        assert set(forecast.backtest_cohorts) == {model.backtest["cohorts"]}
        assert (forecast.interval_low <= forecast.expected_customers).all()
        assert (forecast.expected_customers <= forecast.interval_high).all()
        assert set(forecast.nominal_coverage) == {0.9}
        # Each spent 1 so far.
        assert forecast.sales_so_far.sum() == pytest.approx(50, abs=1e-3)
        assert (forecast.expected_sales >= forecast.sales_so_far).all()
        assert forecast.mean_yearly_revenue.isna().all()

    def test_words_for_prospects_go_before_those_for_value(self, newcomers: ProspectHouse) -> None:
        newcomers.fitted(overrides=EARLY)
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

    def test_a_segment_is_called_what_it_is_called_today(self, newcomers: ProspectHouse) -> None:
        model = newcomers.fitted(overrides=EARLY)
        newcomers.connection.execute(
            "update value_segments set segment_slug = 'renamed', segment_name = 'Renamed'"
            f" where segment_id = {model.value_segment_ids[0]}"
        )
        assert newcomers.fit(overrides=EARLY) is None
        assert newcomers.segments().segment_name[0] == "Renamed"

    def test_another_value_model_is_another_fit(
        self, newcomers: ProspectHouse, customers: pd.DataFrame
    ) -> None:
        newcomers.fitted(overrides=EARLY)
        assert newcomers.fit(overrides=EARLY) is None
        newcomers.value_model(at_age(customers), k=3, scan_to=3)
        again = newcomers.fitted(overrides=EARLY)
        assert again.fit_reason == "the value segments are others than those that were learned"
        assert again.k == 3

    def test_other_value_segments_are_followed_without_gates(
        self, newcomers: ProspectHouse, customers: pd.DataFrame
    ) -> None:
        """Even where the classifier is old, too: nothing could be compared."""
        first = newcomers.fitted(overrides=EARLY)
        newcomers.value_model(at_age(customers), k=3, scan_to=3)
        promotions = pinned(newcomers, first.model_version)
        with pytest.raises(StoredModelError, match=f"puts {first.model_version} in force, which"):
            newcomers.fit(overrides=EARLY, promotions=promotions)
        again = newcomers.fitted(overrides=EARLY, **later(newcomers))
        assert again.fit_reason == "the value segments are others than those that were learned"
        assert (again.gates, again.became) == ([], "champion")

    def test_both_are_compared_for_customers_whom_neither_learned_from(
        self, newcomers: ProspectHouse
    ) -> None:
        first = newcomers.fitted(overrides=EARLY)
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

    def test_another_horizon_is_another_fit(
        self, newcomers: ProspectHouse, customers: pd.DataFrame
    ) -> None:
        first = newcomers.fitted(overrides=EARLY)
        established = newcomers.connection.sql(
            "select customer_id from features where not is_prospect"
        ).df()
        newcomers.horizon(
            120, at_age(customers[customers.customer_id.isin(established.customer_id)])
        )
        again = newcomers.fitted(overrides=EARLY)
        assert again.fit_reason == (
            "segments are forecast for 120 days after the first purchase; they were for 180"
        )
        assert (again.horizon_days, again.previous_version) == (120, first.model_version)

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
