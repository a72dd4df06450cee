"""Checks of option values.

Each check returns its problems as a list of sentences, empty if there are none, so that one error
reports all of them.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping, Sequence
from typing import Any

# More segments than anybody tells apart; a hundred of 500 customers took a gigabyte.
MOST_SEGMENTS = 50

# Seeds of later draws are counted on from it, and some libraries read 32 bits.
LARGEST_SEED = 2**31 - 1


class OptionError(ValueError):
    """Options that are unknown, or set to something they cannot be.

    Attributes
    ----------
    problems : tuple of str
        What is wrong, a sentence or two for each.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def names_and_values(given: object, source: str, example: str) -> list[str]:
    """Check that options are written as names and values."""
    if isinstance(given, Mapping):
        return []
    return [f"The {source} are written as names and values, e.g. {example}; found {given!r}."]


def known_options(given: Mapping[Any, Any], known: Sequence[str]) -> list[str]:
    """Check that every option that is set exists."""
    return [
        f"There is no option '{name}'.{_hint(name, known)} The options are: {', '.join(known)}."
        for name in given
        if name not in known
    ]


def names(option: str, given: object) -> tuple[tuple[str, ...], list[str]]:
    """Read a list of names, and check that it is one."""
    if given is None:
        return (), []
    if isinstance(given, str) or not isinstance(given, Sequence):
        return (str(given),), [f"{option} is a list of names; found {given!r}."]
    return tuple(str(name) for name in given), []


def one_of(name: str, value: object, allowed: Sequence[str], *, does: str = "is") -> list[str]:
    """Check that a value is among those that there are."""
    if value in allowed:
        return []
    can = "can be" if does == "is" else "can name"
    return [f"{name} {does} {value!r}.{_hint(value, allowed)} It {can}: {', '.join(allowed)}."]


def whole_number(name: str, value: object, least: int, most: int, instead: str = "") -> list[str]:
    """Check for a whole number between two, both included; `instead` says what may stand there."""
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return []
    return [f"{name} is {value!r}. It must be a whole number, {least} to {most}{instead}."]


def true_or_false(name: str, value: object) -> list[str]:
    """Check for one of the two."""
    if isinstance(value, bool):
        return []
    return [f"{name} is {value!r}. It must be true or false."]


def number(name: str, value: Any, *, least: float, most: float | None = None) -> list[str]:
    """Check for a number between two, both included."""
    if is_number(value) and least <= value and (most is None or value <= most):
        return []
    until = ", {:g} or more" if most is None else " from {:g} to {:g}"
    return [f"{name} is {value!r}. It must be a number{until.format(least, most)}."]


def number_above(name: str, value: Any, bound: float) -> list[str]:
    """Check for a number above another."""
    if is_number(value) and value > bound:
        return []
    return [f"{name} is {value!r}. It must be a number above {bound:g}."]


def is_number(value: Any) -> bool:
    """Return whether something is a number that a double can hold."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) <= sys.float_info.max
    )


def _hint(value: object, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(str(value), known, n=1)
    return f" Did you mean '{near[0]}'?" if near else ""
