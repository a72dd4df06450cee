"""The segments of a model as they are among the customers of a table."""

from __future__ import annotations

import dataclasses

from segmentation.clustering.assign import scoring_rule
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.model_parts import Promise
from segmentation.clustering.names import (
    current_names,
    has_conditions,
    known_numbers,
    segments_today,
    states_of,
)
from segmentation.clustering.naming import NamedSegment, NamingInputs
from segmentation.clustering.typical_values import ScoringRule, measured_segments
from segmentation.engine.base import Engine
from segmentation.features.further_columns import with_further_columns


def segments_of_table(
    engine: Engine, table: str, model: SegmentationModel, naming: NamingInputs
) -> list[NamedSegment]:
    """Name the segments of a model by the customers of a table, and measure what is typical.

    Clusters are named by the customers who are nearest to them. What is typical of a segment is
    typical of those who have its name, see :mod:`segmentation.clustering.kept_promises`.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item with all customers and the features of the model.
    model : SegmentationModel
    naming : NamingInputs
        Its columns are replaced by those of the table.

    Returns
    -------
    list of NamedSegment
        Clusters first, then states.
    """
    naming = dataclasses.replace(naming, columns=frozenset(engine.numeric_columns(table)))
    numbers = known_numbers(model, naming)
    nearest = ScoringRule(model.prepared_features, model.prototypes, states_of(model, naming))
    named = segments_today(model, measured_segments(engine, table, nearest, numbers), naming)
    by_name = scoring_rule(model, named)
    if not by_name.promises.conditions:
        return named
    measured = measured_segments(engine, table, by_name, numbers)
    return [
        dataclasses.replace(
            segment,
            values=measured[segment.segment_id].values if segment.segment_id in measured else (),
        )
        for segment in named
    ]


def as_named_today(
    engine: Engine, table: str, model: SegmentationModel, naming: NamingInputs
) -> SegmentationModel:
    """Return a model with the names that its segments get from the customers of a table.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item with all customers. If it lacks a feature of the model, names that depend on
        customers stay those of the fit.
    model : SegmentationModel
    naming : NamingInputs
    """
    if not has_conditions(model, naming):
        names = [(name.segment_slug, name.segment_name) for name in current_names(model, naming)]
        promises = model.promises
    else:
        features = model.prepared_features
        table = with_further_columns(
            engine,
            table,
            numbers=[feature.name for feature in features.numbers],
            texts=[category.name for category in features.categories],
        )
        if not set(features.names) <= set(engine.column_names(table)):
            return model
        named = segments_of_table(engine, table, model, naming)[: model.k]
        names = [(segment.segment_slug, segment.segment_name) for segment in named]
        promises = [
            Promise(segment.row.segment_slug if segment.row else None, None, None)
            for segment in named
        ]
    segments = [
        dataclasses.replace(segment, segment_slug=slug, segment_name=name)
        for segment, (slug, name) in zip(model.segments, names, strict=True)
    ]
    return dataclasses.replace(model, segments=segments, promises=promises)
