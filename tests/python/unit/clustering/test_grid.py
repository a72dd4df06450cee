"""Dense regions of a grid, joined in SQL: by hand, and against a union-find in Python."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from fewer_examples import fewer_examples
from hypothesis import given
from hypothesis import strategies as st
from segmentation.clustering.grid import DENSITY, INTERVALS, grid_labels
from segmentation.features.mixed_sample import MixedSample
from segmentation.scoring.prototypes import NOISE


def in_cells(
    cells: dict[tuple[int, ...], int], n_numbers: int, counts: tuple[int, ...] = ()
) -> tuple[MixedSample, list[tuple[int, ...]]]:
    """Return rows in the middle of intervals 0 to 3, so many in each cell.

    One of a thousand rows sits at each end, so that the percentiles, and with them the
    intervals, are known.
    """
    rows = [cell for cell, count in cells.items() for _ in range(count)]
    table = np.array(rows, dtype=float).reshape(len(rows), n_numbers + len(counts))
    return (
        MixedSample(table[:, :n_numbers], table[:, n_numbers:].astype(np.intp), counts, gamma=1.0),
        rows,
    )


def labels_of(
    cells: dict[tuple[int, ...], int], n_numbers: int, counts: tuple[int, ...] = ()
) -> dict[tuple[int, ...], int]:
    sample, rows = in_cells(cells, n_numbers, counts)
    labels = grid_labels(sample).tolist()
    found: dict[tuple[int, ...], set[int]] = {}
    for cell, label in zip(rows, labels, strict=True):
        found.setdefault(cell, set()).add(label)
    assert all(len(own) == 1 for own in found.values())
    return {cell: own.pop() for cell, own in found.items()}


def test_dense_cells_that_share_a_face_are_one_region() -> None:
    # Values 0, 1, 2, 3 fall into the intervals 0, 1, 2, 3 of four.
    found = labels_of(
        {
            (0, 0): 50,
            (0, 1): 50,
            (1, 1): 50,
            (3, 3): 60,
            (2, 0): 2,
            (0, 3): 2,
            (3, 0): 2,
            (2, 2): 2,
        },
        2,
    )
    assert found == {
        (0, 0): 0,
        (0, 1): 0,
        (1, 1): 0,
        (3, 3): 1,
        (2, 0): NOISE,
        (0, 3): NOISE,
        (3, 0): NOISE,
        (2, 2): NOISE,
    }


def test_cells_that_touch_at_a_corner_are_apart() -> None:
    found = labels_of({(0, 0): 40, (1, 1): 40, (0, 3): 1, (3, 0): 1, (3, 3): 1}, 2)
    assert {found[0, 0], found[1, 1]} == {0, 1}


def test_one_category_apart_is_a_face() -> None:
    """From the first category to the last as to the one beside it; two at once are too far."""
    cells = {(0, 0, 0): 40, (0, 3, 0): 40, (3, 0, 0): 40, (3, 3, 1): 39}
    sparse = {(i, c, d): 1 for i in (1, 2) for c in range(4) for d in range(2)}
    found = labels_of({**cells, **sparse}, 1, (4, 2))
    assert found[0, 0, 0] == found[0, 3, 0] == 0
    assert {found[3, 0, 0], found[3, 3, 1]} == {1, 2}
    assert {found[cell] for cell in sparse} == {NOISE}


def test_of_equally_large_regions_the_lower_cells_come_first() -> None:
    sparse = {(i, 1): 1 for i in range(4)}
    for cells in ({(3, 3): 30, (0, 0): 30}, {(0, 0): 30, (3, 3): 30}):
        found = labels_of({**sparse, **cells}, 2)
        assert (found[0, 0], found[3, 3]) == (0, 1)
    found = labels_of({**sparse, (0, 0): 30, (3, 3): 31}, 2)
    assert (found[0, 0], found[3, 3]) == (1, 0)


def test_just_the_threshold_is_not_dense() -> None:
    assert DENSITY == 1.5
    # Mean 4: more than 6 is dense.
    assert labels_of({(0,): 6, (1,): 1, (2,): 1, (3,): 8}, 1) == {
        (0,): NOISE,
        (1,): NOISE,
        (2,): NOISE,
        (3,): 0,
    }


def test_rows_that_are_all_alike_or_spread_evenly_are_noise() -> None:
    assert set(labels_of({(2, 1): 40}, 1, (3,)).values()) == {NOISE}
    assert set(labels_of({(i,): 10 for i in range(4)}, 1).values()) == {NOISE}


def expected_labels(sample: MixedSample) -> list[int]:
    """Return what the definition says, without SQL."""
    cells = []
    low, high = np.quantile(sample.numbers, (0.01, 0.99), axis=0)
    for x, codes in zip(sample.numbers, sample.codes, strict=True):
        steps = []
        for value, bottom, top in zip(x, low, high, strict=True):
            width = (top - bottom) / INTERVALS if top > bottom else 1.0
            steps.append(min(max(int(np.floor((value - bottom) / width)), 0), INTERVALS - 1))
        cells.append((*steps, *codes.tolist()))
    counts = Counter(cells)
    threshold = DENSITY * len(cells) / len(counts)
    dense = sorted(cell for cell, count in counts.items() if count > threshold)
    parent = {cell: cell for cell in dense}

    def root(cell: tuple[int, ...]) -> tuple[int, ...]:
        while parent[cell] != cell:
            cell = parent[cell]
        return cell

    p = sample.numbers.shape[1]
    for here in dense:
        for there in dense:
            apart = sum(abs(a - b) for a, b in zip(here[:p], there[:p], strict=True))
            apart += sum(a != b for a, b in zip(here[p:], there[p:], strict=True))
            if apart <= 1:
                lower, higher = sorted([root(here), root(there)])
                parent[higher] = lower
    sizes: Counter[tuple[int, ...]] = Counter()
    for cell in dense:
        sizes[root(cell)] += counts[cell]
    order = sorted(sizes, key=lambda region: (-sizes[region], region))
    return [order.index(root(cell)) if cell in parent else NOISE for cell in cells]


@pytest.mark.long
@fewer_examples(0.2)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 3), st.integers(0, 2)),
        min_size=1,
        max_size=80,
    ),
    p=st.integers(0, 2),
)
def test_regions_are_those_of_a_union_find(rows: list[tuple[int, int, int, int]], p: int) -> None:
    table = np.array(rows)
    # Rows come twice and three times, or nothing would ever be dense.
    table = np.repeat(table, 1 + table.sum(axis=1) % 3 * 2, axis=0)
    sample = MixedSample(table[:, :p].astype(float), table[:, 2:], (3, 3), 1.0)
    labels = grid_labels(sample)
    assert labels.tolist() == expected_labels(sample)
    shuffled = np.random.default_rng(0).permutation(len(sample))
    np.testing.assert_array_equal(grid_labels(sample.rows(shuffled)), labels[shuffled])
