"""Values of JSON and of files, each read or refused."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from segmentation.scorer.columns_of_people import Inputs
from segmentation.scorer.people_from_values import read_number, read_people, read_text


@given(st.floats(min_value=-1e15, max_value=1e15))
def test_a_number_is_read_as_it_is_and_from_text(value: float) -> None:
    assert read_number(value) == value
    assert read_number(repr(value), from_file=True) == value


@given(
    st.one_of(st.floats(), st.integers(), st.text(), st.booleans(), st.none(), st.lists(st.none()))
)
def test_whatever_is_given_is_a_finite_number_or_missing_or_a_mistake(value: Any) -> None:
    for from_file in (False, True):
        found = read_number(value, from_file=from_file)
        assert isinstance(found, str) or math.isnan(found) or abs(found) <= 1e15
        text, problem = read_text(value, from_file=from_file)
        assert (text is None) or (problem is None)


@pytest.mark.parametrize("value", ["1_000", "nan", "inf", "0x10", "1,5", "1e99999", "²", "--1"])
def test_text_that_is_no_number(value: str) -> None:
    assert isinstance(read_number(value, from_file=True), str)


def test_types_of_files() -> None:
    assert read_number(Decimal("12.50"), from_file=True) == 12.5
    assert read_number(" 7 ", from_file=True) == 7
    assert isinstance(read_number("7"), str)
    assert read_text(3, from_file=True) == ("3", None)
    assert read_text(3)[1] is not None
    assert read_text("  ") == (None, None)
    assert read_number(10**400) == read_number(math.inf)


VALUES = st.lists(
    st.one_of(
        st.none(),
        st.floats(),
        st.integers(),
        st.booleans(),
        st.text(alphabet="a7 .\ud800", max_size=3),
        st.decimals(allow_nan=False, allow_infinity=False, places=2),
    ),
    max_size=15,
)
SOUND = st.lists(st.none() | st.floats(-1e15, 1e15) | st.integers(-9, 10**15), max_size=15)


@given(values=VALUES | SOUND, from_file=st.booleans())
def test_a_column_is_read_as_each_value_of_it(values: list[Any], from_file: bool) -> None:
    people, mistakes = read_people(
        Inputs(("age",), ("plan",)),
        len(values),
        {"age": values, "plan": values},
        from_file=from_file,
    )
    numbers = [read_number(value, from_file=from_file) for value in values]
    expected = [math.nan if isinstance(number, str) else number for number in numbers]
    np.testing.assert_array_equal(people.number("age"), expected)
    texts = [read_text(value, from_file=from_file) for value in values]
    assert list(people.text("plan")) == [text for text, _ in texts]
    assert [(m.row, m.message) for m in mistakes] == [
        *((i, number) for i, number in enumerate(numbers) if isinstance(number, str)),
        *((i, problem) for i, (_, problem) in enumerate(texts) if problem),
    ]


def test_mistakes_are_named_and_hold_no_value() -> None:
    people, mistakes = read_people(
        Inputs(("age",), ("plan",)), 3, {"age": [1, "x", None], "plan": ["a", None, 5], "other": []}
    )
    assert [(m.row, m.column) for m in mistakes] == [(1, "age"), (2, "plan")]
    assert "x" not in mistakes[0].message.split()
    assert people.number("age").tolist()[0] == 1
    assert list(people.text("plan")) == ["a", None, None]
