"""How numbers and dates are written: nulls, signs, boundaries."""

from __future__ import annotations

import datetime
import math
import re
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from segmentation.report import formats

KINDS = (
    *(formats.TEXT, formats.REASON, formats.COUNT, formats.SHARE, formats.SMALL_SHARE),
    *(formats.NUMBER, formats.MONEY, formats.DATE),
)
FINITE = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e14, max_value=1e14)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("null", [None, math.nan, np.nan, pd.NA, pd.NaT])
def test_a_null_is_a_dash(kind: str, null: Any) -> None:
    assert formats.formatted(null, kind) == "–"


def test_a_kind_that_there_is_not() -> None:
    with pytest.raises(KeyError):
        formats.formatted(1, "percent")


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        (formats.TEXT, "", ""),
        (formats.TEXT, "a <b>", "a <b>"),
        (formats.TEXT, True, "yes"),
        (formats.TEXT, np.False_, "no"),
        (formats.REASON, "there is no model yet", "there was no model before"),
        (formats.COUNT, 0, "0"),
        (formats.COUNT, 999, "999"),
        (formats.COUNT, 1000, "1,000"),
        (formats.COUNT, 1234567.0, "1,234,567"),
        (formats.COUNT, -0.2, "0"),
        (formats.COUNT, 92.5, "93"),
        (formats.COUNT, -0.5, "-1"),
        (formats.NUMBER, 0.125, "0.125"),
        (formats.NUMBER, 1.125, "1.13"),
        (formats.COUNT, -1234, "-1,234"),
        (formats.SHARE, 0, "0.0%"),
        (formats.SHARE, 1, "100.0%"),
        (formats.SHARE, 0.3456, "34.6%"),
        (formats.SHARE, -0.25, "-25.0%"),
        (formats.SHARE, -0.0001, "0.0%"),
        (formats.SHARE, Decimal("0.5"), "50.0%"),
        (formats.SMALL_SHARE, 0, "0.0%"),
        (formats.SMALL_SHARE, 0.01, "1.0%"),
        (formats.SMALL_SHARE, 0.0099, "0.99%"),
        (formats.SMALL_SHARE, -0.0099, "-0.99%"),
        (formats.SMALL_SHARE, -0.01, "-1.0%"),
        (formats.NUMBER, 0, "0"),
        (formats.NUMBER, -0.0, "0"),
        (formats.NUMBER, 3, "3"),
        (formats.NUMBER, 1.5, "1.50"),
        (formats.NUMBER, 99.99, "99.99"),
        (formats.NUMBER, 100.04, "100.0"),
        (formats.NUMBER, 1000.6, "1,001"),
        (formats.NUMBER, 0.5, "0.500"),
        (formats.NUMBER, 0.01, "0.0100"),
        (formats.NUMBER, 0.00012345, "0.000123"),
        (formats.NUMBER, -0.00012345, "-0.000123"),
        (formats.NUMBER, 0.000000123, "0.000"),
        (formats.NUMBER, -0.000000123, "0.000"),
        (formats.NUMBER, 12345678.9, "12,345,679"),
        (formats.NUMBER, 1e15, "1,000,000,000,000,000"),
        (formats.NUMBER, math.inf, "inf"),
        (formats.MONEY, 0, "0"),
        (formats.MONEY, 99.5, "99.50"),
        (formats.MONEY, 100, "100"),
        (formats.MONEY, 100.4, "100"),
        (formats.MONEY, -99.5, "-99.50"),
        (formats.MONEY, -12345.6, "-12,346"),
        (formats.MONEY, -0.001, "0.00"),
        (formats.DATE, "2017-12-31", "2017-12-31"),
        (formats.DATE, datetime.date(2017, 12, 31), "2017-12-31"),
        (formats.DATE, pd.Timestamp("2017-12-31 23:59"), "2017-12-31"),
    ],
)
def test_what_is_written(kind: str, value: Any, written: str) -> None:
    assert formats.formatted(value, kind) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (99.5, "99.50"),
        (9999, "9,999"),
        (10_000, "10.0 thousand"),
        (99_949, "99.9 thousand"),
        (100_000, "100 thousand"),
        (999_499, "999 thousand"),
        (999_500, "1.0 million"),
        (1_000_000, "1.0 million"),
        (-2_440_000, "-2.4 million"),
        (999_499_999, "999 million"),
        (999_500_000, "1.0 billion"),
        (12_345_678_901, "12.3 billion"),
        (Decimal("853000"), "853 thousand"),
    ],
)
def test_large_amounts(value: float, written: str) -> None:
    assert formats.large(value) == written


@given(FINITE)
def test_a_number_keeps_three_digits(value: float) -> None:
    """What is written is the number, but for what three digits leave out."""
    written = formats.number(value)
    assert re.fullmatch(r"-?\d{1,3}(,\d{3})*(\.\d+)?", written)
    read = float(written.replace(",", ""))
    assert math.isclose(read, value, rel_tol=0.005, abs_tol=5e-7)


@given(FINITE)
def test_nothing_is_less_than_nothing(value: float) -> None:
    """No zero has a sign."""
    for write in (formats.count, formats.share, formats.small_share, formats.number, formats.money):
        written = write(value)
        assert not written.startswith("-") or re.search("[1-9]", written), written


@pytest.mark.parametrize(
    ("words", "written"),
    [
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "b", "c", "d"], "a, b, c and d"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 others"),
    ],
)
def test_enumerations(words: list[str], written: str) -> None:
    """One name more is as short as 'and 1 others'."""
    assert formats.listed(words) == written


def test_an_enumeration_of_other_words() -> None:
    assert formats.listed(["a", "b"], word="or") == "a or b"
    assert formats.listed(["a", "b", "c"], most=1) == "a and 2 others"
