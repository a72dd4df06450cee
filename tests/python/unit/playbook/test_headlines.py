"""What sets a segment apart, in one line of words."""

from __future__ import annotations

import pytest
from segmentation.playbook.feature_words import FeatureWords
from segmentation.playbook.headlines import (
    CategoryContrast,
    NumberContrast,
    headline,
    share_z_score,
)

WORDS = {
    "frequency": FeatureWords(
        "frequency", "buys less often", "buys more often", "{} purchase|{} purchases", 0
    ),
    "monetary": FeatureWords("monetary", "spends less", "spends more", "{} spent", 2),
    "age": FeatureWords("age", "younger", "older", "{} years old", 0),
}
AVERAGE = "Close to the average customer on everything"


def test_numbers_come_before_categories_and_the_strongest_first() -> None:
    told = headline(
        [NumberContrast("frequency", 0.8, 12.0, 7.0), NumberContrast("monetary", -1.2, 90.5, 1234)],
        [CategoryContrast("home_town", "Oslo", 0.75, 0.25), CategoryContrast("plan", "pro", 1, 0)],
        WORDS,
    )
    assert told == (
        "Spends less (90.50 spent, all customers 1,234.00); "
        "buys more often (12 purchases, all customers 7); "
        "home town Oslo 75% (all customers 25%)"
    )


def test_a_feature_without_words_is_called_by_its_name() -> None:
    told = headline([NumberContrast("store_visits", 1.0, 2.5, 1.0)], [], {})
    assert told == "Higher store visits (store visits of 2.50, all customers 1.00)"


def test_of_equally_strong_contrasts_those_given_first_are_told() -> None:
    names = ["e", "d", "c", "b", "a"]
    numbers = [NumberContrast(name, -1.0, 3.0 - i, 9.0) for i, name in enumerate(names)]
    categories = [CategoryContrast(name, "x", 0.8, 0.5) for name in ("q", "p", "o")]
    words = {name: FeatureWords(name, f"less {name}", f"more {name}", "{}", 0) for name in names}
    assert headline(numbers, categories, words) == (
        "Less e (3, all customers 9); less d (2, all customers 9); "
        "less c (1, all customers 9); less b (0, all customers 9); "
        "q x 80% (all customers 50%); p x 80% (all customers 50%)"
    )


def test_names_of_columns_may_hold_an_equals_sign() -> None:
    told = headline(
        [NumberContrast("a=b", 1.0, 3.0, 1.0)], [CategoryContrast("c=d", "x=y", 0.75, 0.25)], {}
    )
    assert told == ("Higher a=b (a=b of 3.00, all customers 1.00); c=d x=y 75% (all customers 25%)")


def test_two_categories_of_one_feature_are_told() -> None:
    towns = [
        CategoryContrast("town", "Oslo", 0.5, 0.2),
        CategoryContrast("town", "Bergen", 0.5, 0.1),
    ]
    assert headline([], towns, {}) == (
        "Town Bergen 50% (all customers 10%); town Oslo 50% (all customers 20%)"
    )


def test_a_number_that_is_written_like_that_of_all_customers_is_omitted() -> None:
    """And leaves its place to the next."""
    alike = [NumberContrast(name, 2.0, 5.2, 4.9) for name in ("age", "frequency")]
    others = [NumberContrast(f"n{i}", 1.0, 2.0, 1.0) for i in range(4)]
    told = headline([*alike, *others], [], WORDS)
    assert [phrase.split(" (")[0] for phrase in told.split("; ")] == [
        "Higher n0",
        "higher n1",
        "higher n2",
        "higher n3",
    ]


def test_a_mean_and_a_typical_value_on_different_sides_set_nothing_apart() -> None:
    assert headline([NumberContrast("monetary", 0.9, 40.0, 60.0)], [], WORDS) == AVERAGE


def test_where_little_sets_a_segment_apart_the_strongest_is_told() -> None:
    told = headline(
        [NumberContrast("age", 0.1, 40.0, 39.0), NumberContrast("frequency", -0.2, 6.0, 7.0)],
        [],
        WORDS,
    )
    assert told == "Buys less often (6 purchases, all customers 7)"


@pytest.mark.parametrize(
    ("numbers", "categories"),
    [
        ([], []),
        ([], [CategoryContrast("town", "Oslo", 0.21, 0.2)]),
        ([], [CategoryContrast("town", "Oslo", 0.0, 0.9)]),
        ([], [CategoryContrast("town", "Oslo", 1.0, 1.0)]),
    ],
    ids=["nothing given", "category", "category that is rare here", "one category"],
)
def test_a_segment_that_nothing_sets_apart(
    numbers: list[NumberContrast], categories: list[CategoryContrast]
) -> None:
    assert headline(numbers, categories, WORDS) == AVERAGE


@pytest.mark.parametrize(
    ("here", "everywhere", "expected"),
    [(0.5, 0.5, 0.0), (0.9, 0.5, 0.8), (0.0, 0.2, -0.5), (1.0, 1.0, 0.0), (0.0, 0.0, 0.0)],
)
def test_the_z_score_of_a_share(here: float, everywhere: float, expected: float) -> None:
    assert share_z_score(here, everywhere) == pytest.approx(expected)
