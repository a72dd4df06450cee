"""When a classifier of prospects is fitted anew, and which one predicts then."""

from __future__ import annotations

import datetime
from typing import Any

import duckdb
import pandas as pd
import pytest
from prospect_house import (
    ProspectHouse,
    at_age,
    later,
    people,
    pinned,
    value_tables,
)
from segmentation.classification.model import ProspectsModel
from segmentation.classification.storage import StoredClassifierError
from segmentation.registry.digest import row_digest
from segmentation.registry.header import StoredModelError
from segmentation.registry.option_checks import OptionError
from segmentation.steps.prospect_targets import SEGMENT_AT_AGE


class TestRefits:
    """When a fit is made, and when the current one is kept."""

    def test_nothing_is_fitted_twice(self, prospects: ProspectHouse) -> None:
        first = prospects.first_fit()
        before = prospects.assignments()
        assert prospects.fit() is None
        assert prospects.fit(refit="False", refit_after_days="None") is None
        pd.testing.assert_frame_equal(prospects.assignments(), before)
        assert set(before.model_version) == {first.model_version}

    def test_one_that_is_kept_for_nobody_is_not_loaded(
        self, prospects: ProspectHouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """scikit-learn and skops take seconds, in every build."""
        prospects.first_fit()
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
        first = prospects.first_fit()
        prospects.run("sample", "default", datetime.date(2026, 1, 30))
        assert prospects.fit(refit_after_days=30) is None
        again = prospects.fitted(**asked)
        assert again.fit_reason == reason
        assert (again.model_number, again.previous_version) == (2, first.model_version)
        assert again.model_version != first.model_version
        assert set(prospects.assignments().model_version) == {again.model_version}

    def test_another_window_is_another_fit(self, prospects: ProspectHouse) -> None:
        prospects.first_fit()
        prospects.run("sample", "default", datetime.date(2025, 12, 31), window_days=90)
        again = prospects.fitted()
        assert again.fit_reason == "frequency and monetary count 90 days and counted 365"

    @pytest.mark.long
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
        first = prospects.first_fit()
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

    @pytest.mark.long
    @pytest.mark.parametrize(("dataset", "variant"), [("other", "default"), ("sample", "other")])
    def test_data_sets_and_variants_never_mix(
        self, prospects: ProspectHouse, dataset: str, variant: str
    ) -> None:
        first = prospects.first_fit()
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

    @pytest.mark.long
    def test_the_same_people_in_another_order_and_fewer_threads(
        self, connection: duckdb.DuckDBPyConnection
    ) -> None:
        """Of two segments: trees are grown for each."""
        prospects = ProspectHouse(connection, people(("no", "yes")))
        prospects.revenue({f"P{i:03d}": 10.1 * i for i in range(120)})
        candidates = ["logistic_regression", "gradient_boosting"]
        overrides = {"candidates": candidates}
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


class TestGates:
    """A refit for age takes over if it is no worse."""

    def test_a_refit_of_the_same_people_passes(self, prospects: ProspectHouse) -> None:
        first = prospects.first_fit()
        again = prospects.fitted(**later(prospects))
        assert first.skill is not None
        assert [(gate.name, gate.value, gate.passed) for gate in again.gates] == [
            ("segments", 1.0, True),
            ("skill", first.skill, True),
        ]
        assert (first.gates, again.became) == ([], "champion")

    @pytest.mark.long
    def test_a_refit_that_learned_little_waits(
        self, prospects: ProspectHouse, logged: pytest.LogCaptureFixture
    ) -> None:
        first = prospects.first_fit()
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
        first = prospects.first_fit()
        prospects.connection.execute("update features set target = null")
        again = prospects.fitted(**later(prospects))
        assert (again.algorithm, again.became) == ("none", "challenger")
        assert set(prospects.assignments().model_version) == {first.model_version}

    @pytest.mark.long
    def test_macro_f1_judges_where_it_is_the_criterion(self, prospects: ProspectHouse) -> None:
        model = prospects.fitted(overrides={"criterion": "macro_f1"})
        scores = {
            record["candidate"]: record["mean"]
            for record in model.classifier_metrics
            if (record["validation"], record["metric"]) == ("grouped", "macro_f1")
        }
        assert model.skill == scores[model.algorithm] - scores["majority_class"]

    @pytest.mark.long
    def test_a_pinned_classifier_predicts_whatever_is_fitted(
        self, prospects: ProspectHouse
    ) -> None:
        first = prospects.first_fit()
        before = prospects.assignments()
        promotions = pinned(prospects, first.model_version)
        again = prospects.fitted(overrides={"seed": 5}, promotions=promotions)
        assert again.became == "champion"
        pd.testing.assert_frame_equal(prospects.assignments(), before)

    @pytest.mark.long
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

    @pytest.mark.long
    def test_other_first_days_are_another_fit(self, prospects: ProspectHouse) -> None:
        prospects.fitted(first_days={"early_days": "30"})
        assert prospects.fit(first_days={"early_days": "30"}) is None
        again = prospects.fitted(first_days={"early_days": "14"})
        assert again.fit_reason == "the configuration changed"

    @pytest.mark.long
    def test_segments_from_elsewhere_are_another_fit(
        self, prospects: ProspectHouse, customers: pd.DataFrame
    ) -> None:
        prospects.first_fit()
        prospects.connection.execute(f"update features set target_source = '{SEGMENT_AT_AGE}'")
        ids = [f"P{i:03d}" for i in range(120)]
        reached = at_age(customers[-120:].assign(customer_id=ids))
        prospects.horizon(120, reached, value_tables(reached))
        again = prospects.fitted()
        assert again.fit_reason == (
            "segments are learned from: segment at age; they were from: known segment"
        )
        assert again.target_source == SEGMENT_AT_AGE

    @pytest.mark.long
    def test_without_training_data_no_prospect_is_predicted(self, prospects: ProspectHouse) -> None:
        prospects.first_fit()
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
        model = prospects.first_fit()
        prospects.features(people()[:0])
        assert prospects.fit(refit=True, overrides={"folds": 4}) is None
        assert prospects.assignments().empty
        prospects.features(people())
        assert prospects.fit() is None
        assert set(prospects.assignments().model_version) == {model.model_version}
