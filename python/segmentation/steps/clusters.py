"""The three steps of a segmentation in a dbt build: fit, name, apply.

Each takes what a dbt Python model has at hand (relations, settings) and returns what the model
returns. Nothing here knows dbt.
"""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from segmentation.clustering.assign import assignments_query
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.names import NamingInputs, current_names
from segmentation.clustering.options import SegmentationOptions
from segmentation.clustering.projection import projection_expressions
from segmentation.clustering.reasons import segment_headline
from segmentation.engine.base import Engine, Relation, Session, Table
from segmentation.engine.sql import Query, number, quoted, select, text_literal
from segmentation.playbook.playbook import PlaybookRow, rows_by_slug
from segmentation.registry.option_checks import OptionError
from segmentation.registry.option_groups import FitConfiguration
from segmentation.registry.refit_requests import announce_kept
from segmentation.scoring.nearest import assigned_table
from segmentation.steps.begin import Step, begin
from segmentation.steps.fit_decision import FitDecision, PastFits, decide
from segmentation.steps.fits import fit_model
from segmentation.steps.further_columns import check_further_numbers, with_further_columns
from segmentation.steps.scoring_macros import refusing_macros, scoring_macros

log = logging.getLogger("segmentation")

# Enough for a picture; more points would only cover one another.
PROJECTED_ROWS = 2_000


def fit_if_needed(
    session: Session,
    *,
    segmentation: str,
    features: Table,
    run_settings: Table,
    playbook: Table,
    feature_words: Table,
    history: Table | None,
    settings: Mapping[str, Any],
    overrides: Any = None,
    refit: Any = False,
    refit_after_days: Any = None,
    runs_schema: str | None = None,
) -> pa.Table:
    """Fit a model where one is needed.

    It is needed when the data set has none, when it is asked for, when the configuration
    changed, when the last one is too old, and when it is damaged. Models that were stored before
    rows had digests are returned again, with theirs.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    segmentation : str
    features, run_settings, playbook, feature_words : relation or table name
        The feature table, ``int_run_settings``, and the two seeds.
    history, refit, refit_after_days, runs_schema
        See :class:`segmentation.steps.fit_decision.PastFits`.
    settings : mapping
        Options, see :class:`segmentation.clustering.options.SegmentationOptions`.
    overrides : mapping or JSON text, optional
        Options laid over `settings`.

    Returns
    -------
    pyarrow.Table
        The rows to store: none where nothing was fitted and all have digests.
    """
    step = begin(session, run_settings)
    options = read_options(settings, overrides)
    past = PastFits(history, refit, refit_after_days, runs_schema)
    decision = decide(step, segmentation, SegmentationModel, FitConfiguration(options), past)
    table = step.engine.from_item(features)
    if decision.reason is None:
        _announce_kept(step, decision, table)
        return SegmentationModel.as_table([], decision.stored.without_digest)
    log.info("%s: fitting, because %s", segmentation, decision.reason)
    numbers = [*options.features, *options.trims]
    check_further_numbers(step.engine, table, numbers)
    naming = NamingInputs(
        step.vocabularies(playbook, segmentation), step.words(feature_words), options
    )
    predecessor = decision.stored.predecessor
    model = fit_model(
        step.engine,
        with_further_columns(
            step.engine, table, numbers=numbers, texts=options.categorical_features
        ),
        options,
        decision.request(step, decision.reason),
        dataclasses.replace(naming, earlier=predecessor and _renamed(predecessor, naming)),
    )
    if model is None:
        log.warning("%s: nobody to segment as of %s; nothing fitted", segmentation, step.run.as_of)
        return SegmentationModel.as_table([], decision.stored.without_digest)
    log.info("%s: fitted %s", segmentation, model.model_version)
    return SegmentationModel.as_table([model], decision.stored.without_digest)


def name_segments_of_current_model(
    session: Session,
    *,
    segmentation: str,
    features: Table,
    models: Table,
    current_model: Table,
    run_settings: Table,
    playbook: Table,
    feature_words: Table,
) -> pa.Table:
    """Name the segments of the current model, and say what sets each apart.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    segmentation : str
    features, models, current_model, run_settings, playbook, feature_words : relation or table name
        `current_model` has today's options too: its naming limits name the segments.

    Returns
    -------
    pyarrow.Table
        One row per segment; none where there is no model.
    """
    step = begin(session, run_settings)
    model = step.model(models, current_model, SegmentationModel, features)
    if model is None:
        return SEGMENTS.empty_table()
    settings, overrides = step.settings(current_model)
    naming = NamingInputs(
        step.vocabularies(playbook, segmentation),
        step.words(feature_words),
        read_options(settings, overrides),
    )
    rows = rows_by_slug(naming.playbook, model.k)
    records: list[dict[str, Any]] = []
    for segment, name in zip(model.segments, current_names(model, naming), strict=True):
        row = rows.get(name.segment_slug)
        records.append(
            {
                "segmentation": segmentation,
                "segment_id": segment.segment_id,
                **dataclasses.asdict(name),
                "headline": segment_headline(model, segment, naming.words),
                **playbook_columns(row),
                "model_version": model.model_version,
            }
        )
    return pa.Table.from_pylist(records, schema=SEGMENTS)


def playbook_columns(row: PlaybookRow | None) -> dict[str, str | None]:
    """Return what the playbook says of a segment; nulls where it has no row for it."""
    return {
        name: getattr(row, name) if row else None
        for name in ("description", "strategy", "channel", "priority")
    }


def assign_segments(
    session: Session,
    *,
    features: Table,
    models: Table,
    current_model: Table,
    run_settings: Table,
    feature_words: Table,
    key: str = "customer_id",
) -> Relation:
    """Apply the current model to every row of the feature table.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    features, models, current_model, run_settings, feature_words : relation or table name
    key : str
        Column that identifies a row.

    Returns
    -------
    Relation
        The key, segment_id, distance, runner_up_id, margin, reason_1, reason_2, reason_3,
        model_version. A distance is the square root of a dissimilarity, in scaled units; segment_id
        is -1 for noise. No rows where there is no model.
    """
    step = begin(session, run_settings)
    model = step.model(models, current_model, SegmentationModel, features)
    table = step.engine.from_item(features)
    if model is None:
        return step.engine.nothing(_with_key(_ASSIGNMENTS, key), table)
    table = _with_features_of(step.engine, table, model)
    words = step.words(feature_words)
    return step.engine.relation(assignments_query(step.engine, table, model, words, key))


def project_customers(
    session: Session,
    *,
    segmentation: str,
    features: Table,
    models: Table,
    current_model: Table,
    run_settings: Table,
    key: str = "customer_id",
    rows: int = PROJECTED_ROWS,
) -> Relation:
    """Place a sample of the customers, and every segment's centroid, in two dimensions.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    segmentation : str
    features, models, current_model, run_settings : relation or table name
    key : str
        Column that identifies a row.
    rows : int
        Most customers: those with the smallest hash of the key, see :meth:`Engine.sample`.

    Returns
    -------
    Relation
        segmentation, point ("customer" or "centroid"), the key (null for a centroid), segment_id,
        x, y, x_explained_variance, y_explained_variance, model_version.
    """
    step = begin(session, run_settings)
    engine = step.engine
    model = step.model(models, current_model, SegmentationModel, features)
    table = engine.from_item(features)
    if model is None or model.projection is None:
        return engine.nothing(_with_key(_POINTS, key), table)
    table = _with_features_of(engine, table, model)
    return engine.relation(_points(engine, segmentation, table, model, key, rows))


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
        model = step.model(tables.models, tables.current_model, SegmentationModel, tables.features)
        if model is None:
            table = engine.from_item(tables.features)
            columns = [*engine.numeric_columns(table), *engine.text_columns(table)]
            macros = refusing_macros(segmentation, [name for name in columns if name != key])
        else:
            listed = engine.from_item(tables.segments)
            names = engine.rows(f"select segment_id, segment_slug, segment_name from {listed}")
            macros = scoring_macros(engine, model, words, names)
            for name, body in macros.items():
                log.debug("%s: %s%s", segmentation, name, body)
        version = model.model_version if model else None
        rules.append({"segmentation": segmentation, "model_version": version, **macros})
    return pa.Table.from_pylist(rules, schema=_RULES)


def read_options(settings: Any, overrides: Any = None) -> SegmentationOptions:
    """Read options from YAML settings and what a var lays over them, which may be JSON text."""
    return SegmentationOptions.from_mapping(settings, read_overrides(overrides))


def read_overrides(overrides: Any) -> Any:
    """Return what a var lays over settings: a mapping, or JSON text that is one."""
    if isinstance(overrides, str):
        try:
            overrides = json.loads(overrides or "{}")
        except json.JSONDecodeError as error:
            raise OptionError(
                f"The overrides of a segmentation are written as names and values, "
                f"e.g. {{k: 4}}; found {overrides!r}."
            ) from error
    return overrides


def _announce_kept(step: Step, decision: FitDecision[SegmentationModel], features: str) -> None:
    latest = decision.stored.current
    if latest is None:
        return
    announce_kept(decision.segmentation, latest, step.run, decision.before_request)
    if step.run.as_of < latest.as_of:
        log.warning(
            "%s: it was fitted on days after %s, which this build is of; refit: true fits anew",
            decision.segmentation,
            step.run.as_of,
        )
    if not step.engine.rows(f"select 1 from {features} limit 1"):
        log.warning("%s: nobody to score as of %s", decision.segmentation, step.run.as_of)


def _with_features_of(engine: Engine, table: str, model: SegmentationModel) -> str:
    """Return a from-item in which further columns that a model looks at are columns."""
    return with_further_columns(
        engine,
        table,
        numbers=[feature.prepared.name for feature in model.features],
        texts=[category.name for category in model.categories],
    )


def _renamed(latest: SegmentationModel, naming: NamingInputs) -> SegmentationModel:
    """Return the last model under the names that it goes by today."""
    return dataclasses.replace(
        latest,
        segments=[
            dataclasses.replace(
                segment, segment_slug=name.segment_slug, segment_name=name.segment_name
            )
            for segment, name in zip(latest.segments, current_names(latest, naming), strict=True)
        ],
    )


def _points(
    engine: Engine, segmentation: str, table: str, model: SegmentationModel, key: str, rows: int
) -> Query:
    """Return the query for the points of a picture: some customers, then all centroids."""
    projection = model.projection
    assert projection is not None
    names = _with_key(_POINTS, key).names

    def point(*values: str) -> list[str]:
        shared = [
            number(projection.x_explained_variance),
            number(projection.y_explained_variance),
            text_literal(model.model_version),
        ]
        listed = [text_literal(segmentation), *values, *shared]
        return [f"{value} as {quoted(name)}" for name, value in zip(names, listed, strict=True)]

    key_text = f"cast({quoted(key)} as varchar)"
    sampled = Query(table).step(
        "sampled_customers",
        select(["*"], table, order_by=f"md5({key_text}), {key_text}", limit=rows),
    )
    features = model.prepared_features
    assigned = assigned_table(engine, sampled, features, model.prototypes, [key])
    x, y = projection_expressions(projection, features, model.gamma)
    segment = "cast(segment_id as integer)"
    selects = [select(point("'customer'", quoted(key), segment, x, y), assigned.result)]
    selects += [
        select(point("'centroid'", "null", str(i), number(x), number(y)), "")
        for i, (x, y) in enumerate(projection.projected(model.embedded_centroids))
    ]
    return assigned.step("points", "\n\nunion all\n\n".join(selects))


def _with_key(schema: pa.Schema, key: str) -> pa.Schema:
    """Return a schema whose customer_id is the key of a table, with the type that it has there."""
    return schema.set(schema.get_field_index("customer_id"), pa.field(key, pa.null()))


_ASSIGNMENTS = pa.schema(
    {
        "customer_id": pa.string(),
        "segment_id": pa.int32(),
        "distance": pa.float64(),
        "runner_up_id": pa.int32(),
        "margin": pa.float64(),
        "reason_1": pa.string(),
        "reason_2": pa.string(),
        "reason_3": pa.string(),
        "model_version": pa.string(),
    }
)

_POINTS = pa.schema(
    {
        "segmentation": pa.string(),
        "point": pa.string(),
        "customer_id": pa.string(),
        "segment_id": pa.int32(),
        "x": pa.float64(),
        "y": pa.float64(),
        "x_explained_variance": pa.float64(),
        "y_explained_variance": pa.float64(),
        "model_version": pa.string(),
    }
)

_RULES = pa.schema(
    {
        "segmentation": pa.string(),
        "model_version": pa.string(),
        "people_macro": pa.string(),
        "person_macro": pa.string(),
    }
)

SEGMENTS = pa.schema(
    {
        "segmentation": pa.string(),
        "segment_id": pa.int32(),
        "segment_slug": pa.string(),
        "segment_name": pa.string(),
        "named_by": pa.string(),
        "naming_distance": pa.float64(),
        "headline": pa.string(),
        "description": pa.string(),
        "strategy": pa.string(),
        "channel": pa.string(),
        "priority": pa.string(),
        "model_version": pa.string(),
    }
)
