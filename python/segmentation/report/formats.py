"""Numbers and dates as English readers write them."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pandas as pd

from segmentation.report.plain_words import in_plain_words

# How a value is written.
TEXT = "text"
REASON = "reason"
COUNT = "count"
SHARE = "share"
SMALL_SHARE = "small_share"
NUMBER = "number"
MONEY = "money"
DATE = "date"
# Those that are read as words: they stand to the left.
WORDS = frozenset({TEXT, REASON})

NOTHING = "–"


def formatted(value: Any, kind: str) -> str:
    """Return a value as text for people.

    Parameters
    ----------
    value : object
        Null is written as a dash.
    kind : str
        ``text``, ``reason`` (a text of a fit, in plain words), ``count`` (1,234), ``share``
        (0.345 as 34.5%), ``small_share`` (one more digit below one per cent), ``number`` (three
        significant digits, thousands separated), ``money`` (whole units; cents below 100) or
        ``date`` (2017-12-31). Text that is true or false is ``yes`` or ``no``.

    Raises
    ------
    KeyError
        If the kind is none of these.
    """
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return NOTHING
    return _WRITERS[kind](value)


def count(value: float) -> str:
    """Return a whole number with thousands separated."""
    return f"{halves_up(value, 0):z,.0f}"


def halves_up(value: float, digits: int) -> float:
    """Return a number rounded as people and SQL do: a half goes away from zero."""
    step = Decimal(1).scaleb(-digits)
    return float(Decimal(repr(float(value))).quantize(step, rounding=ROUND_HALF_UP))


def share(value: float) -> str:
    """Return a share of 1 in per cent, with one digit."""
    return f"{float(value):z.1%}"


def small_share(value: float) -> str:
    """Return a share of 1 in per cent, with two digits where it is below one per cent."""
    return share(value) if abs(value) >= 0.01 or not value else f"{float(value):z.2%}"


def number(value: float) -> str:
    """Return a number with three significant digits at least, and no exponent.

    Fewer than half a millionth are written as 0.000.
    """
    value = float(value)
    if not math.isfinite(value):
        return str(value)
    size = abs(value)
    if value == round(value):
        return f"{value:z,.0f}"
    digits = 0 if size >= 1000 else 1 if size >= 100 else 2
    if size < 1:
        digits = 2 - math.floor(math.log10(size)) if size >= 5e-7 else 3
    return f"{halves_up(value, digits):z,.{digits}f}"


def money(value: float) -> str:
    """Return an amount: whole units, with cents below 100. Its currency is that of the data."""
    value = float(value)
    return f"{value:z,.0f}" if abs(value) >= 100 or value == round(value) else f"{value:z,.2f}"


def large(value: float) -> str:
    """Return a large amount in short: 2.4 million, 853 thousand."""
    value = float(value)
    # What rounds to a thousand of a word is one of the next.
    for least, size, word in (
        (999.5e6, 1e9, "billion"),
        (999.5e3, 1e6, "million"),
        (1e4, 1e3, "thousand"),
    ):
        if abs(value) >= least:
            scaled = value / size
            return f"{scaled:,.0f} {word}" if abs(scaled) >= 100 else f"{scaled:,.1f} {word}"
    return money(value)


def date(value: Any) -> str:
    """Return a day as year, month and day."""
    return pd.Timestamp(value).strftime("%Y-%m-%d")


def listed(words: list[str], most: int = 3, word: str = "and") -> str:
    """Return words as an enumeration: a, b and c; or a, b and 4 others."""
    if len(words) > most + 1:
        words = [*words[:most], f"{len(words) - most} others"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {word} {words[-1]}"


def _text(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return str(value)


_WRITERS: dict[str, Callable[[Any], str]] = {
    TEXT: _text,
    REASON: in_plain_words,
    COUNT: count,
    SHARE: share,
    SMALL_SHARE: small_share,
    NUMBER: number,
    MONEY: money,
    DATE: date,
}
