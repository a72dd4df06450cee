"""Encodes features as a matrix of numbers, the input of every candidate and stored model.

A category becomes its position in a list that the model stores. The matrix is the same for a pandas
frame and an Arrow batch, and no step of a model handles text.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segmentation.classification.grouping import Labels
from segmentation.features.arrays import Matrix
from segmentation.features.numbers import MAX_ABSOLUTE_VALUE
from segmentation.registry.header import DroppedFeature

log = logging.getLogger("segmentation")

NUMBER, ORDERED, CATEGORY = "number", "ordered", "category"

# Categories beyond the most frequent ones count as unseen.
MOST_CATEGORIES = 50
UNSEEN = -1.0


@dataclass(frozen=True)
class FeatureColumn:
    """A feature of a classifier.

    Attributes
    ----------
    name : str
        Column name.
    kind : str
        ``"number"``, ``"ordered"`` (categories counted from 1) or ``"category"`` (categories
        counted from 0, in no order).
    categories : tuple of str
        The category at each position; empty for numbers.
    typical : float
        Encoded as in the matrix: the median of numbers, the lower median of ordered categories, the
        most frequent category (of equally frequent ones the first in the alphabet).
    in_segments : tuple of tuple of float
        What is typical of each segment, in the order of the classifier's segments: of numbers and
        ordered categories the median; of categories, for each, its share in the segment less its
        share among all labelled rows. Last comes the same difference for missing values. A segment
        in which no value is known has NaN as its median.
    """

    name: str
    kind: str
    categories: tuple[str, ...]
    typical: float
    in_segments: tuple[tuple[float, ...], ...] = ()

    def written_category(self, value: float) -> str:
        """Return the category at an encoded position."""
        return self.categories[int(value) - (1 if self.kind == ORDERED else 0)]


def learn_columns(
    frame: pd.DataFrame,
    features: Sequence[str],
    ordered_categories: Mapping[str, Sequence[str]] | None = None,
) -> tuple[tuple[FeatureColumn, ...], tuple[DroppedFeature, ...]]:
    """Learn how to encode the columns of a frame as numbers.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_samples, ...)
        Labelled rows.
    features : sequence of str
    ordered_categories : mapping, optional
        Feature to its categories, lowest first.

    Returns
    -------
    tuple of FeatureColumn, tuple of DroppedFeature
        A feature without any value, or with only one distinct value, is dropped.

    Raises
    ------
    ValueError
        If the frame lacks a feature.
    """
    ordered_categories = ordered_categories or {}
    absent = [name for name in features if name not in frame]
    if absent:
        raise ValueError(
            f"The features {', '.join(absent)} are not columns of the frame, which has: "
            f"{', '.join(map(str, frame.columns))}."
        )
    kept, dropped = [], []
    for name in features:
        column = _learn(name, frame[name], ordered_categories.get(name))
        values = _values(column, _as_array(frame[name]))
        finite = values[np.isfinite(values)]
        if not len(finite):
            dropped.append(DroppedFeature(name, "no value in any labelled row"))
        elif len(np.unique(values)) < 2:  # NaN counts: whether a value is missing may matter
            dropped.append(DroppedFeature(name, "the same value in every labelled row"))
        else:
            kept.append(
                FeatureColumn(name, column.kind, column.categories, _typical(column.kind, finite))
            )
    return tuple(kept), tuple(dropped)


def _learn(name: str, values: pd.Series, ordered: Sequence[str] | None) -> FeatureColumn:
    if ordered is not None:
        return FeatureColumn(name, ORDERED, tuple(ordered), 1.0)
    if _is_number(pa.array(values, from_pandas=True).type):
        return FeatureColumn(name, NUMBER, (), 0.0)
    counts = pd.Series(_texts(_as_array(values))).value_counts()
    # Largest count first, then the alphabet.
    by_count = sorted(counts.items(), key=lambda item: (-int(item[1]), str(item[0])))
    categories = tuple(sorted(str(category) for category, _ in by_count[:MOST_CATEGORIES]))
    return FeatureColumn(name, CATEGORY, categories, 0.0)


def _typical(kind: str, finite: Matrix) -> float:
    if kind == NUMBER:
        return float(np.median(finite))
    if kind == ORDERED:
        return float(np.quantile(finite, 0.5, method="lower"))
    positions, counts = np.unique(finite[finite >= 0], return_counts=True)
    return float(positions[counts.argmax()])


def as_matrix(
    rows: pd.DataFrame | pa.RecordBatch | pa.Table, columns: Sequence[FeatureColumn]
) -> Matrix:
    """Return rows as the input matrix of a classifier.

    Parameters
    ----------
    rows : pandas.DataFrame, pyarrow.RecordBatch or pyarrow.Table of n rows
        Columns that are not features are ignored; a feature without a column is missing in every
        row.
    columns : sequence of FeatureColumn

    Returns
    -------
    ndarray of shape (n, len(columns))
        NaN for a missing value, -1 for an unseen category. Text that is not a number, in a column
        of numbers, is missing.
    """
    matrix = np.full((len(rows), len(columns)), np.nan, order="F")
    present = set(rows.columns if isinstance(rows, pd.DataFrame) else rows.schema.names)
    for j, column in enumerate(columns):
        if column.name in present:
            values = (
                _as_array(rows[column.name])
                if isinstance(rows, pd.DataFrame)
                else rows.column(column.name)
            )
            matrix[:, j] = _values(column, values)
    return np.ascontiguousarray(matrix)


def described_by_segment(
    columns: Sequence[FeatureColumn], X: Matrix, y: Labels, classes: int
) -> tuple[FeatureColumn, ...]:
    """Return columns that also know what is typical of each segment.

    Parameters
    ----------
    columns : sequence of FeatureColumn
    X : ndarray of shape (n, len(columns))
    y : ndarray of shape (n,)
        Classes from 0.
    classes : int
    """
    described = []
    for j, column in enumerate(columns):
        values = X[:, j]
        everywhere = _shares(column, values)
        in_segments = []
        for segment in range(classes):
            own = values[y == segment]
            known = own[~np.isnan(own)]
            shares = _shares(column, own) - everywhere
            if column.kind == CATEGORY:
                typical = shares
            else:
                median = float(np.median(known)) if len(known) else np.nan
                typical = np.array([median, shares[-1]])
            in_segments.append(tuple(float(value) for value in typical))
        described.append(dataclasses.replace(column, in_segments=tuple(in_segments)))
    return tuple(described)


def _shares(column: FeatureColumn, values: Matrix) -> Matrix:
    """Return the share of each category, none for numbers, and that of missing values."""
    categories = len(column.categories) if column.kind == CATEGORY else 0
    counts = [float((values == i).sum()) for i in range(categories)]
    return np.array([*counts, float(np.isnan(values).sum())]) / max(len(values), 1)


def supports(column: FeatureColumn, values: Matrix, segments: Labels) -> np.ndarray:
    """Return whether values lie on the side of the typical person where their segments lie.

    Parameters
    ----------
    column : FeatureColumn
        Described by segment.
    values : ndarray of shape (n,)
        Encoded as in the matrix.
    segments : ndarray of shape (n,)
        Positions of segments.

    Returns
    -------
    ndarray of shape (n,), boolean
        A category lies on the side of the segments that have it more often than all labelled rows;
        so does a missing value. A category that was never seen lies on no side.
    """
    typical = np.array(column.in_segments)[segments]
    missing = np.isnan(values)
    if column.kind == CATEGORY:
        seen = ~missing & (values >= 0)
        position = np.where(seen, np.nan_to_num(values), 0).astype(int)
        known = seen & (typical[np.arange(len(values)), position] > 0)
    else:
        known = (values - column.typical) * (typical[:, 0] - column.typical) > 0
    found: np.ndarray = np.where(missing, typical[:, -1] > 0, known)
    return found


def missing_columns(
    rows: pd.DataFrame | pa.RecordBatch | pa.Table, columns: Sequence[FeatureColumn]
) -> list[str]:
    """Return the features that rows have no column for."""
    present = set(rows.columns if isinstance(rows, pd.DataFrame) else rows.schema.names)
    return [column.name for column in columns if column.name not in present]


def _as_array(values: pd.Series) -> pa.Array:
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        # A column of objects of several types.
        return pa.array([None if pd.isna(value) else str(value) for value in values])


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
    )


def _values(column: FeatureColumn, values: pa.Array | pa.ChunkedArray) -> Matrix:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if column.kind == NUMBER:
        return _numbers(values)
    known: dict[Any, float] = {
        category: float(i + (1 if column.kind == ORDERED else 0))
        for i, category in enumerate(column.categories)
    }
    unseen = np.nan if column.kind == ORDERED else UNSEEN
    encoded = _texts(values).dictionary_encode()
    # Each distinct text is looked up once; a null has no index and takes the last entry.
    found = [known.get(text, unseen) for text in encoded.dictionary.to_pylist()]
    lookup = np.array([*found, np.nan])
    taken: Matrix = lookup[encoded.indices.fill_null(len(found)).to_numpy(zero_copy_only=False)]
    return taken


def _numbers(values: pa.Array) -> Matrix:
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if _is_number(values.type):
        if pa.types.is_decimal(values.type) or pa.types.is_boolean(values.type):
            values = values.cast(pa.float64())
        numbers = values.to_numpy(zero_copy_only=False).astype(float)
    elif pa.types.is_null(values.type):
        return np.full(len(values), np.nan)
    else:
        texts = pd.Series(values.cast(pa.string()).to_pandas(), dtype=object)
        numbers = pd.to_numeric(texts, errors="coerce").to_numpy(float)
    numbers = np.where(np.isfinite(numbers), numbers, np.nan)
    # Adding zero turns -0 into 0: equal rows have equal bytes.
    # Trees compare 32-bit numbers; squares of clipped values are finite.
    return np.clip(numbers, -MAX_ABSOLUTE_VALUE, MAX_ABSOLUTE_VALUE) + 0.0


def _texts(values: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_null(values.type):
        return pa.nulls(len(values), pa.string())
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        try:
            return values.cast(pa.string())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return pa.array([None if v is None else str(v) for v in values.to_pylist()])
    # A NaN among objects arrives as null; blank text is a missing value too.
    return pc.if_else(pc.equal(pc.utf8_trim_whitespace(values), ""), None, values)
