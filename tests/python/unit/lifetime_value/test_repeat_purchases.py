"""Purchase histories: what is refused, and how equal ones are grouped."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from segmentation.lifetime_value.repeat_purchases import PurchaseHistoryError, RepeatPurchases


@pytest.mark.parametrize(
    ("history", "words"),
    [
        ((1.5, 2.0, 3.0), "frequency is 1.5"),
        ((float("nan"), 2.0, 3.0), "frequency is nan"),
        ((-1, 2.0, 3.0), "frequency is negative"),
        ((1e12, 2.0, 3.0), "exceeds 10,000,000"),
        ((1, -2.0, 3.0), "recency is negative"),
        ((1, 4.0, 3.0), "later than the age allows"),
        ((1, 0.0, 3.0), "if, and only if"),
        ((0, 1.0, 3.0), "if, and only if"),
        ((0, 0.0, float("nan")), "missing"),
        ((0, 0.0, float("inf")), "missing"),
    ],
)
def test_a_history_that_nobody_can_have_is_refused(
    history: tuple[float, float, float], words: str
) -> None:
    columns = zip((0, 0.0, 1.0), history, strict=True)
    with pytest.raises(PurchaseHistoryError, match="Row 1") as error:
        RepeatPurchases.of(*(list(column) for column in columns))
    assert words in str(error.value)


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(PurchaseHistoryError, match=r"\(2,\), \(1,\) and \(1,\)"):
        RepeatPurchases.of([0, 0], [0.0], [1.0])


HISTORIES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 5), st.integers(0, 3)), min_size=0, max_size=40
)


def of(rows: list[tuple[int, int, int]]) -> RepeatPurchases:
    x, last, rest = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    recency = np.where(x > 0, last, 0) / 7
    return RepeatPurchases.of(x, recency, recency + rest / 7)


@given(HISTORIES.filter(bool), st.randoms(use_true_random=False))
def test_groups_hold_everybody_once_in_any_order(
    rows: list[tuple[int, int, int]], random: np.random.Generator
) -> None:
    purchases = of(rows)
    grouped = purchases.grouped()
    triples = list(
        zip(
            grouped.purchases.frequency.tolist(),
            grouped.purchases.recency.tolist(),
            grouped.purchases.age.tolist(),
            strict=True,
        )
    )
    assert triples == sorted(set(triples))
    assert grouped.customers.sum() == len(purchases)
    np.testing.assert_array_equal(grouped.customers, np.bincount(grouped.position))
    for column in ("frequency", "recency", "age"):
        np.testing.assert_array_equal(
            getattr(grouped.purchases, column)[grouped.position], getattr(purchases, column)
        )
    shuffled = list(rows)
    random.shuffle(shuffled)
    again = of(shuffled).grouped()
    np.testing.assert_array_equal(again.purchases.age, grouped.purchases.age)
    np.testing.assert_array_equal(again.customers, grouped.customers)


def test_nobody_is_grouped_to_nothing() -> None:
    grouped = RepeatPurchases.of([], [], []).grouped()
    assert len(grouped) == 0
    assert grouped.customers.sum() == 0
