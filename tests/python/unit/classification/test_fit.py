"""A whole fit of a classifier: figures of all candidates, the winner, flags of leaks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from planted_segments import FEATURES, fitted, people
from segmentation.classification import ClassifierFit
from segmentation.classification.candidates import CANDIDATES, chosen_candidates
from segmentation.classification.metrics import BASELINE, figure


@pytest.fixture(scope="module")
def all_candidates() -> ClassifierFit:
    return fitted(people(), candidates=None, folds=3, repeats=2)


@pytest.mark.long
class TestWholeFit:
    """All candidates on planted segments."""

    def test_every_installed_candidate_is_judged_and_beats_the_majority(
        self, all_candidates: ClassifierFit
    ) -> None:
        baseline = figure(all_candidates.metrics, BASELINE, "macro_f1").mean
        for candidate in chosen_candidates(None):
            assert figure(all_candidates.metrics, candidate.name, "macro_f1").mean > baseline + 0.3
        assert "xgboost" in {record["candidate"] for record in all_candidates.selection}

    def test_metrics_say_what_they_are_of(self, all_candidates: ClassifierFit) -> None:
        kinds = {
            (summary.validation, summary.metric, summary.segment)
            for summary in all_candidates.metrics
            if summary.candidate == "random_forest"
        }
        overall = {"accuracy", "macro_precision", "macro_recall", "macro_f1", "log_loss"}
        assert kinds == {
            (validation, metric, None)
            for validation in ("grouped", "ungrouped")
            for metric in overall
        } | {
            (validation, metric, segment)
            for validation in ("grouped", "ungrouped")
            for metric in ("precision", "recall", "f1")
            for segment in ("middle", "old", "young")
        }
        grouped = figure(all_candidates.metrics, "random_forest", "accuracy")
        ungrouped = figure(all_candidates.metrics, "random_forest", "accuracy", "ungrouped")
        assert (grouped.folds, ungrouped.folds) == (6, 3)
        assert grouped.standard_deviation is not None
        assert grouped.standard_error == pytest.approx(grouped.standard_deviation / 3**0.5)

    def test_a_confusion_matrix_counts_each_labelled_row_once(
        self, all_candidates: ClassifierFit
    ) -> None:
        table = pd.DataFrame(all_candidates.confusion)
        assert set(table.groupby("candidate").customers.sum()) == {240}
        assert table.groupby(["candidate", "actual"]).share.sum().tolist() == pytest.approx(
            [1.0] * 3 * len(CANDIDATES)
        )

    def test_the_planted_features_matter_and_noise_does_not(
        self, all_candidates: ClassifierFit
    ) -> None:
        importance = {record["feature"]: record for record in all_candidates.importance}
        assert importance["age"]["rank"] == 1
        assert importance["age"]["mean"] > 0.1
        assert abs(importance["level"]["mean"]) < 0.05

    def test_calibration_lowers_log_loss_and_changes_no_prediction(
        self, all_candidates: ClassifierFit
    ) -> None:
        assert all_candidates.log_loss_before is not None
        assert all_candidates.log_loss_after is not None
        assert all_candidates.log_loss_after <= all_candidates.log_loss_before
        assert {record["stage"] for record in all_candidates.calibration} == {"before", "after"}

    def test_the_same_rows_give_the_same_fit(self) -> None:
        first, again = (
            fitted(people(), candidates=("gradient_boosting", "xgboost"), folds=2) for _ in range(2)
        )
        assert again.metrics == first.metrics
        assert again.importance == first.importance
        assert again.classifier is not None
        assert first.classifier is not None
        probabilities = again.classifier.probabilities(people(seed=1))
        assert (probabilities == first.classifier.probabilities(people(seed=1))).all()

    def test_out_of_fold_probabilities_are_of_every_row(
        self, all_candidates: ClassifierFit
    ) -> None:
        kept = all_candidates.out_of_fold
        assert kept.index.equals(people().index)
        assert kept.actual.tolist() == people().segment.tolist()
        assert kept[["middle", "old", "young"]].sum(axis=1).to_numpy() == pytest.approx(1.0)


@pytest.mark.long
class TestLeaks:
    """Flags of leaks."""

    def test_a_copied_label_is_flagged_and_named(self) -> None:
        frame = people()
        copied = {"young": "c1", "middle": "c2", "old": "c3"}
        fit = fitted(
            frame.assign(code=frame.segment.map(copied)),
            features=(*FEATURES, "code"),
            candidates=("logistic_regression", "gradient_boosting"),
            folds=3,
        )
        flags = [record["leak_flag"] for record in fit.selection]
        assert all("Is one of the features made from the segment?" in flag for flag in flags)
        assert "Most rests on the feature code" in fit.warnings[-1]

    def test_recognised_people_are_flagged(self) -> None:
        """Four rows for each person; only the person determines the segment."""
        random = np.random.default_rng(3)
        once = people(120).assign(segment=random.choice(["x", "y"], 120))
        frame = pd.concat([once] * 4, ignore_index=True)
        fit = fitted(frame, candidates=("random_forest",), folds=3)
        (record,) = fit.selection
        assert "where people may stand on both sides" in record["leak_flag"]
        assert figure(fit.metrics, "random_forest", "accuracy").mean < 0.65

    def test_honest_features_are_not_flagged(self, all_candidates: ClassifierFit) -> None:
        assert [record["leak_flag"] for record in all_candidates.selection] == [None] * len(
            all_candidates.selection
        )
