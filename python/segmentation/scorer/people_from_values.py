"""Reads people as others give them: numbers and text of JSON, CSV and Parquet, each checked.

What is missing, and categories that a model does not know, are no mistakes: they are taken as in a
build. A number that is none, is infinite, or lies beyond what any sum carries is a mistake, and so
is text where a number belongs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import NoneType
from typing import Any

import numpy as np

from segmentation.features.arrays import Matrix
from segmentation.features.numbers import MAX_ABSOLUTE_VALUE
from segmentation.scorer.columns_of_people import Inputs, People

# Text is no longer than this: a category is a word or a few.
LONGEST_TEXT = 1_000
# For fewer, calls of NumPy cost more than looking at each.
MANY = 10

# Numbers as people write them; Python would also take 1_000, nan and infinity.
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")


@dataclass(frozen=True)
class Mistake:
    """A value that cannot be used.

    Attributes
    ----------
    row : int
        From 0.
    column : str
    message : str
        What is wrong, and what to write. It does not hold the value: it may be personal.
    """

    row: int
    column: str
    message: str


def read_number(value: Any, *, from_file: bool = False) -> float | str:
    """Return a value as a number, NaN where it is missing, or what is wrong with it.

    Parameters
    ----------
    value : object
    from_file : bool
        Whether numbers may be written as text, as in CSV.
    """
    if value is None:
        return math.nan
    if isinstance(value, bool):
        return "is true or false; a number belongs here"
    if isinstance(value, str):
        return _number_in_text(value) if from_file else "is text; a number belongs here"
    if not isinstance(value, int | float | Decimal):
        return "is no number"
    try:
        return _within_bounds(float(value))
    except OverflowError:
        return _within_bounds(math.inf)


def _number_in_text(text: str) -> float | str:
    if not text.strip():
        return math.nan
    if not _NUMBER.fullmatch(text.strip()):
        return "is text that is no number; write digits with a point, e.g. 1234.5"
    return _within_bounds(float(text))


def _within_bounds(number: float) -> float | str:
    if number != number:
        return math.nan
    if not abs(number) <= MAX_ABSOLUTE_VALUE:
        return f"is larger than {MAX_ABSOLUTE_VALUE:.0e}, or infinite"
    return number


def read_text(value: Any, *, from_file: bool = False) -> tuple[str | None, str | None]:
    """Return a value as text, None where it is missing, and what is wrong with it, if anything.

    Parameters
    ----------
    value : object
    from_file : bool
        Whether a category may be a number, as columns of Parquet have them.
    """
    if value is None or (isinstance(value, float) and value != value):
        return None, None
    if from_file and isinstance(value, bool | int | float):
        value = str(value).lower()
    if not isinstance(value, str):
        return None, "is no text; a category belongs here"
    if len(value) > LONGEST_TEXT:
        return None, f"has more than {LONGEST_TEXT:,} characters"
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        return None, "has half a character of UTF-16"
    # A category of the warehouse is never empty.
    return (value if value.strip() else None), None


def read_people(
    inputs: Inputs,
    rows: int,
    columns: Mapping[str, Sequence[Any]],
    *,
    from_file: bool = False,
) -> tuple[People, list[Mistake]]:
    """Read people from columns of values.

    Parameters
    ----------
    inputs : Inputs
        Of the scorer.
    rows : int
    columns : mapping of str to sequence
        Values of each column, length `rows`; those that are no inputs are passed over.
    from_file : bool
        See :func:`read_number` and :func:`read_text`.

    Returns
    -------
    People, list of Mistake
        A value with a mistake counts as missing among the people.
    """
    mistakes: list[Mistake] = []
    numbers, texts = {}, {}
    for name in inputs.numbers:
        if name in columns:
            plain = _plain_numbers(columns[name])
            numbers[name] = (
                _read_numbers(name, columns[name], from_file, mistakes) if plain is None else plain
            )
    for name in inputs.texts:
        if name in columns:
            plain_texts = _plain_texts(columns[name])
            texts[name] = (
                _read_texts(name, columns[name], from_file, mistakes)
                if plain_texts is None
                else plain_texts
            )
    return People(rows, numbers, texts), mistakes


def _plain_numbers(values: Sequence[Any]) -> Matrix | None:
    """Return a column of sound numbers and nulls at once, as :func:`read_number` has them.

    None where there is anything else: then each value is looked at.
    """
    if len(values) < MANY or not set(map(type, values)) <= {float, int, NoneType}:
        return None
    try:
        found = np.array(values, dtype=float)
    except OverflowError:
        return None
    # NaN, which a null becomes too, is missing.
    is_sound = np.isnan(found) | (np.abs(found) <= MAX_ABSOLUTE_VALUE)
    return found if is_sound.all() else None


def _plain_texts(values: Sequence[Any]) -> list[str | None] | None:
    """Return a column of sound texts and nulls; each text is looked at once. See above."""
    if not set(map(type, values)) <= {str, NoneType}:
        return None
    read = {value: read_text(value) for value in set(values)}
    if any(problem for _, problem in read.values()):
        return None
    return [read[value][0] for value in values]


def _read_numbers(
    name: str, column: Sequence[Any], from_file: bool, mistakes: list[Mistake]
) -> Matrix:
    """Read a column of numbers value by value, and add what is wrong to `mistakes`."""
    values = np.empty(len(column))
    for i, value in enumerate(column):
        found = read_number(value, from_file=from_file)
        if isinstance(found, str):
            mistakes.append(Mistake(i, name, found))
            found = math.nan
        values[i] = found
    return values


def _read_texts(
    name: str, column: Sequence[Any], from_file: bool, mistakes: list[Mistake]
) -> list[str | None]:
    """Read a column of categories value by value, and add what is wrong to `mistakes`."""
    read = []
    for i, value in enumerate(column):
        text, problem = read_text(value, from_file=from_file)
        if problem:
            mistakes.append(Mistake(i, name, problem))
        read.append(text)
    return read
