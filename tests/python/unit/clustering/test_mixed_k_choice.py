"""Choosing k among numbers and categories: the scan's figures, and the rule of `auto`."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from mixed_customers import CATEGORIES, planted_customers, prepared_features, sample_of
from segmentation import KPrototypes
from segmentation.clustering import ALGORITHMS
from segmentation.clustering.judgements import KJudgement
from segmentation.clustering.k_choice import choose_k, knee_of, scan_k
from segmentation.features.mixed_sample import MixedSample
from sklearn.metrics import adjusted_rand_score, calinski_harabasz_score, silhouette_samples

KPROTOTYPES = ALGORITHMS["kprototypes"]


@pytest.fixture(scope="module")
def sample() -> MixedSample:
    frame = planted_customers(240)
    return sample_of(frame, prepared_features(frame))


@pytest.fixture(scope="module")
def scan(sample: MixedSample) -> dict[int, KJudgement]:
    found = scan_k(sample, KPROTOTYPES, range(2, 6), n_init=5, seed=0, resamples=5)
    return {judgement.k: judgement for judgement in found}


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


def test_planted_groups_are_found_again_and_chosen(scan: dict[int, KJudgement]) -> None:
    assert scan[3].stability_p10 > 0.9
    chosen = choose_k(list(scan.values()), least=2, most=5, floor=0.6, otherwise=1, is_mixed=True)
    assert chosen == 3
    frame = planted_customers(240)
    whole = sample_of(frame, prepared_features(frame))
    labels = KPROTOTYPES.fit(whole, 3, n_init=5, seed=0).labels
    assert adjusted_rand_score(frame.planted, labels) > 0.9


def test_the_same_seed_scans_the_same(sample: MixedSample, scan: dict[int, KJudgement]) -> None:
    again = scan_k(sample, KPROTOTYPES, range(2, 6), n_init=5, seed=0, resamples=5)
    assert again == list(scan.values())


def test_no_k_beyond_the_distinct_rows_of_categories() -> None:
    codes = np.array([[i % 3] for i in range(60)])
    rows = MixedSample(np.zeros((60, 0)), codes, (3,), 1.0)
    found = scan_k(rows, KPROTOTYPES, range(2, 9), n_init=2, seed=0, resamples=3)
    assert [judgement.k for judgement in found] == [2]


def judged(k: int, silhouette: float, error: float = 0.01, stability: float = 1.0) -> KJudgement:
    # The index of Calinski and Harabasz speaks for the largest k: it must not be heard.
    return KJudgement(k, 1.0, silhouette, error, 100.0 * k, 1.0, stability, stability)


@pytest.mark.parametrize(
    ("judgements", "expected"),
    [
        pytest.param(
            [judged(3, 0.30), judged(4, 0.35), judged(5, 0.355)],
            4,
            id="the smallest within one standard error of the highest",
        ),
        pytest.param(
            [judged(3, 0.25), judged(4, 0.375, 0.125), judged(5, 0.5, 0.125)],
            4,
            id="just one standard error away is within",
        ),
        pytest.param(
            [judged(3, 0.25, 0.5), judged(4, 0.3), judged(5, 0.5, 0.125)],
            5,
            id="the standard error is that of the highest, not of the smaller k",
        ),
        pytest.param(
            [judged(3, 0.5, 0.01), judged(4, 0.5, 0.4), judged(5, 0.2)],
            3,
            id="of equally high ones the smaller k",
        ),
        pytest.param(
            [judged(3, 0.2), judged(4, 0.9, stability=0.59), judged(5, 0.3, stability=0.6)],
            5,
            id="what is not stable is neither chosen nor compared with",
        ),
        pytest.param(
            [judged(2, 0.9), judged(3, 0.1), judged(9, 0.9)],
            3,
            id="what lies outside of the range is no candidate",
        ),
        pytest.param(
            [judged(3, 0.9, stability=0.1), judged(4, 0.1, stability=0.3)],
            4,
            id="none is stable: the most stable",
        ),
        pytest.param(
            [judged(3, 0.1, stability=0.3), judged(4, 0.9, stability=0.3)],
            3,
            id="none is stable, and equally so: the smaller k",
        ),
        pytest.param([judged(2, 0.1)], 2, id="nothing in the range: the largest there is"),
        pytest.param([], 7, id="nothing at all: what else there is"),
    ],
)
def test_the_rule_of_auto(judgements: list[KJudgement], expected: int) -> None:
    for given in (judgements, judgements[::-1]):
        chosen = choose_k(given, least=3, most=8, floor=0.6, otherwise=7, is_mixed=True)
        assert chosen == expected


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
