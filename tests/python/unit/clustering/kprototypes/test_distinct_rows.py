"""Small tables are read another way than large ones, with the same result."""

import hashlib

import numpy as np
import pytest
from segmentation.clustering.kprototypes import distinct_rows
from segmentation.clustering.kprototypes.distances import mismatches
from segmentation.clustering.kprototypes.distinct_rows import DistinctRows
from segmentation.clustering.kprototypes.search import PrototypeSearch, fit_prototypes

COUNTS = [2, 5, 1, 9]
SEARCH = PrototypeSearch(gamma=None, n_init=2, max_iter=100, tol=0.0, random_state=5)


def rows(seed: int, size: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers and codes in four groups."""
    random = np.random.default_rng(seed)
    group = random.integers(4, size=size)
    numbers = random.normal(size=(size, 3)) + group[:, None]
    drawn = np.column_stack([random.integers(count, size=size) for count in COUNTS])
    return numbers, np.where(random.random((size, 1)) < 0.5, group[:, None] % COUNTS, drawn)


def digest(weights: np.ndarray | None, seed: int) -> str:
    found = fit_prototypes(*rows(seed), COUNTS, 4, SEARCH, weights)
    parts = (found.centers, found.modes, found.labels, np.array(found.cost))
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()


@pytest.mark.parametrize("weights", [None, "whole", "fractions"])
@pytest.mark.parametrize("seed", range(3))
def test_a_small_table_gives_what_a_large_one_would(
    monkeypatch: pytest.MonkeyPatch, weights: str | None, seed: int
) -> None:
    drawn = np.random.default_rng(seed).integers(1, 4, size=300)
    given = {None: None, "whole": drawn, "fractions": drawn / 7}[weights]
    small = digest(given, seed)
    monkeypatch.setattr(distinct_rows, "MOST_BYTES", 0)
    monkeypatch.setattr(distinct_rows, "FEW_ENTRIES", 0)
    assert digest(given, seed) == small


def test_mismatches_are_counted_from_the_categories() -> None:
    numbers, codes = rows(0)
    table = DistinctRows(numbers, codes, COUNTS, None, None)
    assert table.same_category is not None
    modes = np.array([[1, 4, 0, 8], [0, 0, 0, 0]])
    np.testing.assert_array_equal(table.mismatches(modes), mismatches(table.patterns, modes))


def test_sums_of_fractions_are_added_in_the_order_of_the_rows() -> None:
    """A product with zeros adds in an order that is the library's own."""
    numbers, codes = rows(0)
    assert DistinctRows(numbers, codes, COUNTS, np.full(300, 0.1), None).dense_indicator is None
    assert DistinctRows(numbers, codes, COUNTS, np.full(300, 2.0), None).dense_indicator is not None
