"""Which rows and features a classifier learns from, and which are left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from planted_segments import FEATURES, LEVELS, fitted, people
from segmentation.classification import ClassifierOptions, fit_classifier


@pytest.mark.long
def test_two_segments_are_enough() -> None:
    frame = people()
    fit = fitted(
        frame[frame.segment != "old"],
        candidates=("logistic_regression", "gradient_boosting", "xgboost"),
    )
    assert fit.classifier is not None
    assert fit.classifier.segments == ("middle", "young")
    assert fit.classifier.probabilities(frame).sum(axis=1) == pytest.approx(1.0)


@pytest.mark.long
def test_a_segment_of_one_row_is_left_out_by_name() -> None:
    frame = people()
    frame.loc[3, "segment"] = "rare"
    fit = fitted(frame)
    assert fit.left_out == {"rare": (1, 1)}
    assert fit.classifier is not None
    assert "rare" not in fit.classifier.segments
    (warning,) = fit.warnings
    assert "The segment rare is left out: it has 1 labelled row in 1 group" in warning


@pytest.mark.long
def test_rows_of_few_people_are_few_groups() -> None:
    frame = people()
    frame.loc[:9, "segment"] = "rare"
    frame.loc[:9, "person"] = ["a", "b"] * 5
    assert fitted(frame).left_out == {"rare": (10, 2)}


def test_folds_shrink_rather_than_leaving_one_segment() -> None:
    frame = pd.concat(
        [people()[lambda f: f.segment == "old"], people()[lambda f: f.segment == "young"][:3]]
    )
    fit = fitted(frame)
    assert fit.folds == 3
    assert fit.classifier is not None
    assert "There are 3 folds instead of 5" in fit.warnings[0]


def test_no_label_gives_an_empty_result() -> None:
    fit = fitted(people().assign(segment=None))
    assert (fit.classifier, fit.metrics, fit.selection) == (None, [], [])
    assert "No row has a label" in fit.warnings[-1]
    assert fitted(people().iloc[:0]).classifier is None


def test_one_segment_gives_an_empty_result() -> None:
    fit = fitted(people().assign(segment="only"))
    assert fit.classifier is None
    assert "of one segment, only" in fit.warnings[-1]


@pytest.mark.long
def test_features_without_values_are_dropped_by_name() -> None:
    fit = fitted(people().assign(income=np.nan, level="Low"))
    assert {gone.name for gone in fit.dropped_features} == {"income", "level"}
    assert fit.classifier is not None
    assert fit.classifier.features == ["age", "profession"]
    nothing = fitted(people().assign(age=1.0, income=1.0, level="Low", profession=None))
    assert nothing.classifier is None
    assert nothing.warnings[-1] == "No feature tells rows apart."


def test_columns_that_are_not_there() -> None:
    with pytest.raises(ValueError, match="features age are not columns"):
        fitted(people().drop(columns="age"))
    with pytest.raises(ValueError, match="column of the target, segment"):
        fitted(people().drop(columns="segment"))
    with pytest.raises(ValueError, match="features names person"):
        fitted(people(), features=("age", "person"), ordered_categories={})


@pytest.mark.long
def test_people_on_both_sides_are_counted_and_can_be_excluded() -> None:
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
