"""Predictions for a whole table of the warehouse, at the cost of its distinct people.

What a model knows of a person is a handful of attributes, and many people share them all. The
engine lists the distinct combinations, each is predicted once, and the engine joins the predictions
back: the same figures for every row as if it had been predicted by itself. Where most rows differ,
that saves nothing, and the rows themselves are predicted. In either case they pass through Python
in batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from segmentation.classification.classifier import SegmentClassifier
from segmentation.classification.features import NUMBER, FeatureColumn
from segmentation.classification.prediction import (
    BATCH_ROWS,
    predict_in_batches,
    prediction_schema,
)
from segmentation.engine.base import Engine
from segmentation.engine.sql import Query, all_of, call, quoted, select
from segmentation.playbook.feature_words import FeatureWords

# Above this share of distinct rows, listing and joining cost more than they save. Reasons make a
# prediction several times as expensive, and saving one worth more.
DISTINCT_SHARE = 0.25
DISTINCT_SHARE_WITH_REASONS = 0.6

# Predictions of so many combinations are held at once; more are taken in parts, by their hash.
PART_COMBINATIONS = 100_000

_PREDICTED = "segmentation_predicted_combinations"


@dataclass(frozen=True)
class TableScoring:
    """What scoring a table took: its rows, and the rows that were predicted."""

    rows: int
    predicted: int


@dataclass(frozen=True)
class NewTable:
    """A table that is made, or replaced."""

    name: str
    is_temporary: bool = False

    def made_as(self) -> str:
        """Return what stands before the query of its rows."""
        return f"create or replace {'temporary ' if self.is_temporary else ''}table {self.name} as"


def score_into(
    engine: Engine,
    source: str,
    classifier: SegmentClassifier,
    into: NewTable,
    *,
    keep: Sequence[str],
    words: Mapping[str, FeatureWords] | None,
) -> TableScoring:
    """Predict every row of a table and write the predictions to another.

    Parameters
    ----------
    engine : Engine
    source : str
        A from-item: a table that is committed, and not temporary. A feature that it has no column
        for counts as unknown, with a warning.
    classifier : SegmentClassifier
    into : NewTable
    keep : sequence of str
        Columns of `source` that are passed on, e.g. the key.
    words : mapping or None
        Feature to its words; None gives no reasons.

    Returns
    -------
    TableScoring
        `into` has columns `keep`, then those of
        :func:`segmentation.classification.prediction.prediction_schema`.
    """
    there = {name.lower() for name in engine.column_names(source)}
    known = [column for column in classifier.columns if column.name.lower() in there]
    features = [f"{_as_read(column)} as {quoted(column.name)}" for column in known]
    one_value = call("hash", [_as_read(column) for column in known] or ["0"])
    rows, distinct = engine.rows(
        select(["count(*)", f"approx_count_distinct({one_value})"], source)
    )[0]
    most = DISTINCT_SHARE if words is None else DISTINCT_SHARE_WITH_REASONS
    if distinct > most * rows:
        # Under names of their own: a column may be both passed on and a feature.
        passed_on = {name: f"segmentation_kept_{i}" for i, name in enumerate(keep)}
        columns = [f"{quoted(name)} as {alias}" for name, alias in passed_on.items()]
        query = select([*columns, *features], source)
        reader = _reader(engine, query, classifier, passed_on, words)
        _create(engine, into.made_as(), reader)
        return TableScoring(rows, rows)
    names = {column.name: column.name for column in known}
    given = [f"source_rows.{quoted(name)}" for name in keep]
    given += [f"predicted.{name}" for name in prediction_schema(reasons=words is not None).names]
    same = [
        f"{_as_read(column, 'source_rows.')} is not distinct from predicted.{quoted(column.name)}"
        for column in known
    ]
    predicted = 0
    parts = distinct // PART_COMBINATIONS + 1
    for part in range(parts):
        in_part = f"{one_value} % {parts} = {part}"
        combinations = select(features or ["null as nothing"], source, where=in_part, distinct=True)
        reader = _reader(engine, combinations, classifier, names, words)
        _create(engine, NewTable(_PREDICTED, is_temporary=True).made_as(), reader)
        predicted += engine.rows(f"select count(*) from {_PREDICTED}")[0][0]
        rows_of_part = Query(source).step("source_rows", select(["*"], source, where=in_part))
        joined = f"source_rows\ninner join {_PREDICTED} as predicted\n    on {all_of(same)}"
        scored = rows_of_part.step("scored_rows", select(given, joined))
        engine.execute(f"{into.made_as() if part == 0 else f'insert into {into.name}'}\n{scored}")
    engine.execute(f"drop table {_PREDICTED}")
    return TableScoring(rows, predicted)


def _as_read(column: FeatureColumn, prefix: str = "") -> str:
    # As the fit reads it: what counts as one value is one value here.
    kind = "double" if column.kind == NUMBER else "varchar"
    return f"try_cast({prefix}{quoted(column.name)} as {kind})"


def _reader(
    engine: Engine,
    query: str,
    classifier: SegmentClassifier,
    passed_on: Mapping[str, str],
    words: Mapping[str, FeatureWords] | None,
) -> pa.RecordBatchReader:
    batches, reasons = engine.reader(query, BATCH_ROWS), words is not None
    schema = pa.schema(
        [
            *(batches.schema.field(alias).with_name(name) for name, alias in passed_on.items()),
            *prediction_schema(reasons=reasons),
        ]
    )

    def predicted() -> Iterator[pa.RecordBatch]:
        for batch in predict_in_batches(
            classifier, batches, keep=list(passed_on.values()), words=words, reasons=reasons
        ):
            yield batch.rename_columns(schema.names).cast(schema)

    return pa.RecordBatchReader.from_batches(schema, predicted())


def _create(engine: Engine, made: str, reader: pa.RecordBatchReader) -> None:
    engine.execute_with(
        f"{made}\nselect * from segmentation_predictions", "segmentation_predictions", reader
    )
