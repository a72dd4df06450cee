"""Published figures of the marketing campaign file, reproduced with the library, in file order.

docs/published_results.md says what is wrong with each; the honest figure is pinned beside it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from segmentation.clustering import ALGORITHMS
from segmentation.clustering.k_choice import FitsToJudge, scan_k
from segmentation.features.arrays import Matrix
from segmentation.features.mixed_sample import numbers_only
from segmentation.features.preprocessor import FeaturePreprocessor
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

PURCHASES = [
    "NumDealsPurchases",
    "NumWebPurchases",
    "NumCatalogPurchases",
    "NumStorePurchases",
]


def spend(people: pd.DataFrame, without: str = "") -> pd.Series:
    columns = [name for name in people if name.startswith("Mnt") and name != without]
    return people[columns].sum(axis=1)


def lrfm(people: pd.DataFrame, without: str = "") -> pd.DataFrame:
    """Length in years of membership, recency, frequency and spend of those with usual incomes."""
    known = people.dropna(subset=["Income"])
    income = FeaturePreprocessor(outliers="drop", scaling="none").fit(known[["Income"]])
    usual = known[income.inliers(known[["Income"]])]
    joined = pd.to_datetime(usual.Dt_Customer, format="%d-%m-%Y")
    return pd.DataFrame(
        {
            "length": (pd.Timestamp("2014-06-30") - joined).dt.days / 365,
            "recency": usual.Recency,
            "frequency": usual[PURCHASES].sum(axis=1),
            "monetary": spend(usual, without),
        }
    ).astype(float)


KMEANS = ALGORITHMS["kmeans"]


def kmeans_labels(scaled: pd.DataFrame | Matrix, k: int) -> np.ndarray:
    return KMEANS.fit(numbers_only(np.asarray(scaled)), k, n_init=10, seed=0).labels


def sizes(labels: np.ndarray) -> list[int]:
    return sorted(np.bincount(labels).tolist())


class TestThreeSegmentsOfUnscaledLrfm:
    """Published: 590 low, 1,254 high and 364 medium value customers."""

    def test_the_published_sizes(self, people: pd.DataFrame) -> None:
        table = lrfm(people, without="MntFruits").to_numpy()
        assert len(table) == 2208
        labels = kmeans_labels(table, 3)
        # A flat optimum: seeds with ten restarts differ by two or three customers, as do we.
        assert np.abs(np.array(sizes(labels)) - [364, 590, 1254]).max() <= 4

    def test_with_all_six_kinds_of_spending(self, people: pd.DataFrame) -> None:
        table = lrfm(people).to_numpy()
        labels = kmeans_labels(table, 3)
        assert sizes(labels) == [356, 601, 1251]

    def test_the_cluster_called_high_value_spends_the_least(self, people: pd.DataFrame) -> None:
        table = lrfm(people, without="MntFruits")
        labels = kmeans_labels(table.to_numpy(), 3)
        spent = table.monetary.groupby(labels).mean()
        largest = np.bincount(labels).argmax()
        assert spent.idxmin() == largest

    def test_the_segments_depend_on_spend_alone(self, people: pd.DataFrame) -> None:
        """Unscaled, the other three features make no difference."""
        table = lrfm(people).to_numpy()
        whole = kmeans_labels(table, 3)
        spent = table[:, 3:]
        alone = kmeans_labels(spent, 3)
        assert sizes(whole) == pytest.approx(sizes(alone), abs=5)

    def test_scaled_three_segments_are_weakly_separated(self, people: pd.DataFrame) -> None:
        scaled = FeaturePreprocessor().fit_transform(lrfm(people, without="MntFruits"))
        (judgement,) = scan_k(
            numbers_only(scaled), KMEANS, [3], FitsToJudge(n_init=10, seed=0, resamples=20)
        )
        assert judgement.silhouette == pytest.approx(0.264, abs=0.002)
        assert judgement.stability_mean == pytest.approx(0.84, abs=0.08)


@pytest.fixture(scope="module")
def campaign_features(people_in_rupiah: pd.DataFrame) -> pd.DataFrame:
    """Four features of the 2,236 people within the published trims."""
    believable = (people_in_rupiah.Year_Birth > 1900) & ~(people_in_rupiah.Income > 600_000_000)
    kept = people_in_rupiah[believable]
    return pd.DataFrame(
        {
            "recency": kept.Recency,
            "frequency": kept[PURCHASES].sum(axis=1),
            "monetary": spend(kept),
            "prior_responses": kept[[f"AcceptedCmp{i}" for i in range(1, 6)]].sum(axis=1),
        }
    ).astype(float)


@pytest.fixture(scope="module")
def campaign_scaled(campaign_features: pd.DataFrame) -> Matrix:
    prepared = FeaturePreprocessor(transformation=["none", "none", "yeo_johnson", "none"])
    return prepared.fit_transform(campaign_features)


class TestFourSegmentsWithCampaigns:
    """Published: Loyal 550, Need Attention 941, At Risk 609, Potential Loyalist 136."""

    def test_the_published_segments(
        self, campaign_features: pd.DataFrame, campaign_scaled: Matrix
    ) -> None:
        labels = KMeans(4, n_init=1, random_state=126).fit_predict(campaign_scaled)
        found = campaign_features.groupby(labels).agg(
            customers=("recency", "size"),
            recency=("recency", "mean"),
            frequency=("frequency", "mean"),
            monetary=("monetary", "mean"),
            value=("monetary", "sum"),
        )
        found = found.sort_values("customers").round(0)
        assert found.customers.tolist() == [136, 550, 609, 941]
        assert found.recency.tolist() == pytest.approx([48, 22, 73, 48], abs=1)
        assert found.frequency.tolist() == pytest.approx([21, 21, 20, 7], abs=1)
        assert found.monetary.tolist() == pytest.approx([1.53e6, 919e3, 930e3, 79e3], rel=0.01)
        assert found.value.tolist() == pytest.approx([208.3e6, 505.7e6, 566.5e6, 74.4e6], rel=1e-3)

    def test_restarts_find_a_steadier_answer_nearby(self, campaign_scaled: Matrix) -> None:
        labels = kmeans_labels(campaign_scaled, 4)
        assert np.abs(np.array(sizes(labels)) - [136, 551, 606, 943]).max() <= 3

    def test_inertia_and_silhouette_by_k(self, campaign_scaled: Matrix) -> None:
        published = [5326, 3972, 3119, 2402, 2152, 1935, 1775, 1621, 1521]
        silhouettes = [0.380, 0.377, 0.367, 0.354, 0.350, 0.365, 0.343, 0.317, 0.297]
        for k, inertia, silhouette in zip(range(2, 11), published, silhouettes, strict=True):
            rows = numbers_only(campaign_scaled)
            fitted = KMEANS.fit(rows, k, n_init=10, seed=0)
            labels = fitted.labels
            assert fitted.prototypes.inertia(rows) == pytest.approx(inertia, rel=0.015)
            assert silhouette_score(campaign_scaled, labels) == pytest.approx(silhouette, abs=0.02)

    @pytest.mark.long
    def test_four_segments_are_unstable_and_five_are_stable(self, campaign_scaled: Matrix) -> None:
        four, five = scan_k(
            numbers_only(campaign_scaled),
            KMEANS,
            [4, 5],
            FitsToJudge(n_init=10, seed=0, resamples=40),
        )
        assert four.stability_p10 < 0.7
        assert five.stability_p10 > 0.8


class TestConversionByAgeGroup:
    """Published: young 0.35-0.40, adult 0.25-0.30, elderly 0.30-0.35."""

    @pytest.fixture(scope="class")
    @classmethod
    def visitors(cls, people: pd.DataFrame) -> pd.DataFrame:
        known = people.dropna(subset=["Income"])
        visited = known[known.NumWebVisitsMonth > 0]
        return visited.assign(
            rate=visited.Response / visited.NumWebVisitsMonth,
            age_group=pd.cut(2024 - visited.Year_Birth, [0, 40, 60, 200]),
        )

    def test_the_published_rates_are_of_responders_only(self, visitors: pd.DataFrame) -> None:
        responders = visitors[visitors.Response == 1]
        rates = responders.groupby("age_group", observed=True).rate.mean()
        assert rates.round(3).tolist() == [0.388, 0.255, 0.305]

    def test_the_corrected_rates(self, visitors: pd.DataFrame) -> None:
        groups = visitors.groupby("age_group", observed=True)
        assert groups.rate.mean().round(3).tolist() == [0.071, 0.037, 0.045]
        assert (100 * groups.Response.mean()).round(1).tolist() == [18.3, 14.7, 14.7]
