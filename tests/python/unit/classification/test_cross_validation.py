"""Which segments can be cross-validated, and what splits keep together."""

from __future__ import annotations

import numpy as np
from fewer_examples import fewer_examples
from hypothesis import given
from hypothesis import strategies as st
from segmentation.classification.attendance import attendance
from segmentation.classification.cross_validation import make_splits


@fewer_examples(0.4)
@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 8)), min_size=1, max_size=40),
    st.integers(2, 6),
)
def test_segments_that_take_part_have_a_group_for_each_fold(
    rows: list[tuple[str, int]], folds: int
) -> None:
    labels = [segment for segment, _ in rows]
    groups = np.array([group for _, group in rows])
    found = attendance(labels, groups, folds)
    sizes = {
        segment: len({group for other, group in rows if other == segment})
        for segment in set(labels)
    }
    assert set(found.kept) | set(found.left_out) == set(labels)
    assert not set(found.kept) & set(found.left_out)
    assert all(sizes[segment] >= found.folds for segment in found.kept)
    assert (found.folds == 0) == (sum(size >= 2 for size in sizes.values()) < 2)
    if found.folds:
        assert len(found.kept) >= 2
        assert all(sizes[segment] < found.folds for segment in found.left_out)


def test_no_group_is_on_both_sides() -> None:
    random = np.random.default_rng(0)
    y, groups = random.choice(3, 200), random.choice(60, 200)
    splits = make_splits(y, groups, folds=5, repeats=2, seed=0)
    assert len(splits) == 10
    for split in splits:
        assert not set(groups[split.train]) & set(groups[split.test])
    held_out = np.concatenate([split.test for split in splits if split.repeat == 1])
    assert sorted(held_out) == list(range(200))
