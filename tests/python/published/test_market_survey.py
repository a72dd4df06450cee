"""Published figures of the market survey, reproduced on the files and corrected in the warehouse.

docs/prospects.md says what is wrong with them.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from builds import Warehouse
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


@pytest.fixture(scope="module")
def survey(data_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Build the whole survey, with its tests."""
    assert data_directory.is_dir()
    warehouse = Warehouse(tmp_path_factory.mktemp("survey"))
    warehouse.build(dataset="market_survey")
    return warehouse


@pytest.mark.long
class TestTheWarehouse:
    """The figures of the marts for the same people."""

    def test_married_people_spend_more(self, survey: Warehouse) -> None:
        found = survey.query(
            "select feature, customers, correlation from marts.rpt_feature_correlations "
            "where (feature, other_feature) in "
            "(('marital_status', 'spending_level'), ('age', 'marital_status')) order by feature"
        )
        assert found == [
            ("age", 10505, pytest.approx(0.569, abs=0.0005)),
            ("marital_status", 10505, pytest.approx(0.612, abs=0.0005)),
        ]

    def test_on_the_published_rows_the_sign_is_the_order_of_three_words(
        self, survey: Warehouse
    ) -> None:
        """Blanks are filled as published; the only difference is how spending is numbered."""
        found = survey.query(
            """
            with placed as (
                select
                    case
                        when customers.marital_status = 'Never married' then 1 else 2
                    end as married,
                    spending.position as true_order,
                    dense_rank() over (order by customers.spending_level) as alphabet
                from marts.dim_customers as customers
                inner join seeds.ordinal_categories as spending
                    on
                        spending.column_name = 'spending_level'
                        and customers.spending_level = spending.category
                where customers.known_segment is not null
            )

            select count(*), corr(married, true_order), corr(married, alphabet) from placed
            """
        )
        assert found == [
            (8068, pytest.approx(0.611, abs=0.0005), pytest.approx(-0.625, abs=0.0005))
        ]

    def test_nothing_is_lost(self, survey: Warehouse) -> None:
        rows = survey.query(
            "select rows_read, rows_accepted from marts.rpt_rows_read "
            "where source_table = 'customers'"
        )
        assert rows == [(10695, 10695)]

    def test_who_is_in_both_files(self, survey: Warehouse) -> None:
        (counts,) = survey.frame("from marts.rpt_shared_identities").to_dict("records")
        assert counts == {
            "labelled_rows": 8068,
            "prospect_rows": 2627,
            "shared_identities": 2332,
            "prospects_with_labelled_identity": 2332,
            "share_of_prospects_with_labelled_identity": pytest.approx(2332 / 2627),
            "prospects_with_identical_labelled_row": 136,
            "labelled_rows_with_twin": 1283,
            "labelled_rows_with_contradicting_twin": 691,
        }

    def test_what_is_known_of_the_people(self, survey: Warehouse) -> None:
        targets = survey.query(
            "select target, count(*), count(early_purchases), count(spending_level_order) "
            "from intermediate.int_prospect_features group by 1 order by 1 nulls last"
        )
        assert targets == [
            ("A", 1972, 0, 1972),
            ("B", 1858, 0, 1858),
            ("C", 1970, 0, 1970),
            ("D", 2268, 0, 2268),
            (None, 2627, 0, 2627),
        ]
