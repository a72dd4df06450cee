"""Phone numbers in E.164."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from segmentation.audiences.audience import AudienceError
from segmentation.audiences.phones import NotNormalisedError, checked_region, e164


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+12125650000", None, "+12125650000"),
        ("+44 20 7031 3000", None, "+442070313000"),
        ("020 7031 3000", "GB", "+442070313000"),
        ("0664 1234567", "AT", "+436641234567"),
        ("00 43 664 1234567", "DE", "+436641234567"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("+1 212 565 0000 ext. 12", None, "+12125650000"),
    ],
)
def test_numbers(text: str, region: str | None, number: str) -> None:
    assert e164(text, region) == number


@pytest.mark.parametrize(
    ("text", "region", "reason"),
    [
        ("020 7031 3000", None, "no country's code, and no region is given"),
        ("call me", "US", "not a number"),
        ("555-0100", "US", "no such number in its country"),
        ("+999 123456789", "US", "an unknown country's code"),
    ],
)
def test_reasons(text: str, region: str | None, reason: str) -> None:
    with pytest.raises(NotNormalisedError, match=f"^phone: {reason}$"):
        e164(text, region)


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_has_a_reason(text: str) -> None:
    try:
        number = e164(text, "US")
    except NotNormalisedError:
        return
    assert e164(number, None) == number
    assert re.fullmatch("[+][0-9]{4,15}", number)


def test_regions() -> None:
    assert checked_region(None) is None
    assert checked_region("gb") == "GB"
    with pytest.raises(AudienceError, match="There is no region 'UK'"):
        checked_region("UK")
