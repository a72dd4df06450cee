"""Which features a clustering rests on: scikit-learn's figures, on numbers and categories."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from mixed_customers import planted_customers, prepared_features, sample_of
from segmentation.clustering.evidence import feature_evidence
from segmentation.features.mixed_sample import MixedSample, numbers_only
from sklearn.feature_selection import f_classif
from sklearn.metrics import mutual_info_score, silhouette_score

NAMES = ["age", "income", "home", "plan", "coin"]


@pytest.fixture(scope="module")
def planted() -> tuple[MixedSample, np.ndarray]:
    """Return the planted customers, with a column of categories that says nothing of them."""
    frame = planted_customers(240)
    sample = sample_of(frame, prepared_features(frame))
    coin = np.random.default_rng(0).integers(2, size=240)
    return (
        dataclasses.replace(
            sample,
            codes=np.column_stack([sample.codes, coin]),
            category_counts=(*sample.category_counts, 2),
        ),
        frame.planted.to_numpy(),
    )


def test_figures_are_those_of_scikit_learn(planted: tuple[MixedSample, np.ndarray]) -> None:
    sample, labels = planted
    found = feature_evidence(sample, labels, NAMES, seed=0)
    assert [evidence.name for evidence in found] == NAMES
    whole = silhouette_score(sample.embedded, labels)
    assert [evidence.silhouette for evidence in found] == pytest.approx([whole] * 5)
    f_statistics, _ = f_classif(sample.numbers, labels)
    assert [evidence.anova_f for evidence in found[:2]] == pytest.approx(f_statistics.tolist())
    assert [evidence.anova_f for evidence in found[2:]] == [None] * 3
    for evidence, codes in zip(found[2:], sample.codes.T, strict=True):
        assert evidence.mutual_information == pytest.approx(mutual_info_score(codes, labels))
    without_home = dataclasses.replace(
        sample,
        codes=sample.codes[:, 1:],
        category_counts=sample.category_counts[1:],
    )
    expected = silhouette_score(without_home.embedded, labels)
    assert found[2].silhouette_without == pytest.approx(expected)
    without_age = dataclasses.replace(sample, numbers=sample.numbers[:, 1:])
    expected = silhouette_score(without_age.embedded, labels)
    assert found[0].silhouette_without == pytest.approx(expected)


def test_a_column_that_says_nothing_blurs_the_segments(
    planted: tuple[MixedSample, np.ndarray],
) -> None:
    sample, labels = planted
    *others, coin = feature_evidence(sample, labels, NAMES, seed=0)
    assert coin.silhouette_without is not None
    assert coin.silhouette_without > coin.silhouette
    assert coin.mutual_information < 0.02
    assert min(evidence.mutual_information for evidence in others) > 0.3


def test_noise_is_a_segment_of_its_own(planted: tuple[MixedSample, np.ndarray]) -> None:
    sample, labels = planted
    noisy = np.where(np.arange(240) % 9 == 0, -1, labels)
    found = feature_evidence(sample, noisy, NAMES, seed=0)
    assert found[0].silhouette == pytest.approx(silhouette_score(sample.embedded, noisy))


def test_the_only_feature_cannot_be_left_out() -> None:
    rows = numbers_only(np.array([[0.0], [0.1], [5.0], [5.1]]))
    (found,) = feature_evidence(rows, np.array([0, 0, 1, 1]), ["x"], seed=0)
    assert found.silhouette_without is None
    codes = MixedSample(np.zeros((4, 0)), np.array([[0], [0], [1], [1]]), (2,), 1.0)
    (found,) = feature_evidence(codes, np.array([0, 0, 1, 1]), ["y"], seed=0)
    assert (found.anova_f, found.silhouette, found.silhouette_without) == (None, 1.0, None)
    assert found.mutual_information == pytest.approx(np.log(2))


@pytest.mark.parametrize("labels", [[0, 0, 0, 0], [0, 1, 2, 3]])
def test_one_segment_or_as_many_as_rows_have_none(labels: list[int]) -> None:
    rows = numbers_only(np.arange(4.0)[:, None])
    assert feature_evidence(rows, np.array(labels), ["x"], seed=0) == []


def test_a_customer_alone_in_a_segment() -> None:
    rows = MixedSample(np.arange(5.0)[:, None], np.array([[0], [1], [0], [1], [0]]), (2,), 1.0)
    found = feature_evidence(rows, np.array([0, 0, 0, 0, 1]), ["x", "y"], seed=0)
    assert all(np.isfinite(evidence.mutual_information) for evidence in found)


def test_the_same_seed_gives_the_same_figures(planted: tuple[MixedSample, np.ndarray]) -> None:
    sample, labels = planted
    one, other = (feature_evidence(sample, labels, NAMES, seed=5) for _ in range(2))
    assert one == other
