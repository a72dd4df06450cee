"""Bins that are fixed when a model is fitted."""

from __future__ import annotations

import math

from segmentation.features.bins import CountedBins, edges_between


def test_quantiles_are_edges() -> None:
    assert edges_between([1.0, 2.0, 3.0], 0.0, 9.0) == [1.0, 2.0, 3.0]


def test_ties_make_fewer_bins() -> None:
    """Above the largest value there would be nobody."""
    assert edges_between([0.0, 0.0, 0.0, 3.0, 7.0, 7.0], 0.0, 7.0) == [0.0, 3.0]


def test_a_constant_has_a_bin_of_its_own() -> None:
    below, value = edges_between([5.0, 5.0], 5.0, 5.0)
    assert value == 5.0
    assert below == math.nextafter(5.0, 0.0)


def test_no_values_have_no_edges() -> None:
    assert edges_between([None, None], None, None) == []


def test_the_last_bin_is_of_missing_values() -> None:
    numbers = CountedBins("number", "age", [1.0, 2.0], 0.0, 3.0, [], [1, 1, 1, 0])
    categories = CountedBins("category", "city", [], None, None, ["a", "b"], [1, 1, 0, 0])
    assert (numbers.missing, numbers.unseen) == (3, None)
    assert (categories.missing, categories.unseen) == (3, 2)
