"""Fitting a classifier: training data, validation, selection of the winner, flags."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from segmentation.classification import ClassifierFit, ClassifierOptions, fit_classifier
from segmentation.classification.calibration import (
    expected_calibration_error,
    fit_temperature,
    reliability,
    temper,
)
from segmentation.classification.candidates import CANDIDATES, chosen_candidates
from segmentation.classification.cross_validation import attendance, make_splits
from segmentation.classification.features import UNSEEN, as_matrix, learn_columns
from segmentation.classification.grouping import connected_groups, identity_codes, row_codes
from segmentation.classification.metrics import (
    BASELINE,
    MetricSummary,
    figure,
    fold_metrics,
    log_loss,
    macro_f1,
)
from segmentation.classification.selection import selection_records
from segmentation.registry.option_checks import OptionError
from sklearn import metrics as reference

FEATURES = ("age", "income", "profession", "level")
LEVELS = {"level": ("Low", "Average", "High")}


def people(rows: int = 240, seed: int = 0) -> pd.DataFrame:
    """Three segments that age and profession determine, with one exception in ten rows."""
    random = np.random.default_rng(seed)
    planted = random.choice(3, rows, p=(0.5, 0.3, 0.2))
    frame = pd.DataFrame(
        {
            "person": [f"P{i:04d}" for i in range(rows)],
            "age": np.array([25.0, 45.0, 65.0])[planted] + random.normal(0, 6, rows),
            "income": random.lognormal(10, 0.5, rows),
            "profession": np.array(["Artist", "Doctor", "Lawyer"], dtype=object)[
                np.where(random.random(rows) < 0.2, random.choice(3, rows), planted)
            ],
            "level": np.array(["Low", "Average", "High"], dtype=object)[random.choice(3, rows)],
        }
    )
    exception = random.random(rows) < 0.1
    labels = np.where(exception, random.choice(3, rows), planted)
    frame["segment"] = np.array(["young", "middle", "old"], dtype=object)[labels]
    frame.loc[random.random(rows) < 0.05, "age"] = np.nan
    frame.loc[random.random(rows) < 0.05, "profession"] = None
    return frame


def fitted(frame: pd.DataFrame, **more: object) -> ClassifierFit:
    settings = {
        "features": FEATURES,
        "ordered_categories": LEVELS,
        "candidates": ("logistic_regression",),
        "repeats": 1,
        "importance_repeats": 1,
    }
    return fit_classifier(frame, "segment", "person", ClassifierOptions(**(settings | more)))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def all_candidates() -> ClassifierFit:
    return fitted(people(), candidates=None, repeats=2)


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
        assert (grouped.folds, ungrouped.folds) == (10, 5)
        assert grouped.standard_deviation is not None
        assert grouped.standard_error == pytest.approx(grouped.standard_deviation / 5**0.5)

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
            fitted(people(), candidates=("gradient_boosting", "xgboost")) for _ in range(2)
        )
        assert again.metrics == first.metrics
        assert again.importance == first.importance
        assert again.classifier is not None
        assert first.classifier is not None
        said = again.classifier.probabilities(people(seed=1))
        assert (said == first.classifier.probabilities(people(seed=1))).all()

    def test_out_of_fold_probabilities_are_of_every_row(
        self, all_candidates: ClassifierFit
    ) -> None:
        kept = all_candidates.out_of_fold
        assert kept.index.equals(people().index)
        assert kept.actual.tolist() == people().segment.tolist()
        assert kept[["middle", "old", "young"]].sum(axis=1).to_numpy() == pytest.approx(1.0)


class TestWhoTakesPart:
    """Segments with too few rows, and features without information."""

    def test_two_segments_are_enough(self) -> None:
        frame = people()
        fit = fitted(
            frame[frame.segment != "old"],
            candidates=("logistic_regression", "gradient_boosting", "xgboost"),
        )
        assert fit.classifier is not None
        assert fit.classifier.segments == ("middle", "young")
        assert fit.classifier.probabilities(frame).sum(axis=1) == pytest.approx(1.0)

    def test_a_segment_of_one_row_is_left_out_by_name(self) -> None:
        frame = people()
        frame.loc[3, "segment"] = "rare"
        fit = fitted(frame)
        assert fit.left_out == {"rare": (1, 1)}
        assert fit.classifier is not None
        assert "rare" not in fit.classifier.segments
        (warning,) = fit.warnings
        assert "The segment rare is left out: it has 1 labelled row in 1 group" in warning

    def test_rows_of_few_people_are_few_groups(self) -> None:
        frame = people()
        frame.loc[:9, "segment"] = "rare"
        frame.loc[:9, "person"] = ["a", "b"] * 5
        assert fitted(frame).left_out == {"rare": (10, 2)}

    def test_folds_shrink_rather_than_leaving_one_segment(self) -> None:
        frame = pd.concat(
            [people()[lambda f: f.segment == "old"], people()[lambda f: f.segment == "young"][:3]]
        )
        fit = fitted(frame)
        assert fit.folds == 3
        assert fit.classifier is not None
        assert "There are 3 folds instead of 5" in fit.warnings[0]

    def test_no_label_gives_an_empty_result(self) -> None:
        fit = fitted(people().assign(segment=None))
        assert (fit.classifier, fit.metrics, fit.selection) == (None, [], [])
        assert "No row has a label" in fit.warnings[-1]
        assert fitted(people().iloc[:0]).classifier is None

    def test_one_segment_gives_an_empty_result(self) -> None:
        fit = fitted(people().assign(segment="only"))
        assert fit.classifier is None
        assert "of one segment, only" in fit.warnings[-1]

    def test_features_without_values_are_dropped_by_name(self) -> None:
        fit = fitted(people().assign(income=np.nan, level="Low"))
        assert {gone.name for gone in fit.dropped_features} == {"income", "level"}
        assert fit.classifier is not None
        assert fit.classifier.features == ["age", "profession"]
        nothing = fitted(people().assign(age=1.0, income=1.0, level="Low", profession=None))
        assert nothing.classifier is None
        assert nothing.warnings[-1] == "No feature tells rows apart."

    def test_columns_that_are_not_there(self) -> None:
        with pytest.raises(ValueError, match="features age are not columns"):
            fitted(people().drop(columns="age"))
        with pytest.raises(ValueError, match="column of the target, segment"):
            fitted(people().drop(columns="segment"))
        with pytest.raises(ValueError, match="features names person"):
            fitted(people(), features=("age", "person"), ordered_categories={})

    @settings(max_examples=40)
    @given(
        st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 8)), min_size=1, max_size=40),
        st.integers(2, 6),
    )
    def test_segments_that_take_part_have_a_group_for_each_fold(
        self, rows: list[tuple[str, int]], folds: int
    ) -> None:
        labels = [segment for segment, _ in rows]
        groups = np.array([group for _, group in rows])
        found = attendance(labels, groups, folds)
        sizes = {
            segment: len({group for other, group in rows if other == segment})
            for segment in set(labels)
        }
        assert set(found.kept) | set(found.left_out) == set(labels)
        assert not set(found.kept) & set(found.left_out)
        assert all(sizes[segment] >= found.folds for segment in found.kept)
        assert (found.folds == 0) == (sum(size >= 2 for size in sizes.values()) < 2)
        if found.folds:
            assert len(found.kept) >= 2
            assert all(sizes[segment] < found.folds for segment in found.left_out)


class TestGroups:
    """Groups that a split must not separate."""

    def test_people_and_equal_rows_form_groups(self) -> None:
        identities = identity_codes(["a", "a", "b", "c", None, None])
        looks = row_codes(np.array([[1.0], [2.0], [2.0], [3.0], [4.0], [np.nan]]))
        assert connected_groups(identities, looks).tolist() == [0, 0, 0, 1, 2, 3]

    def test_missing_values_are_equal(self) -> None:
        codes = row_codes(np.array([[np.nan, 0.0], [np.nan, -0.0], [1.0, np.nan]]))
        assert codes.tolist() == [0, 0, 1]

    @settings(max_examples=40)
    @given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30))
    def test_groups_are_those_of_walking_from_row_to_row(self, rows: list[tuple[int, int]]) -> None:
        first, second = (np.array(codes) for codes in zip(*rows, strict=True))
        groups = connected_groups(first, second)
        for start in range(len(rows)):
            reached, new = {start}, {start}
            while new:
                new = {
                    j
                    for i in new
                    for j in range(len(rows))
                    if first[i] == first[j] or second[i] == second[j]
                } - reached
                reached |= new
            assert set(np.flatnonzero(groups == groups[start])) == reached

    def test_no_group_is_on_both_sides(self) -> None:
        random = np.random.default_rng(0)
        y, groups = random.choice(3, 200), random.choice(60, 200)
        splits = make_splits(y, groups, folds=5, repeats=2, seed=0)
        assert len(splits) == 10
        for split in splits:
            assert not set(groups[split.train]) & set(groups[split.test])
        held_out = np.concatenate([split.test for split in splits if split.repeat == 1])
        assert sorted(held_out) == list(range(200))


class TestMetrics:
    """Metrics of folds, and the selection rule."""

    @settings(max_examples=40)
    @given(st.integers(0, 10_000), st.integers(2, 5), st.integers(1, 60))
    def test_they_are_scikit_learns(self, seed: int, classes: int, rows: int) -> None:
        random = np.random.default_rng(seed)
        actual = random.choice(classes, rows)
        said = random.dirichlet(np.ones(classes), rows)
        predicted = said.argmax(axis=1)
        found = fold_metrics(actual, said, [str(i) for i in range(classes)])
        f1 = reference.f1_score(actual, predicted, average="macro", zero_division=0.0)
        assert found["macro_f1", None] == pytest.approx(f1)
        assert macro_f1(actual, predicted, classes) == pytest.approx(f1)
        assert found["accuracy", None] == pytest.approx((actual == predicted).mean())
        assert found["log_loss", None] == pytest.approx(
            reference.log_loss(actual, np.clip(said, 1e-9, 1), labels=range(classes)), rel=1e-6
        )

    def test_the_simplest_within_one_standard_error_wins(self) -> None:
        def scores(means: dict[str, float]) -> list[MetricSummary]:
            return [
                MetricSummary(name, validation, metric, None, sign * mean, 0.02, 0.01, 5)
                for name, mean in {**means, BASELINE: 0.3}.items()
                for validation in ("grouped", "ungrouped")
                for metric, sign in (("macro_f1", 1), ("accuracy", 1), ("log_loss", -1))
            ]

        def winner(means: dict[str, float]) -> str:
            """Return the winner, which is the same where the log loss is less by as much."""
            winners = set()
            for criterion, sign in (("macro_f1", 1), ("log_loss", -1)):
                records, needed = selection_records(
                    scores(means),
                    {name: {} for name in means},
                    criterion=criterion,
                    leak_gap=0.05,
                    leak_accuracy=0.99,
                )
                assert needed == pytest.approx(sign * (max(means.values()) - 0.01 * 1))
                of_macro_f1 = needed if criterion == "macro_f1" else None
                assert {record["needed_macro_f1"] for record in records} == {of_macro_f1}
                winners |= {record["candidate"] for record in records if record["is_winner"]}
            (won,) = winners
            return str(won)

        assert winner({"simple": 0.52, "middle": 0.53, "intricate": 0.54}) == "middle"
        assert winner({"simple": 0.531, "middle": 0.53, "intricate": 0.54}) == "simple"
        assert winner({"simple": 0.5, "middle": 0.51, "intricate": 0.54}) == "intricate"
        assert winner({"simple": 0.54, "intricate": 0.54}) == "simple"


class TestCalibration:
    """Temperature scaling."""

    def test_overconfidence_is_corrected(self) -> None:
        random = np.random.default_rng(1)
        honest = random.dirichlet(np.ones(3), 4_000)
        actual = (random.random((4_000, 1)) > honest.cumsum(axis=1)).sum(axis=1).clip(0, 2)
        boastful = temper(honest, 0.4)
        temperature = fit_temperature(actual, boastful)
        assert temperature == pytest.approx(2.5, rel=0.1)
        after = temper(boastful, temperature)
        before_error = expected_calibration_error(reliability(actual, boastful))
        after_error = expected_calibration_error(reliability(actual, after))
        assert before_error > 0.1
        assert after_error < 0.03
        assert log_loss(actual, after) < log_loss(actual, boastful)
        assert (after.argmax(axis=1) == boastful.argmax(axis=1)).all()

    def test_bins_and_error_by_hand(self) -> None:
        said = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.5, 0.5]])
        records = reliability(np.array([0, 1, 0, 1]), said, bins=2)
        assert records == [
            {"lower": 0.0, "upper": 0.5, "customers": 1, "mean_probability": 0.5, "accuracy": 0.0},
            {
                "lower": 0.5,
                "upper": 1.0,
                "customers": 3,
                "mean_probability": pytest.approx(0.8),
                "accuracy": pytest.approx(2 / 3),
            },
        ]
        assert expected_calibration_error(records) == pytest.approx((0.5 + 3 * (0.8 - 2 / 3)) / 4)


class TestLeaks:
    """Flags of leaks."""

    def test_a_copied_label_is_flagged_and_named(self) -> None:
        frame = people()
        copied = {"young": "c1", "middle": "c2", "old": "c3"}
        fit = fitted(
            frame.assign(code=frame.segment.map(copied)),
            features=(*FEATURES, "code"),
            candidates=("logistic_regression", "gradient_boosting"),
        )
        flags = [record["leak_flag"] for record in fit.selection]
        assert all("Is one of the features made from the segment?" in flag for flag in flags)
        assert "Most rests on the feature code" in fit.warnings[-1]

    def test_recognised_people_are_flagged(self) -> None:
        """Four rows for each person; only the person determines the segment."""
        random = np.random.default_rng(3)
        once = people(120).assign(segment=random.choice(["x", "y"], 120))
        frame = pd.concat([once] * 4, ignore_index=True)
        fit = fitted(frame, candidates=("random_forest",))
        (record,) = fit.selection
        assert "where people may stand on both sides" in record["leak_flag"]
        assert figure(fit.metrics, "random_forest", "accuracy").mean < 0.65

    def test_honest_features_are_not_flagged(self, all_candidates: ClassifierFit) -> None:
        assert [record["leak_flag"] for record in all_candidates.selection] == [None] * len(
            all_candidates.selection
        )

    def test_people_on_both_sides_are_counted_and_can_be_excluded(self) -> None:
        frame = people()
        prospects = frame[:40].assign(segment=None)
        together = pd.concat([frame, prospects], ignore_index=True)
        fit = fitted(together)
        assert (fit.leakage.labelled_rows, fit.leakage.shared_identities) == (240, 40)
        assert fit.leakage.excluded_rows == 0
        assert "40 people are labelled and among the prospects" in fit.warnings[0]
        without = fitted(together, exclude_shared_identities=True)
        assert without.leakage.excluded_rows == 40
        assert not set(without.out_of_fold.index) & set(range(40))
        elsewhere = fit_classifier(
            frame,
            "segment",
            "person",
            ClassifierOptions(FEATURES, LEVELS, ("logistic_regression",), repeats=1),
            prospects.person,
        )
        assert elsewhere.leakage.shared_identities == 40


class TestFeatures:
    """From a frame to a matrix."""

    def test_values_become_numbers(self) -> None:
        frame = pd.DataFrame(
            {
                "n": [1.0, None, np.inf, 7.0],
                "o": ["Low", "High", None, "?"],
                "c": ["b", "a", " ", "b"],
                "flag": [True, False, True, True],
            }
        )
        columns, dropped = learn_columns(frame, list(frame), {"o": ["Low", "High"]})
        assert not dropped
        assert [column.typical for column in columns] == [4.0, 1.0, 1.0, 1.0]
        expected = [[1, 1, 1, 1], [np.nan, 2, 0, 0], [np.nan, np.nan, np.nan, 1], [7, np.nan, 1, 1]]
        assert np.array_equal(as_matrix(frame, columns), expected, equal_nan=True)
        strange = as_matrix(pd.DataFrame({"c": ["new", "a"], "n": ["x", "5"]}), columns)
        assert strange[:, 2].tolist() == [UNSEEN, 0.0]
        assert np.array_equal(strange[:, 0], [np.nan, 5.0], equal_nan=True)


class TestOptions:
    """Options as they come from YAML."""

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"fold": 5}, "no option 'fold'. Did you mean 'folds'?"),
            ({"folds": 1}, "folds is 1. It must be a whole number, 2 to 100."),
            ({"repeats": 10**6}, "repeats is 1000000. It must be a whole number, 1 to 100."),
            ({"seed": 2**32}, "seed is 4294967296. It must be a whole number, 0 to 2147483647."),
            ({"fold": 1, "repeats": 0}, "'folds'? The options are"),
            ({"fold": 1, "repeats": 0}, "\nrepeats is 0. It must be"),
            ({"candidates": ["random_forrest"]}, "Did you mean 'random_forest'?"),
            ({"candidates": []}, "candidates is empty"),
            ({"features": []}, "features is empty"),
            ({"features": "age"}, "features is a list of names"),
            ({"features": ["a", "a"]}, "names a column twice: a"),
            ({"ordered_categories": {"b": ["x", "y"]}}, "'b', which is not one of the features"),
            ({"ordered_categories": {"a": ["x"]}}, "at least two categories"),
            ({"leak_gap": 2}, "leak_gap is 2. It must be a number from 0 to 1"),
            ({"exclude_shared_identities": "yes"}, "must be true or false"),
        ],
    )
    def test_wrong_options_are_errors(self, wrong: dict[str, object], message: str) -> None:
        with pytest.raises(OptionError) as raised:
            ClassifierOptions.from_mapping({"features": ["a"]}, wrong)
        assert message in str(raised.value)

    def test_a_candidate_that_is_not_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
        assert "xgboost" not in [candidate.name for candidate in chosen_candidates(None)]
        with pytest.raises(OptionError, match="needs the package 'xgboost'"):
            chosen_candidates(["xgboost"])

    def test_candidates_can_be_removed(self) -> None:
        chosen = chosen_candidates(["random_forest", "logistic_regression"])
        assert [candidate.name for candidate in chosen] == ["logistic_regression", "random_forest"]
