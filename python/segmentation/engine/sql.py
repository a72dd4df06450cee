"""How Python values are spelled in SQL."""

from __future__ import annotations


def quoted(identifier: str) -> str:
    """Return a column name as SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def number(value: float) -> str:
    """Return a finite number as a SQL literal that the engine reads back bit for bit.

    Raises
    ------
    ValueError
        If the number is not finite: a fitted number never is.
    """
    text = f"{float(value):.17e}"
    if "n" in text:
        raise ValueError(f"{value!r} cannot stand in a fitted model: it is not a finite number.")
    # Without an exponent, DuckDB would read a DECIMAL: slower, and other digits.
    return f"({text})" if text.startswith("-") else text


def text_literal(value: str) -> str:
    """Return text as a SQL literal."""
    quotes = "'" + value.replace("'", "''") + "'"
    # The parser ends at a zero character, which text in a table may well hold.
    return "(" + quotes.replace("\0", "' || chr(0) || '") + ")" if "\0" in value else quotes
