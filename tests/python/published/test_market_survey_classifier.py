"""Published figures of the market survey: which of four segments a person is in.

Here are the rows, and a fit without the people on both sides. `test_market_survey_pipeline.py` has
the fit of all candidates, and what it predicts.

Published are gradient boosting as the best of three candidates and the order of the segments
predicted for 2,627 prospects. 2,332 of these people are labelled in the other file as well:
scores above 0.9 that circulate are copied labels. Nothing here is scored against labels of the
prospects' file, which has none.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from segmentation.classification import ClassifierOptions, fit_classifier
from segmentation.classification.features import as_matrix, learn_columns
from segmentation.classification.grouping import row_codes

FEATURES = (
    "Gender",
    "Ever_Married",
    "Age",
    "Graduated",
    "Profession",
    "Work_Experience",
    "Spending_Score",
    "Family_Size",
    "Var_1",
)
ORDER = {"Spending_Score": ("Low", "Average", "High")}


@pytest.fixture(scope="module")
def labelled(data_directory: Path) -> pd.DataFrame:
    """Read the labelled rows, in file order."""
    return pd.read_csv(data_directory / "market_survey" / "train.csv", dtype={"ID": str})


@pytest.fixture(scope="module")
def prospects(data_directory: Path) -> pd.DataFrame:
    """Read the rows without a label, in file order."""
    return pd.read_csv(data_directory / "market_survey" / "test.csv", dtype={"ID": str})


def test_people_and_rows_on_both_sides(labelled: pd.DataFrame, prospects: pd.DataFrame) -> None:
    assert (len(labelled), len(prospects)) == (8068, 2627)
    assert "Segmentation" not in prospects
    columns, _ = learn_columns(labelled, FEATURES, ORDER)
    codes = row_codes(as_matrix(labelled, columns))
    assert (np.bincount(codes)[codes] > 1).sum() == 1283
    # Equal rows are in one fold.
    assert len(np.unique(codes)) == 7334


@pytest.mark.long
def test_people_who_are_among_the_prospects_from_a_model_without_them(
    labelled: pd.DataFrame, prospects: pd.DataFrame
) -> None:
    """Published: an accuracy of 0.533 on them, with the labels of the labelled file."""
    options = ClassifierOptions(
        FEATURES,
        ORDER,
        candidates=("gradient_boosting",),
        repeats=1,
        exclude_shared_identities=True,
    )
    without = fit_classifier(labelled, "Segmentation", "ID", options, prospects.ID)
    assert without.leakage.excluded_rows == 2332
    shared = labelled[labelled.ID.isin(prospects.ID)]
    assert not set(shared.index) & set(without.out_of_fold.index)
    assert without.classifier is not None
    probabilities = without.classifier.probabilities(shared)
    predicted = np.array(without.classifier.segments)[probabilities.argmax(axis=1)]
    assert (predicted == shared.Segmentation).mean() >= 0.525
