"""Groups that a split must not separate."""

from __future__ import annotations

import numpy as np
from fewer_examples import fewer_examples
from hypothesis import given
from hypothesis import strategies as st
from segmentation.classification.grouping import connected_groups, identity_codes, row_codes


def test_people_and_equal_rows_form_groups() -> None:
    identities = identity_codes(["a", "a", "b", "c", None, None])
    looks = row_codes(np.array([[1.0], [2.0], [2.0], [3.0], [4.0], [np.nan]]))
    assert connected_groups(identities, looks).tolist() == [0, 0, 0, 1, 2, 3]


def test_missing_values_are_equal() -> None:
    codes = row_codes(np.array([[np.nan, 0.0], [np.nan, -0.0], [1.0, np.nan]]))
    assert codes.tolist() == [0, 0, 1]


@fewer_examples(0.4)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30))
def test_groups_are_those_of_walking_from_row_to_row(rows: list[tuple[int, int]]) -> None:
    first, second = (np.array(codes) for codes in zip(*rows, strict=True))
    groups = connected_groups(first, second)
    for start in range(len(rows)):
        reached, new = {start}, {start}
        while new:
            new = {
                j
                for i in new
                for j in range(len(rows))
                if first[i] == first[j] or second[i] == second[j]
            } - reached
            reached |= new
        assert set(np.flatnonzero(groups == groups[start])) == reached
