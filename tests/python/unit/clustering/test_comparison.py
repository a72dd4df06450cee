"""The algorithms side by side: planted groups found by all that take a k, the same run twice."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from mixed_customers import planted_customers, prepared_features, sample_of
from segmentation.clustering import ALGORITHMS
from segmentation.clustering.comparison import compare_algorithms
from segmentation.clustering.judgements import AlgorithmJudgement
from segmentation.clustering.k_choice import FitsToJudge
from segmentation.features.mixed_sample import MixedSample, numbers_only
from segmentation.scoring.prototypes import NOISE
from sklearn.metrics import adjusted_rand_score, silhouette_score


@pytest.fixture(scope="module")
def sample() -> MixedSample:
    frame = planted_customers(240)
    return sample_of(frame, prepared_features(frame))


def compared(sample: MixedSample, names: list[str], k: int = 3) -> dict[str, AlgorithmJudgement]:
    found = compare_algorithms(sample, names, k, FitsToJudge(n_init=2, seed=0, resamples=2))
    return {judgement.algorithm: judgement for judgement in found}


@pytest.fixture(scope="module")
def everything(sample: MixedSample) -> dict[str, AlgorithmJudgement]:
    return compared(sample, list(ALGORITHMS))


TAKES_K = [name for name, algorithm in ALGORITHMS.items() if algorithm.takes_k]


@pytest.mark.parametrize("name", TAKES_K)
def test_planted_groups_are_found(
    sample: MixedSample, everything: dict[str, AlgorithmJudgement], name: str
) -> None:
    """By every algorithm that takes a k; those that do not may split a group, or call it noise."""
    labels = ALGORITHMS[name].fit(sample, 3, n_init=2, seed=0).labels
    assert adjusted_rand_score(planted_customers(240).planted, labels) > 0.9
    judged = everything[name]
    assert (judged.segments, judged.noise_share) == (3, 0.0)
    assert judged.scoring_agreement > 0.97
    assert judged.stability_p10 > 0.9


@pytest.mark.parametrize("name", [name for name in ALGORITHMS if name not in TAKES_K])
def test_figures_of_algorithms_with_noise(
    sample: MixedSample, everything: dict[str, AlgorithmJudgement], name: str
) -> None:
    fitted = ALGORITHMS[name].fit(sample, 3, n_init=2, seed=0)
    inside = fitted.labels != NOISE
    judged = everything[name]
    assert 0 < judged.noise_share < 1
    assert judged.noise_share == pytest.approx((~inside).mean())
    assert judged.segments == len(set(fitted.labels[inside].tolist()))
    expected = silhouette_score(sample.embedded[inside], fitted.labels[inside])
    assert judged.silhouette == pytest.approx(expected)
    agreement = adjusted_rand_score(fitted.labels, fitted.prototypes.assign(sample))
    assert judged.scoring_agreement == agreement > 0.9
    # Where a group is split, its parts are of that group.
    planted = planted_customers(240).planted.to_numpy()
    for segment in range(judged.segments):
        own = planted[fitted.labels == segment]
        assert np.bincount(own).max() / len(own) > 0.9


@pytest.mark.long
def test_the_same_but_for_the_clock(
    sample: MixedSample, everything: dict[str, AlgorithmJudgement]
) -> None:
    again = compared(sample, list(ALGORITHMS))
    assert list(again) == list(ALGORITHMS)
    for name, judged in everything.items():
        assert dataclasses.replace(judged, seconds=0.0) == dataclasses.replace(
            again[name], seconds=0.0
        )


def test_rules_are_in_words(everything: dict[str, AlgorithmJudgement]) -> None:
    for judged in everything.values():
        assert judged.scoring_rule
        assert judged.family
        has_noise = not ALGORITHMS[judged.algorithm].takes_k
        assert ("no noise" in judged.noise_rule) is not has_noise


def test_what_needs_both_kinds_is_left_out(sample: MixedSample) -> None:
    numbers = numbers_only(sample.numbers)
    assert list(compared(numbers, ["kmodes", "kmeans"])) == ["kmeans"]
    categories = dataclasses.replace(sample, numbers=sample.numbers[:, :0])
    assert list(compared(categories, ["kmodes", "kprototypes"])) == ["kprototypes"]


def test_each_turn_is_announced(sample: MixedSample) -> None:
    told: list[str] = []
    compare_algorithms(
        sample,
        ["grid", "kmeans"],
        2,
        FitsToJudge(n_init=1, seed=0, resamples=2),
        announce=told.append,
    )
    assert told == ["comparing grid", "comparing kmeans"]


def test_nothing_to_compare(sample: MixedSample) -> None:
    assert compared(sample, ["kmeans"], k=1) == {}
    alike = sample.rows(np.repeat([0, 1, 2], 30))
    assert alike.distinct_rows == 3
    assert compared(alike, ["kmeans"], k=3) == {}
    assert list(compared(alike, ["kmeans"], k=2)) == ["kmeans"]
    assert compared(sample, []) == {}


def test_rows_that_are_all_noise_have_no_figures() -> None:
    """Evenly spread: no cell of the grid is dense."""
    rows = numbers_only(np.linspace(0, 1, 80)[:, None])
    judged = compared(rows, ["grid"])["grid"]
    assert (judged.segments, judged.noise_share) == (0, 1.0)
    assert judged.silhouette is judged.calinski_harabasz is judged.davies_bouldin is None
    assert judged.scoring_agreement == 1.0


@pytest.mark.parametrize("name", ALGORITHMS)
def test_few_rows_that_differ_are_compared_all_the_same(name: str) -> None:
    """Four distinct rows, of which a resample may miss some."""
    numbers = np.repeat([[0.0], [0.1], [5.0], [5.2]], 5, axis=0)
    codes = np.repeat([[0], [0], [1], [1]], 5, axis=0)
    found = compared(MixedSample(numbers, codes, (2,), 0.5), [name], k=3)
    assert np.isfinite(found[name].stability_mean)
