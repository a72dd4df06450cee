"""Bodies of requests: a body is people, or a problem that names the field."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from segmentation.scorer.columns_of_people import Inputs
from segmentation.service.people_bodies import read_asked_people
from segmentation.service.problems import ProblemError, pointer
from segmentation.service.service_settings import Limits

INPUTS = Inputs(("age", "spend"), ("plan",))
LIMITS = Limits(people=3)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
PEOPLE = st.lists(
    st.dictionaries(st.sampled_from(["age", "spend", "plan", "customer_id", "other"]), VALUES),
    max_size=5,
)


@given(VALUES | st.fixed_dictionaries({"people": PEOPLE | VALUES}))
def test_any_json_is_people_or_a_problem(value: Any) -> None:
    problem, asked = None, None
    try:
        asked = read_asked_people(json.dumps(value).encode(), INPUTS, LIMITS)
    except ProblemError as error:
        problem = error
    if problem is not None:
        assert problem.status in (400, 422)
        assert all(field.startswith("/") for field, _ in problem.errors)
        # It can be sent.
        assert json.loads(bytes(problem.response().body))["status"] == problem.status
    if asked is not None:
        assert 1 <= asked.people.count <= 3
        assert all(np.isfinite(v) | np.isnan(v) for v in asked.people.number("age"))
        assert len(asked.ids) == asked.people.count


@given(st.binary(max_size=200))
def test_any_bytes_are_a_problem(body: bytes) -> None:
    with pytest.raises(ProblemError):
        read_asked_people(body, INPUTS, LIMITS)


def test_people_keep_their_order_and_what_is_left_out_is_missing() -> None:
    body = json.dumps(
        {"people": [{"age": 3, "plan": "gold"}, {"customer_id": "b", "spend": 1.5, "plan": None}]}
    )
    asked = read_asked_people(body.encode(), INPUTS, LIMITS)
    assert asked.ids == [None, "b"]
    np.testing.assert_array_equal(asked.people.number("age"), [3, np.nan])
    np.testing.assert_array_equal(asked.people.number("spend"), [np.nan, 1.5])
    assert list(asked.people.text("plan")) == ["gold", None]


def test_pointers() -> None:
    assert pointer("people", 0, "a/b~c") == "/people/0/a~1b~0c"
