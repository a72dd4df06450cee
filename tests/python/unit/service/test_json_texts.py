"""JSON of requests and answers: the fast reader and the strict one agree."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from segmentation.service.json_texts import read_json, written_json
from segmentation.service.problems import ProblemError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
PEOPLE = st.fixed_dictionaries(
    {"people": st.lists(st.dictionaries(st.sampled_from("abc"), VALUES), max_size=4)}
)


def as_python(value: Any) -> Any:
    """Return a value whose whole numbers beyond 64 bits are floats: no body may have them."""
    if isinstance(value, dict):
        return {name: as_python(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_python(inner) for inner in value]
    is_large = isinstance(value, int) and not -(2**63) <= value < 2**64
    return float(value) if is_large else value


@given(VALUES | PEOPLE)
def test_what_is_read_is_what_python_reads(value: Any) -> None:
    text = json.dumps(value, allow_nan=False) if not _has_infinity(value) else "[]"
    found, expected = read_json(text.encode()), json.loads(text)
    assert found in (expected, as_python(expected))


def _has_infinity(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_infinity, value.values()))
    if isinstance(value, list):
        return any(map(_has_infinity, value))
    return isinstance(value, float) and math.isinf(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_and_written_to_the_last_bit(number: float) -> None:
    assert read_json(repr(number).encode()) == number
    assert json.loads(written_json([number])) == [number]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"people": [{"age": 1, "age": 2}]}', "age"),
        (b'{"people": [{"age": 1}, {"age": 1, "plan": "x", "\\u0061ge": 2}]}', "age"),
        (b'{"people": [{"age": 1}], "people": [{"age": 2}]}', "people"),
        (b'{"people": [{"plan": {"x": 1, "x": 1}}]}', "x"),
        (b'{"people": [{"plan": "a:b", "age": 1, "age": 2}]}', "age"),
        (b'[{"x": 1, "x": 1}]', "x"),
        (b'{"people": [{"' + b"x" * 300 + b'": 1, "' + b"x" * 300 + b'": 1}]}', "x" * 200 + " "),
    ],
)
def test_a_field_that_an_object_has_twice_is_named(body: bytes, name: str) -> None:
    with pytest.raises(ProblemError, match="more than once") as caught:
        read_json(body)
    assert caught.value.status == 400
    assert f"the field {name}" in caught.value.detail


def test_colons_in_texts_and_half_characters_are_no_mistakes() -> None:
    value = {"people": [{"plan": "a:b", "customer_id": "shop:1"}, {"customer_id": "\udfff"}]}
    assert read_json(json.dumps(value).encode()) == value
    assert json.loads(written_json(value)) == value
