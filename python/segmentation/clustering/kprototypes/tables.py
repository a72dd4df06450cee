"""Reads the columns of a mixed table: numbers as floats, categories as codes."""

from __future__ import annotations

import decimal
import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.clustering.kprototypes.distances import Codes
from segmentation.features.arrays import Matrix

Categories = NDArray[np.object_]

# The square of a larger number is not finite.
LARGEST_NUMBER = 1e150


def chosen_columns(
    given: Any, types: Sequence[Any], names: Sequence[Any] | None = None
) -> NDArray[np.bool_]:
    """Return which columns hold categories, shape (n_features,).

    Parameters
    ----------
    given : "from_dtype", None, or array-like of str, int or bool
        ``"from_dtype"``: columns of string, object, category or boolean type. None: no column.
        Otherwise names, positions or a mask.
    types : sequence of dtype or None, length n_features
        None if a column has no type of its own.
    names : sequence, length n_features, optional
        Column names, if there are any.

    Raises
    ------
    ValueError
        If `given` is something else, or names a column that does not exist.
    """
    n = len(types)
    if given is None:
        return np.zeros(n, dtype=bool)
    if isinstance(given, str):
        if given != "from_dtype":
            raise ValueError(
                f"categorical_features is {given!r}. It can be: from_dtype, None, or a list of "
                "names, places or truth values."
            )
        return np.array([is_categorical_type(of_column) for of_column in types], dtype=bool)
    chosen = np.asarray(given)
    if chosen.ndim != 1:
        raise ValueError(f"categorical_features has {chosen.ndim} dimensions. It needs 1.")
    if chosen.dtype.kind == "b":
        if len(chosen) != n:
            raise ValueError(f"categorical_features is a mask of {len(chosen)} for {n} features.")
        return chosen
    places = chosen if chosen.dtype.kind in "iu" else _places(chosen.tolist(), names)
    outside = [int(j) for j in places if not -n <= j < n]
    if outside:
        raise ValueError(f"categorical_features names the places {outside}. X has {n} features.")
    found = np.zeros(n, dtype=bool)
    found[np.asarray(places, dtype=np.intp)] = True
    return found


def _places(chosen: Sequence[Any], names: Sequence[Any] | None) -> list[int]:
    if chosen and names is None:
        raise ValueError(
            "categorical_features holds names, but X has none. Name places, or give a DataFrame."
        )
    missing = [name for name in chosen if name not in (names or [])]
    if missing:
        raise ValueError(f"categorical_features names {missing}, which X does not have.")
    return [list(names or []).index(name) for name in chosen]


def is_categorical_type(of_column: Any) -> bool:
    """Return whether ``"from_dtype"`` takes a column of this type for categories."""
    return of_column is not None and bool(
        isinstance(of_column, pd.CategoricalDtype)
        or pd.api.types.is_bool_dtype(of_column)
        or pd.api.types.is_object_dtype(of_column)
        or pd.api.types.is_string_dtype(of_column)
    )


def numeric_column(column: Any, name: str) -> Matrix:
    """Return a column as floats, shape (n,), with NaN for missing values.

    Raises
    ------
    ValueError
        If it holds anything but finite numbers and missing values.
    """
    if pd.api.types.is_datetime64_any_dtype(column.dtype) or isinstance(
        column.dtype, pd.PeriodDtype
    ):
        raise ValueError(
            f"Column {name} holds dates. Turn them into numbers, or name it in "
            "categorical_features."
        )
    try:
        values: Matrix = column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as problem:
        raise ValueError(
            f"Column {name} holds something that is no number ({problem}). Clean it, or name it in "
            "categorical_features."
        ) from problem
    refuse_large(values, f" in column {name}")
    return values


def refuse_large(values: Matrix, where: str = "") -> None:
    """Raise ValueError if values are infinite or have no finite square; NaN is allowed."""
    if np.isinf(values).any():
        raise ValueError(f"X holds infinity{where}. Replace it by a number or a missing value.")
    if (np.abs(values) > LARGEST_NUMBER).any():
        raise ValueError(
            f"X holds a value beyond ±{LARGEST_NUMBER:g}{where}, whose square is no finite number."
        )


def _factorized(values: Any, name: str) -> tuple[Codes, list[Any]]:
    """Return codes in order of appearance, -1 for missing values, and the value of each code."""
    try:
        codes, uniques = pd.factorize(values)
    except TypeError as problem:
        raise TypeError(
            f"Column {name} holds values that cannot be categories ({problem}). An argument must "
            "be a string or number, or another hashable value."
        ) from problem
    # Strings of pandas 3 live in Arrow; as objects they are plain strings.
    found = [
        value.item() if isinstance(value, np.generic) else value
        for value in np.asarray(uniques, dtype=object).tolist()
    ]
    return np.asarray(codes, dtype=np.intp), found


def sorted_categories(values: Any, name: str) -> Categories:
    """Return the sorted categories of a column; None alone if there are none.

    Numbers come first, then other types by the type's name; values of a type are sorted, as text
    where they have no order. Equal values are one category.
    """
    _, found = _factorized(values, name)
    try:
        ordered = sorted(found, key=lambda value: (_kind(value), value))
    except TypeError:
        ordered = sorted(found, key=lambda value: (_kind(value), str(value)))
    categories = np.empty(max(len(ordered), 1), dtype=object)
    categories[: len(ordered)] = _objects(ordered)
    return categories


def _kind(value: Any) -> str:
    # Numbers of all types can be compared and may be equal; the empty name sorts them first.
    is_number = isinstance(value, numbers.Real | decimal.Decimal)
    return "" if is_number else type(value).__name__


def _objects(values: Sequence[Any]) -> Categories:
    # Item by item: NumPy would take tuples apart.
    found = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        found[i] = value
    return found


def encoded(values: Any, categories: Categories, name: str) -> Codes:
    """Return category codes, -1 for missing values; an unseen category has the next code."""
    codes, found = _factorized(values, name)
    known = {category: code for code, category in enumerate(categories)}
    known.pop(None, None)
    of_found = np.array(
        [known.get(value, len(categories)) for value in found] + [-1], dtype=np.intp
    )
    return of_found[codes]


def decoded(modes: Codes, categories: Sequence[Categories]) -> Categories:
    """Return the categories of codes, shape (k, n_categorical), in the same shape."""
    found = np.empty(modes.shape, dtype=object)
    for j, of_column in enumerate(categories):
        found[:, j] = of_column[modes[:, j]]
    return found
