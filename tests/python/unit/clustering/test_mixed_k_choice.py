"""The scan over k of numbers and categories: its figures, and the knee."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from mixed_customers import CATEGORIES, planted_customers, prepared_features, sample_of
from segmentation import KPrototypes
from segmentation.clustering import ALGORITHMS
from segmentation.clustering.judgements import KJudgement
from segmentation.clustering.k_choice import FitsToJudge, knee_of, scan_k
from segmentation.features.mixed_sample import MixedSample
from sklearn.metrics import adjusted_rand_score, calinski_harabasz_score, silhouette_samples

KPROTOTYPES = ALGORITHMS["kprototypes"]


@pytest.fixture(scope="module")
def sample() -> MixedSample:
    frame = planted_customers(240)
    return sample_of(frame, prepared_features(frame))


@pytest.fixture(scope="module")
def scan(sample: MixedSample) -> dict[int, KJudgement]:
    found = scan_k(sample, KPROTOTYPES, range(2, 6), FitsToJudge(n_init=5, seed=0, resamples=5))
    return {judgement.k: judgement for judgement in found}


@pytest.mark.long
def test_inertia_is_the_cost_of_the_estimator(
    sample: MixedSample, scan: dict[int, KJudgement]
) -> None:
    table = pd.DataFrame(sample.numbers).assign(
        **{name: sample.codes[:, f].astype(str) for f, name in enumerate(CATEGORIES)}
    )
    table.columns = table.columns.astype(str)
    for k, judgement in scan.items():
        model = KPrototypes(k, n_init=5, gamma=sample.gamma, random_state=0, max_iter=1000)
        assert judgement.inertia == pytest.approx(model.fit(table).cost_, rel=1e-9)


def test_figures_rest_on_the_square_root_of_the_dissimilarity(
    sample: MixedSample, scan: dict[int, KJudgement]
) -> None:
    labels = KPROTOTYPES.fit(sample, 3, n_init=5, seed=0).labels
    apart = ((sample.numbers[:, None] - sample.numbers[None]) ** 2).sum(axis=2)
    apart = apart + sample.gamma * (sample.codes[:, None] != sample.codes[None]).sum(axis=2)
    scores = silhouette_samples(np.sqrt(apart), labels, metric="precomputed")
    assert scan[3].silhouette == pytest.approx(scores.mean(), rel=1e-9)
    error = scores.std(ddof=1) / np.sqrt(len(scores))
    assert scan[3].silhouette_standard_error == pytest.approx(error, rel=1e-9)
    expected = calinski_harabasz_score(sample.embedded, labels)
    assert scan[3].calinski_harabasz == pytest.approx(expected, rel=1e-9)


def test_planted_groups_are_found_again(scan: dict[int, KJudgement]) -> None:
    assert scan[3].stability_p10 > 0.9
    frame = planted_customers(240)
    whole = sample_of(frame, prepared_features(frame))
    labels = KPROTOTYPES.fit(whole, 3, n_init=5, seed=0).labels
    assert adjusted_rand_score(frame.planted, labels) > 0.9


@pytest.mark.long
def test_the_same_seed_scans_the_same(sample: MixedSample, scan: dict[int, KJudgement]) -> None:
    again = scan_k(sample, KPROTOTYPES, range(2, 6), FitsToJudge(n_init=5, seed=0, resamples=5))
    assert again == list(scan.values())


def test_no_k_beyond_the_distinct_rows_of_categories() -> None:
    codes = np.array([[i % 3] for i in range(60)])
    rows = MixedSample(np.zeros((60, 0)), codes, (3,), 1.0)
    found = scan_k(rows, KPROTOTYPES, range(2, 9), FitsToJudge(n_init=2, seed=0, resamples=3))
    assert [judgement.k for judgement in found] == [2]


def bent(*inertias: float) -> list[KJudgement]:
    return [
        KJudgement(k, inertia, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0)
        for k, inertia in enumerate(inertias, start=2)
    ]


@pytest.mark.parametrize(
    ("judgements", "expected"),
    [
        pytest.param(bent(100, 40, 10, 9, 8, 7), 4, id="where the inertia bends"),
        pytest.param(bent(100, 80, 60, 40, 20), None, id="a straight line has no knee"),
        pytest.param(bent(100, 10), None, id="two points have none"),
        pytest.param(bent(), None, id="nor has nothing"),
    ],
)
def test_the_knee(judgements: list[KJudgement], expected: int | None) -> None:
    assert knee_of(judgements) == expected


def test_the_knee_depends_on_the_range_of_the_scan() -> None:
    long = bent(*(1000 / k for k in range(2, 21)))
    knees = [knee_of(long), knee_of(long[:-11])]
    assert knees == [6, 4]
