"""Reasons in words."""

from __future__ import annotations

import doctest

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from segmentation.lifetime_value import repeat_purchases, value_reasons
from segmentation.lifetime_value.spend_model import SpendModel
from segmentation.lifetime_value.value_reasons import (
    history_in_words,
    purchases_in_words,
    reasons,
    share_in_words,
    spend_in_words,
)


@pytest.mark.parametrize("module", [value_reasons, repeat_purchases])
def test_examples_are_true(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("history", "words"),
    [
        ((10, 90, 131, 0.23), "Bought every 9 days, now gone for 41: 23 % likely to be still a "),
        ((10, 90, 91, 0.23), "Buys every 9 days, the last time 1 day ago: 23 % likely"),
        ((10, 90, 90, 0.995), "Buys every 9 days, the last time today: more than 99 % likely"),
        ((10, 10, 12, 0.23), "Bought every day, now gone for 2 days: 23 % likely"),
        ((90, 90, 91, 0.5), "Buys every day, the last time 1 day ago: 50 %"),
        ((0, 0, 0, 1.0), "Bought once, today: more than 99 % likely"),
        ((0, 0, 1_200, 0.001), "Bought once, 1,200 days ago: less than 1 % likely"),
    ],
)
def test_a_history_in_words(history: tuple[int, float, float, float], words: str) -> None:
    assert history_in_words(*history).startswith(words)


def test_purchases_in_words() -> None:
    assert purchases_in_words(90, 1.0, 1, 1) == (
        "About 1.0 purchase is expected in the next 90 days; exactly 1 is likely."
    )
    assert purchases_in_words(90, 55.4, 30, 80) == (
        "About 55 purchases are expected in the next 90 days; from 30 to 80 are likely."
    )


def test_spend_in_words() -> None:
    assert spend_in_words(0, float("nan"), 35.0, 35.0) == (
        "No repeat purchase yet: the mean of all customers, 35.00, is expected."
    )
    assert "nothing on balance" in spend_in_words(2, -4.0, 35.0, 35.0)


@given(st.floats(0, 1))
def test_no_probability_is_certain(share: float) -> None:
    assert share_in_words(share).removesuffix(" %") not in ("0", "100")


@given(st.integers(0, 500), st.integers(0, 3_000), st.integers(0, 3_000), st.floats(0, 1))
def test_every_history_is_a_sentence(x: int, last: int, rest: int, likely: float) -> None:
    last = max(last, x)
    words = history_in_words(x, last if x else 0, last + rest if x else rest, likely)
    assert words.endswith("% likely to be still a customer.")
    for wrong in (" 0 days", "every 1 ", " 1 days"):
        assert wrong not in words


def test_a_frame_of_reasons_keeps_its_index() -> None:
    customers = pd.DataFrame(
        {"frequency": [10, 0], "recency": [90 / 7, 0], "age": [131 / 7, 1], "spend": [50, np.nan]},
        index=["b", "a"],
    )
    forecast = pd.DataFrame(
        {
            "probability_active": [0.23, 0.8],
            "expected_purchases_90_days": [1.5, 0.2],
            "lower_purchases_90_days": [0, 0],
            "upper_purchases_90_days": [6, 1],
            "expected_spend": [46.2, 40.0],
        },
        index=["b", "a"],
    )
    found = reasons(customers, forecast, SpendModel(4.0, 4.0, 30.0))
    assert found.index.tolist() == ["b", "a"]
    assert found.loc["b"].tolist() == [
        "Bought every 9 days, now gone for 41: 23 % likely to be still a customer.",
        "About 1.5 purchases are expected in the next 90 days; from 0 to 6 are likely.",
        "Spent 50.00 on a repeat purchase day (mean of all 40.00): 46.20 is expected next time.",
    ]
    assert found.reason_1["a"].startswith("Bought once, 7 days ago: 80 %")
    assert reasons(customers, forecast).reason_3.isna().all()
