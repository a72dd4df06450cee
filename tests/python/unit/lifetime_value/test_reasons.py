"""Reasons in words."""

from __future__ import annotations

import datetime
import doctest

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from segmentation.lifetime_value import combined_forecast, reasons, repeat_purchases
from segmentation.lifetime_value.reasons import (
    history_in_words,
    next_purchase_in_words,
    reasons_of_histories,
    share_in_words,
)


@pytest.mark.parametrize("module", [combined_forecast, reasons, repeat_purchases])
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


def test_when_the_next_purchase_comes() -> None:
    day = datetime.date(2017, 12, 31)
    assert next_purchase_in_words(0.4, day, 3).endswith("by 2018-01-01.")
    assert next_purchase_in_words(31.0, day, 3).endswith("by 2018-01-31.")
    assert next_purchase_in_words(float("nan"), day, 1).endswith("in the next year.")


def test_each_history_has_two_sentences() -> None:
    forecast = pd.DataFrame(
        {
            "frequency": [10.0, 0.0],
            "recency": [90 / 7, 0],
            "age": [131 / 7, 1],
            "probability_active": [0.23, 0.8],
            "days_to_next_purchase": [np.nan, 3.5],
        }
    )
    found = reasons_of_histories(forecast, datetime.date(2017, 12, 31), 3)
    assert found["history"] == [
        "Bought every 9 days, now gone for 41: 23 % likely to be still a customer.",
        "Bought once, 7 days ago: 80 % likely to be still a customer.",
    ]
    assert found["next_purchase"] == [
        "More likely than not, no purchase comes in the next 3 years.",
        "As likely as not, the next purchase comes by 2018-01-04.",
    ]
