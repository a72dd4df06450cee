"""A headline for each segment of labelled customers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from segmentation.playbook.feature_words import FeatureWords
from segmentation.playbook.portraits import portraits

WORDS = {"age": FeatureWords("age", "younger", "older", "{} years old", 0)}
TARGET = pd.Series(["b", "a", "b", "a"])


def test_a_headline_per_segment() -> None:
    frame = pd.DataFrame(
        {"age": [60.0, 20.0, 70.0, 30.0], "profession": ["Doctor", "Artist", "Doctor", "Artist"]}
    )
    assert portraits(frame, TARGET, ["age"], ["profession"], WORDS) == {
        "a": "Younger (25 years old, all customers 45); profession Artist 100% (all customers 50%)",
        "b": "Older (65 years old, all customers 45); profession Doctor 100% (all customers 50%)",
    }


def test_a_headline_uses_the_singular_for_one() -> None:
    words = {"children": FeatureWords("children", "fewer", "more", "{} child|{} children", 0)}
    frame = pd.DataFrame({"children": [3.0, 1.0, 3.0, 1.0]})
    assert portraits(frame, TARGET, ["children"], [], words) == {
        "a": "Fewer (1 child, all customers 2)",
        "b": "More (3 children, all customers 2)",
    }


@pytest.mark.parametrize(
    "column",
    [[5.0, 5.0, 5.0, 5.0], [np.nan] * 4, [None] * 4, ["x", "x", None, "x"]],
    ids=["one number", "no number", "no text", "one text"],
)
def test_a_constant_feature_is_omitted(column: list[object]) -> None:
    frame = pd.DataFrame({"feature": column})
    is_number = frame["feature"].dtype.kind == "f"
    names = ["feature"]
    told = portraits(frame, TARGET, names if is_number else [], [] if is_number else names, {})
    assert set(told.values()) == {"Close to the average customer on everything"}


def test_missing_values_do_not_affect_typical_values() -> None:
    frame = pd.DataFrame({"age": [60.0, 20.0, np.nan, np.nan]})
    told = portraits(frame, TARGET, ["age"], [], WORDS)
    assert told["b"] == "Older (60 years old, all customers 40)"


def test_a_segment_without_known_values_is_close_to_average() -> None:
    frame = pd.DataFrame({"age": [60.0, np.nan, 20.0, np.nan]})
    told = portraits(frame, TARGET, ["age"], [], WORDS)
    assert told["a"] == "Close to the average customer on everything"


def test_a_flag_with_missing_values() -> None:
    frame = pd.DataFrame({"paid": pd.array([True, False, True, None], dtype="boolean")})
    told = portraits(frame, TARGET, ["paid"], [], {})
    assert told["a"] == "Lower paid (paid of 0.00, all customers 1.00)"


def test_shares_are_of_known_values() -> None:
    frame = pd.DataFrame({"profession": [None, "Artist", "Doctor", "Artist"]})
    told = portraits(frame, TARGET, [], ["profession"], {})
    assert told["a"] == "Profession Artist 100% (all customers 67%)"


def test_few_known_values_are_omitted() -> None:
    """Two of thirty are fewer than a tenth, so their values do not describe the segment."""
    unknown = [None] * 28
    frame = pd.DataFrame(
        {
            "income": [9.0, 9.0, *unknown, *[1.0, 2.0, 3.0] * 10],
            "profession": ["Artist", "Artist", *unknown, *["Doctor", "Artist", "Doctor"] * 10],
        }
    )
    target = pd.Series(["few"] * 30 + ["many"] * 30)
    told = portraits(frame, target, ["income"], ["profession"], WORDS)
    assert told["few"] == "Close to the average customer on everything"
