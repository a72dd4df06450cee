"""Published segments of fifty members by K-Prototypes, reproduced with the library."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from segmentation import KPrototypes

# The published analysis left gamma to the package kmodes.
PUBLISHED_GAMMA = "half_mean_deviation"

# By k from 2 to 10, with ten restarts of kmodes.
PUBLISHED_COSTS = [74.99, 50.70, 34.55, 26.55, 23.54, 21.15, 18.99, 16.64, 14.22]


@pytest.fixture(scope="module")
def members(data_directory: Path) -> pd.DataFrame:
    read = pd.read_csv(data_directory / "members" / "customer_segments.tsv", sep="\t")
    return read.rename(
        columns={
            "Jenis Kelamin": "gender",
            "Umur": "age",
            "Profesi": "profession",
            "Tipe Residen": "residence_type",
            "NilaiBelanjaSetahun": "annual_spend",
        }
    ).drop(columns=["Customer_ID", "Nama Pelanggan"])


@pytest.fixture(scope="module")
def scaled(members: pd.DataFrame) -> pd.DataFrame:
    """Standardise age and spend."""
    numbers = members[["age", "annual_spend"]]
    return members.assign(**(numbers - numbers.mean()) / numbers.std(ddof=0))


class TestFiveSegmentsOfMembers:
    """Published: Silver Young, Diamond Senior, Gold Senior, Diamond Adult, Gold Adult."""

    def test_costs_by_k(self, scaled: pd.DataFrame) -> None:
        found = [
            KPrototypes(k, gamma=PUBLISHED_GAMMA, random_state=0).fit(scaled).cost_
            for k in range(2, 11)
        ]
        assert np.round(found[:5], 2).tolist() == PUBLISHED_COSTS[:5]
        # From seven segments on, ten restarts of kmodes end above what there is to be found.
        assert all(np.round(found, 2) <= PUBLISHED_COSTS)
        assert np.round(found[5:], 2).tolist() == pytest.approx(
            [20.64, 18.25, 16.0, 14.13], rel=0.01
        )

    @pytest.mark.long
    def test_every_seed_finds_the_published_segments(self, scaled: pd.DataFrame) -> None:
        for seed in range(20):
            model = KPrototypes(5, gamma=PUBLISHED_GAMMA, random_state=seed).fit(scaled)
            assert round(model.cost_, 2) == 26.55
            assert sorted(np.bincount(model.labels_).tolist()) == [5, 8, 11, 12, 14]
            assert model.gamma_ == pytest.approx(0.5)

    @pytest.mark.long
    def test_one_restart_is_enough(self, scaled: pd.DataFrame) -> None:
        """With one restart, kmodes finds these segments with 44 seeds of 100."""
        costs = [
            KPrototypes(5, n_init=1, gamma=PUBLISHED_GAMMA, random_state=seed).fit(scaled).cost_
            for seed in range(20)
        ]
        assert np.mean(np.round(costs, 2) == 26.55) >= 0.9

    def test_ages_and_spending_of_the_segments(
        self, members: pd.DataFrame, scaled: pd.DataFrame
    ) -> None:
        labels = KPrototypes(5, gamma=PUBLISHED_GAMMA, random_state=0).fit_predict(scaled)
        found = members.groupby(labels).agg(
            youngest=("age", "min"), oldest=("age", "max"), spend=("annual_spend", "mean")
        )
        found["millions"] = found.pop("spend").div(1e6)
        found = found.sort_values(["millions", "youngest"])
        assert found[["youngest", "oldest"]].to_numpy().tolist()[0] == [14, 19]
        assert found.millions.iloc[0] == pytest.approx(3, abs=0.5)
        gold, diamond = found.iloc[1:3].sort_values("oldest"), found.iloc[3:].sort_values("oldest")
        assert gold.millions.tolist() == pytest.approx([5.5, 5.5], abs=0.5)
        assert diamond.millions.tolist() == pytest.approx([10, 10], abs=0.8)
        ranges = ["youngest", "oldest"]
        assert gold[ranges].to_numpy().tolist() == [[20, 40], [46, 63]]
        assert diamond[ranges].to_numpy().tolist() == [[18, 41], [45, 64]]

    def test_a_self_employed_senior_is_diamond_senior(
        self, members: pd.DataFrame, scaled: pd.DataFrame
    ) -> None:
        model = KPrototypes(5, gamma=PUBLISHED_GAMMA, random_state=0).fit(scaled)
        numbers = members[["age", "annual_spend"]]
        person = pd.DataFrame(
            {
                "gender": ["Wanita"],
                "age": [58],
                "profession": ["Wiraswasta"],
                "residence_type": ["Sector"],
                "annual_spend": [9_500_000],
            }
        )
        placed = person.assign(
            **(person[["age", "annual_spend"]] - numbers.mean()) / numbers.std(ddof=0)
        )
        of_segment = members[model.labels_ == model.predict(placed[list(scaled)])[0]]
        assert (of_segment.age.min(), of_segment.age.max()) == (45, 64)
        assert of_segment.annual_spend.mean() == pytest.approx(10e6, rel=0.08)
