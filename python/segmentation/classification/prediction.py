"""Predicts segments in batches: memory does not grow with the number of people."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

from segmentation.classification.classifier import SegmentClassifier
from segmentation.classification.features import as_matrix, missing_columns
from segmentation.classification.grouping import Labels
from segmentation.classification.reasons import REASONS, reasons_in_words
from segmentation.features.arrays import Matrix
from segmentation.playbook.feature_words import FeatureWords

log = logging.getLogger("segmentation")

# Rows predicted at once; encoded, they take a few megabytes.
BATCH_ROWS = 16_384

Rows: TypeAlias = pd.DataFrame | pa.RecordBatch | pa.Table


def prediction_schema(*, reasons: bool = True) -> pa.Schema:
    """Return the columns of predictions.

    segment, probability : the most likely segment (of equally likely ones the first) and its
        probability; runner_up, margin : the next one, and the difference of the two
        probabilities; probabilities : of each segment, in the order of ``classifier.segments``;
        reason_1, reason_2, reason_3 : in words, null if there are fewer.
    """
    fields = [
        pa.field("segment", pa.string()),
        pa.field("probability", pa.float64()),
        pa.field("runner_up", pa.string()),
        pa.field("margin", pa.float64()),
        pa.field("probabilities", pa.list_(pa.float64())),
    ]
    if reasons:
        fields += [pa.field(f"reason_{rank + 1}", pa.string()) for rank in range(REASONS)]
    return pa.schema(fields)


def predict_in_batches(
    classifier: SegmentClassifier,
    batches: Iterable[Rows],
    *,
    keep: Sequence[str] = (),
    words: Mapping[str, FeatureWords] | None = None,
    reasons: bool = True,
    batch_rows: int = BATCH_ROWS,
) -> Iterator[pa.RecordBatch]:
    """Predict batch after batch.

    A row is never refused. A null takes the fitted fill value, an unseen category counts as none of
    the known ones, and a missing column counts as null in every row and is warned of once. The
    prediction for a row does not depend on other rows.

    Parameters
    ----------
    classifier : SegmentClassifier
    batches : iterable of pandas.DataFrame, pyarrow.RecordBatch or pyarrow.Table
        Of any length; long ones are split.
    keep : sequence of str
        Columns to return in front.
    words : mapping, optional
        Feature to its words.
    reasons : bool
        Whether to give reasons; they cost one more prediction per feature.
    batch_rows : int
        Rows to predict at once.

    Yields
    ------
    pyarrow.RecordBatch
        Columns `keep`, then those of :func:`prediction_schema`.
    """
    warned = False
    for batch in batches:
        if not warned and (absent := missing_columns(batch, classifier.columns)):
            log.warning(
                "The columns %s are missing; they count as unknown for everybody.",
                ", ".join(absent),
            )
            warned = True
        for start in range(0, len(batch), batch_rows):
            part = (
                batch.iloc[start : start + batch_rows]
                if isinstance(batch, pd.DataFrame)
                else batch.slice(start, batch_rows)
            )
            yield _predict(classifier, part, keep, words or {}, reasons)


def predict(
    classifier: SegmentClassifier,
    rows: Rows,
    *,
    keep: Sequence[str] = (),
    words: Mapping[str, FeatureWords] | None = None,
    reasons: bool = True,
) -> pd.DataFrame:
    """Return predictions of all rows as a data frame; see :func:`predict_in_batches`."""
    parts = list(predict_in_batches(classifier, [rows], keep=keep, words=words, reasons=reasons))
    if not parts:
        return prediction_schema(reasons=reasons).empty_table().to_pandas()
    table = pa.Table.from_batches(parts).to_pandas()
    return table.set_index(rows.index) if isinstance(rows, pd.DataFrame) else table


def _predict(
    classifier: SegmentClassifier,
    rows: Rows,
    keep: Sequence[str],
    words: Mapping[str, FeatureWords],
    reasons: bool,
) -> pa.RecordBatch:
    X = as_matrix(rows, classifier.columns)
    probabilities = classifier.matrix_probabilities(X)
    first, second = top_two(probabilities)
    at = np.arange(len(X))
    names = pa.array(classifier.segments, pa.string())
    highest = probabilities[at, first]
    arrays = {
        "segment": names.take(pa.array(first)),
        "probability": pa.array(highest),
        "runner_up": names.take(pa.array(second)),
        "margin": pa.array(highest - probabilities[at, second]),
        "probabilities": pa.ListArray.from_arrays(
            pa.array(np.arange(len(X) + 1, dtype=np.int32) * len(classifier.segments)),
            pa.array(probabilities.ravel()),
        ),
    }
    if reasons:
        texts = reasons_in_words(classifier, X, probabilities, words)
        for rank in range(REASONS):
            arrays[f"reason_{rank + 1}"] = pa.array(texts[:, rank], pa.string())
    kept = {name: _column(rows, name) for name in keep}
    return pa.RecordBatch.from_pydict(kept | arrays)


def top_two(probabilities: Matrix) -> tuple[Labels, Labels]:
    """Return positions of the largest and the second largest of each row; of equal ones the first.

    Parameters
    ----------
    probabilities : ndarray of shape (n, k)
        k is at least 2.
    """
    at = np.arange(len(probabilities))
    first = probabilities.argmax(axis=1)
    others = probabilities.copy()
    others[at, first] = -1.0
    return first, others.argmax(axis=1)


def _column(rows: Rows, name: str) -> pa.Array:
    if isinstance(rows, pd.DataFrame):
        return pa.array(rows[name], from_pandas=True)
    column = rows.column(name)
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
