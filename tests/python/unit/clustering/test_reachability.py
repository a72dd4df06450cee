"""The order of OPTICS is that of scikit-learn, found in a fraction of its time."""

import numpy as np
import pytest
from segmentation.clustering.reachability import optics_labels, reachability
from sklearn.cluster import OPTICS


@pytest.mark.parametrize("digits", [1, 15], ids=["with ties", "without ties"])
@pytest.mark.parametrize("seed", range(3))
def test_order_and_labels_are_those_of_scikit_learn(seed: int, digits: int) -> None:
    random = np.random.default_rng(seed)
    groups = [random.normal(group, 0.1 + 0.2 * group, size=(60, 4)) for group in range(3)]
    points = np.concatenate(groups).round(digits)
    # A resample: rows come several times.
    points = points[random.integers(len(points), size=len(points))]
    expected = OPTICS(min_samples=8, min_cluster_size=9).fit(points)
    found = reachability(points, 8)
    np.testing.assert_array_equal(found.ordering, expected.ordering_)
    np.testing.assert_array_equal(found.distances, expected.reachability_)
    np.testing.assert_array_equal(found.predecessors, expected.predecessor_)
    labels = optics_labels(points, 8, 9)
    assert len(set(labels)) > 2
    np.testing.assert_array_equal(labels, expected.labels_)


@pytest.mark.filterwarnings("ignore:invalid value encountered in divide")
def test_rows_that_are_all_alike_keep_their_order() -> None:
    found = reachability(np.ones((6, 2)), 3)
    assert found.ordering.tolist() == [0, 1, 2, 3, 4, 5]
    assert found.distances.tolist() == [np.inf, 0, 0, 0, 0, 0]
    assert found.predecessors.tolist() == [-1, 0, 0, 0, 0, 0]
    assert set(optics_labels(np.ones((6, 2)), 3, 2)) == {0}
