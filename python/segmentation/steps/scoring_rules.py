"""The step that writes down how people who are in no table yet are scored."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from segmentation.clustering.naming import read_segments
from segmentation.engine.base import Session, Table
from segmentation.steps.begin import begin
from segmentation.steps.scoring_macros import refusing_macros, scoring_macros

log = logging.getLogger("segmentation")


@dataclass(frozen=True)
class ScoringTables:
    """What the scoring macros of a segmentation are made of.

    Attributes
    ----------
    models, current_model : relation or table name
        Its models, and which of them is current.
    segments : relation or table name
        The named segments of the current one.
    features : relation or table name
        Its feature table.
    """

    models: Table
    current_model: Table
    segments: Table
    features: Table


def scoring_rules(
    session: Session,
    *,
    segmentations: Mapping[str, ScoringTables],
    run_settings: Table,
    feature_words: Table,
    key: str = "customer_id",
) -> pa.Table:
    """Write down, for each segmentation, the macros that score people who are in no table yet.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    segmentations : mapping of str to ScoringTables
    run_settings, feature_words : relation or table name

    Returns
    -------
    pyarrow.Table
        segmentation, model_version, and the bodies of two macros, see
        :mod:`segmentation.steps.scoring_macros`. Those of a segmentation without a model, whose
        model_version is null, say that there is none.
    """
    step = begin(session, run_settings)
    engine = step.engine
    words = step.words(feature_words)
    rules = []
    for segmentation, tables in segmentations.items():
        model = step.clusters(tables.models, tables.current_model, tables.features)
        if model is None:
            table = engine.from_item(tables.features)
            columns = [*engine.numeric_columns(table), *engine.text_columns(table)]
            macros = refusing_macros(segmentation, [name for name in columns if name != key])
        else:
            segments = read_segments(step.records(tables.segments))
            macros = scoring_macros(engine, model, segments, words)
            for name, body in macros.items():
                log.debug("%s: %s%s", segmentation, name, body)
        version = model.model_version if model else None
        rules.append({"segmentation": segmentation, "model_version": version, **macros})
    return pa.Table.from_pylist(rules, schema=_RULES)


_RULES = pa.schema(
    {
        "segmentation": pa.string(),
        "model_version": pa.string(),
        "people_macro": pa.string(),
        "person_macro": pa.string(),
    }
)
