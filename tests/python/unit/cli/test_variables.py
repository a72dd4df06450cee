"""Vars are read as dbt reads them, with or without braces."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import typer
import yaml
from segmentation.cli.variables import read_variables, written_variables


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, {}),
        (" ", {}),
        ("dataset: sample", {"dataset": "sample"}),
        ("{dataset: sample}", {"dataset": "sample"}),
        ("as_of: 2024-06-30, refit: true", {"as_of": dt.date(2024, 6, 30), "refit": True}),
        ("refit: true, value_options: {k: 5}", {"refit": True, "value_options": {"k": 5}}),
        ("refit: true\nvalue_options:\n  k: 5", {"refit": True, "value_options": {"k": 5}}),
    ],
)
def test_braces_may_be_left_out(text: str | None, expected: dict[str, Any]) -> None:
    assert read_variables(text) == expected
    assert yaml.safe_load(written_variables(expected)) == expected
    assert "\n" not in written_variables(expected)


@pytest.mark.parametrize("text", ["as_of: 'a", "{as_of: 1", "a: b: c"])
def test_text_that_is_no_yaml_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="it is no YAML"):
        read_variables(text)


@pytest.mark.parametrize("text", ["sample", "3", "[a, b]"])
def test_values_need_a_name(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="gives no var a value"):
        read_variables(text)


@pytest.mark.parametrize("text", ["as_of: 2026-13-01", "as_of: 2026-02-30, refit: true"])
def test_a_day_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="has a day that does not exist"):
        read_variables(text)
