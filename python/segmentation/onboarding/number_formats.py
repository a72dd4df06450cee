"""How the numbers in a column of text are written, from all of its values.

The mark before decimals is a point or a comma. Blanks, apostrophes and the other mark between
thousands, signs of currencies, a minus at the end and brackets for negative numbers are read.
Where every value with a mark has exactly three digits behind it, nothing says which mark it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from segmentation.engine.base import Engine
from segmentation.engine.sql import quoted, text_literal

POINT, COMMA = ".", ","

# The reason where no value has a mark.
WHOLE = "whole numbers"

# As in the macro read_marked_number, which reads what this module looks at.
NOT_OF_THE_NUMBER = "[\\s\\x{00A0}\\x{202F}'’€$£¥]|EUR|USD|GBP|CHF|PLN|IDR|Rp|kr|zł"

_CURRENCIES = {
    "EUR": "€|EUR",
    "USD": "[$]|USD",
    "GBP": "£|GBP",
    "CHF": "CHF",
    "PLN": "zł|PLN",
    "IDR": "Rp|IDR",
    "JPY": "¥",
}


def pattern(decimal_mark: str) -> str:
    """Return the regular expression of a number with this mark before its decimals."""
    between = "." if decimal_mark == COMMA else ","
    digits = f"([0-9]+|[0-9]{{1,3}}([{between}][0-9]{{3}})+)"
    fraction = f"([{decimal_mark}][0-9]*)?([eE][-+]?[0-9]+)?"
    number = f"({digits}{fraction}|[{decimal_mark}][0-9]+)"
    return f"^([-+]?{number}|{number}-|[(]{number}[)])$"


@dataclass(frozen=True)
class NumberEvidence:
    """What the values of a column say about their numbers.

    Attributes
    ----------
    decimal_mark : str or None
        None where nothing decides it, or where there are no numbers.
    is_open : bool
        Whether there are numbers, and both marks would read all of them, as different ones.
    read : int
        Rows that are numbers.
    negative : int
        Of these, rows below zero.
    reason : str
    currency : str or None
        A code, where values carry one sign of a currency.
    """

    decimal_mark: str | None = None
    is_open: bool = False
    read: int = 0
    negative: int = 0
    reason: str = ""
    currency: str | None = None


def number_evidence(engine: Engine, table: str, column: str) -> NumberEvidence:
    """Look at all values of a column of text.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item.
    column : str
    """
    value = quoted(column)
    number = f"regexp_replace({value}, {text_literal(NOT_OF_THE_NUMBER)}, '', 'g')"
    signs = "".join(
        f", count(*) filter (regexp_matches({value}, {text_literal(sign)}))"
        for sign in _CURRENCIES.values()
    )
    ((point, comma, either, marks, told_apart, negative, *signed),) = engine.rows(
        f"""
        with numbers as (select {value}, {number} as number from {table}),
        read_numbers as (
            select
                *,
                regexp_matches(number, {text_literal(pattern(POINT))}) as with_point,
                regexp_matches(number, {text_literal(pattern(COMMA))}) as with_comma,
                regexp_matches(number, '[.,]') as has_mark
            from numbers
        )
        select
            count(*) filter (with_point), count(*) filter (with_comma),
            count(*) filter (with_point or with_comma),
            count(*) filter ((with_point or with_comma) and has_mark),
            count(*) filter (with_point <> with_comma),
            count(*) filter (
                (with_point or with_comma)
                and regexp_matches(number, '^-|-$|^[(]') and regexp_matches(number, '[1-9]')
            ){signs}
        from read_numbers
        """
    )
    found = [name for name, rows in zip(_CURRENCIES, signed, strict=True) if rows and either]
    currency = found[0] if len(found) == 1 else None
    if not either:
        return NumberEvidence()
    if not marks:
        return NumberEvidence(POINT, False, either, negative, WHOLE, currency)
    if not told_apart:
        reason = "every mark has three digits behind it: thousands or decimals"
        return NumberEvidence(None, True, either, negative, reason, currency)
    mark, read = (POINT, point) if point >= comma else (COMMA, comma)
    name = "a point" if mark == POINT else "a comma"
    return NumberEvidence(mark, False, read, negative, f"{name} before decimals", currency)
