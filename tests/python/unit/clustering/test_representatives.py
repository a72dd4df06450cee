"""Points that stand for segments: near every row that they stand for, far from all others."""

from __future__ import annotations

import numpy as np
import pytest
from mixed_customers import planted_customers, prepared_features, sample_of
from segmentation.clustering import ALGORITHMS
from segmentation.clustering.representatives import MOST_POINTS, representatives
from segmentation.features.mixed_sample import MixedSample, numbers_only
from segmentation.scoring.prototypes import NOISE
from sklearn.datasets import make_moons


@pytest.fixture(scope="module")
def sample() -> MixedSample:
    frame = planted_customers(400)
    return sample_of(frame, prepared_features(frame))


def planted_with_noise() -> np.ndarray:
    labels = planted_customers(400).planted.to_numpy().copy()
    labels[::9] = NOISE
    return labels


def test_no_row_of_a_segment_is_noise(sample: MixedSample) -> None:
    labels = planted_with_noise()
    found = representatives(sample, labels, has_noise=True, seed=0)
    assert (found.assign(sample)[labels != NOISE] != NOISE).all()


def test_a_row_that_is_nearer_to_another_segments_point_is_no_noise_either() -> None:
    """The last row of the wide segment lies nearer to the point of the narrow one."""
    rows = np.array([[0.0], [1.0], [2.0], [3.0], [3.2], [3.3], [3.4]])
    labels = np.array([0, 0, 0, 0, 1, 1, 1])
    found = representatives(numbers_only(rows), labels, has_noise=True, seed=0)
    assert found.centers.ravel().tolist() == pytest.approx([1.5, 3.3])
    assert found.assign(numbers_only(rows)).tolist() == [0, 0, 0, 1, 1, 1, 1]
    beyond = numbers_only(np.array([[3.3 + 0.299], [3.3 + 0.301]]))
    assert found.assign(beyond).tolist() == [1, NOISE]


@pytest.mark.long
@pytest.mark.parametrize("name", ["dbscan", "hdbscan", "optics", "grid"])
@pytest.mark.parametrize("seed", range(3))
def test_scoring_makes_no_noise_of_what_the_fit_kept(name: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    frame = planted_customers(400, seed=seed)
    # Three groups that run into one another.
    frame["age"] += random.normal(0, 10, 400)
    sample = sample_of(frame, prepared_features(frame))
    fitted = ALGORITHMS[name].fit(sample, 3, n_init=1, seed=0)
    scored = fitted.prototypes.assign(sample)
    assert (fitted.labels != NOISE).sum() > 100
    assert not ((scored == NOISE) & (fitted.labels != NOISE)).any()


def test_a_point_of_one_row_reaches_a_rounding_error() -> None:
    """The engine's logarithm may differ from NumPy's in the last digit."""
    rows = np.array([[0.1, 0.7], [9.3, 4.4]])
    found = representatives(numbers_only(rows), np.array([0, 1]), has_noise=True, seed=0)
    assert found.assign(numbers_only(rows)).tolist() == [0, 1]
    assert found.assign(numbers_only(rows * (1 + 1e-14))).tolist() == [0, 1]


def test_a_reach_goes_to_the_farthest_row_and_no_further() -> None:
    rows = np.array([[0.0], [1.0], [2.0], [5.0], [100.0], [101.0]])
    labels = np.array([0, 0, 0, 0, 1, 1])
    found = representatives(numbers_only(rows), labels, has_noise=True, seed=0)
    assert found.centers.tolist() == [[2.0], [100.5]]
    asked = numbers_only(np.array([[5.0], [5.001], [-1.0], [-1.001], [101.0], [101.1], [50.0]]))
    assert found.assign(asked).tolist() == [0, NOISE, 0, NOISE, 1, NOISE, NOISE]


def test_without_noise_far_rows_join_the_nearest_segment(sample: MixedSample) -> None:
    labels = planted_customers(400).planted.to_numpy()
    found = representatives(sample, labels, has_noise=False, seed=0)
    assert found.reaches is None
    far = MixedSample(
        np.full((1, 2), 1e6), np.array([[4, 4]]), sample.category_counts, sample.gamma
    )
    assert found.assign(far)[0] in {0, 1, 2}


def test_as_many_points_as_rows_allow() -> None:
    random = np.random.default_rng(0)
    rows = np.vstack(
        [
            random.normal(0, 1, (300, 2)),
            random.normal(50, 1, (35, 2)),
            random.normal(100, 1, (4, 2)),
            np.full((60, 2), 150.0),
        ]
    )
    labels = np.repeat([0, 1, 2, 3], [300, 35, 4, 60])
    found = representatives(numbers_only(rows), labels, has_noise=False, seed=0)
    assert np.bincount(found.segment_ids).tolist() == [MOST_POINTS, 3, 1, 1]


def test_points_follow_a_shape_that_is_not_spherical() -> None:
    points, moon = make_moons(400, noise=0.05, random_state=0)
    found = representatives(numbers_only(points), moon, has_noise=False, seed=0)
    assert (found.assign(numbers_only(points)) == moon).mean() > 0.98


def test_all_noise_has_no_points(sample: MixedSample) -> None:
    for has_noise in (True, False):
        found = representatives(sample, np.full(len(sample), NOISE), has_noise=has_noise, seed=0)
        assert found.segments == 0
        assert found.centers.shape == (0, 2)
        assert [costs.shape for costs in found.category_costs] == [(0, 5), (0, 5)]
        assert set(found.assign(sample).tolist()) == {NOISE}


def test_the_same_seed_gives_the_same_points(sample: MixedSample) -> None:
    one, other = (
        representatives(sample, planted_with_noise(), has_noise=True, seed=4) for _ in range(2)
    )
    assert one.centers.tobytes() == other.centers.tobytes()
    assert one.reaches is not None
    assert other.reaches is not None
    assert one.reaches.tobytes() == other.reaches.tobytes()
