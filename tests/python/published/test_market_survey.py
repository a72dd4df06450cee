"""Published figures of the market survey, reproduced on the file.

docs/prospects.md says what is wrong with them; `test_market_survey_pipeline.py` has the same
figures in the warehouse.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from sklearn.preprocessing import LabelEncoder


@pytest.fixture(scope="module")
def filled(data_directory: Path) -> pd.DataFrame:
    """Read the people with a segment, blanks filled with the most frequent answer."""
    people = pd.read_csv(data_directory / "market_survey" / "train.csv")
    return people.fillna(people.mode().iloc[0])


class TestMarriageAgeAndSpending:
    """Published: Ever_Married with Age +0.56, with Spending_Score -0.63."""

    def test_married_people_are_older(self, filled: pd.DataFrame) -> None:
        married = pd.Series(LabelEncoder().fit_transform(filled.Ever_Married))
        assert married.corr(filled.Age) == pytest.approx(0.557, abs=0.0005)

    def test_the_published_sign_comes_from_the_alphabet(self, filled: pd.DataFrame) -> None:
        married = pd.Series(LabelEncoder().fit_transform(filled.Ever_Married))
        encoder = LabelEncoder()
        spending = pd.Series(encoder.fit_transform(filled.Spending_Score))
        assert encoder.classes_.tolist() == ["Average", "High", "Low"]
        assert married.corr(spending) == pytest.approx(-0.625, abs=0.0005)
