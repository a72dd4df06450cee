"""What the figures of a segment are kept under: a number by its name, a share by its category."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple, TypeAlias


class Category(NamedTuple):
    """A category of a column; what is kept under it is the z-score of its share.

    Attributes
    ----------
    column, category : str
        Both may hold any character.
    """

    column: str
    category: str


ProfileKey: TypeAlias = str | Category

# Feature to z-score.
Profile: TypeAlias = Mapping[ProfileKey, float]


def column_of(key: ProfileKey) -> str:
    """Return the column of the feature table that a figure is of."""
    return key.column if isinstance(key, Category) else key


def key_of_target(target: str, keys: Collection[ProfileKey]) -> ProfileKey | None:
    """Return what a target of the playbook aims at; None where it is none of the keys.

    Parameters
    ----------
    target : str
        A number, or ``column=category``. Of several ways to read it, the first that is known: the
        number before categories, a shorter column before a longer one.
    keys : collection of ProfileKey
    """
    if target in keys:
        return target
    readings = (Category(target[:i], target[i + 1 :]) for i, c in enumerate(target) if c == "=")
    return next((key for key in readings if key in keys), None)


def column_of_target(target: str, columns: Collection[str]) -> str:
    """Return the column that a target of the playbook names.

    Parameters
    ----------
    target : str
        A number, or ``column=category``.
    columns : collection of str
        Those that there are. Where none of them can be meant, the column ends before the first
        ``=``.
    """
    readings = [target, *(target[:i] for i, c in enumerate(target) if c == "=")]
    return next((name for name in readings if name in columns), target.partition("=")[0])
