"""The three steps of a segmentation in a dbt build: fit, name, apply.

Each takes what a dbt Python model has at hand (relations, settings) and returns what the model
returns. Nothing here knows dbt.
"""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from segmentation.clustering.assign import assignments_query
from segmentation.clustering.fit import fit_model
from segmentation.clustering.model import SegmentationModel, as_table
from segmentation.clustering.names import current_names
from segmentation.clustering.options import SegmentationOptions
from segmentation.clustering.projection import projection_expressions
from segmentation.clustering.reasons import segment_headline
from segmentation.engine.base import Engine, Relation, Session, Table
from segmentation.engine.sql import Query, number, quoted, select, text_literal
from segmentation.playbook.feature_words import FeatureWords, read_feature_words
from segmentation.playbook.playbook import PlaybookRow, read_playbook, rows_by_slug
from segmentation.registry.current import model_to_apply, read_models
from segmentation.registry.option_checks import OptionError
from segmentation.registry.refit_policy import why_fit
from segmentation.registry.refit_requests import announce_kept, model_before_request
from segmentation.registry.run import Run, read_run
from segmentation.scoring.nearest import assigned_table
from segmentation.steps.begin import begin
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
    history : relation or table name, optional
        The models fitted so far; None where there is no such table yet.
    settings : mapping
        Options, see :class:`segmentation.clustering.options.SegmentationOptions`.
    overrides : mapping or JSON text, optional
        Options laid over `settings`.
    refit : bool
        Whether a fit is asked for.
    refit_after_days : int, optional
        Age of a model, from its as_of to this build's, after which it is too old.
    runs_schema : str, optional
        Schema of the table of runs: a refit that a run committed and did not live to end is not
        made again, see :mod:`segmentation.registry.refit_requests`.

    Returns
    -------
    pyarrow.Table
        The rows to store: none where nothing was fitted and all have digests.
    """
    engine = begin(session)
    run = read_run(engine, run_settings)
    options = read_options(settings, overrides)
    stored = read_models(engine, history, run, SegmentationModel.from_record)
    before = model_before_request(engine, runs_schema, run, segmentation)
    why = why_fit(stored.current, options.fit_hash(), run, refit, refit_after_days, before)
    reason = stored.damage or why
    if stored.without_digest:
        log.info("%s: digests for %d stored models", segmentation, len(stored.without_digest))
    if reason is None:
        table = engine.from_item(features)
        _announce_kept(engine, segmentation, stored.current, run, before, table)
        return as_table([], stored.without_digest)
    log.info("%s: fitting, because %s", segmentation, reason)
    vocabularies = _read_vocabularies(engine, playbook, segmentation)
    words = read_feature_words(engine.records(f"select * from {engine.from_item(feature_words)}"))
    table = engine.from_item(features)
    numbers = [*options.features, *options.trims]
    check_further_numbers(engine, table, numbers)
    model = fit_model(
        engine,
        with_further_columns(engine, table, numbers=numbers, texts=options.categorical_features),
        options,
        segmentation=segmentation,
        dataset=run.dataset,
        variant=run.variant,
        as_of=run.as_of,
        window_days=run.lrfm_window_days,
        fit_reason=reason,
        playbook=vocabularies,
        words=words,
        model_number=stored.number + 1,
        previous_version=stored.version,
        earlier=_renamed(stored.predecessor, vocabularies, words),
    )
    if model is None:
        log.warning("%s: nobody to segment as of %s; nothing fitted", segmentation, run.as_of)
        return as_table([], stored.without_digest)
    log.info("%s: fitted %s", segmentation, model.model_version)
    return as_table([model], stored.without_digest)


def name_segments_of_current_model(
    session: Session,
    *,
    segmentation: str,
    models: Table,
    run_settings: Table,
    playbook: Table,
    feature_words: Table,
) -> pa.Table:
    """Name the segments of the model that is in force, and say what sets each apart.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    segmentation : str
    models, run_settings, playbook, feature_words : relation or table name

    Returns
    -------
    pyarrow.Table
        One row per segment; none where there is no model.
    """
    engine = begin(session)
    run = read_run(engine, run_settings)
    model = model_to_apply(engine, models, run, SegmentationModel.from_record)
    records: list[dict[str, Any]] = []
    if model is not None:
        vocabularies = _read_vocabularies(engine, playbook, segmentation)
        words = read_feature_words(
            engine.records(f"select * from {engine.from_item(feature_words)}")
        )
        rows = rows_by_slug(vocabularies, model.k)
        names = current_names(model, vocabularies, words)
        for segment, name in zip(model.segments, names, strict=True):
            row = rows.get(name.segment_slug)
            records.append(
                {
                    "segmentation": segmentation,
                    "segment_id": segment.segment_id,
                    **dataclasses.asdict(name),
                    "headline": segment_headline(model, segment, words),
                    "description": row.description if row else None,
                    "strategy": row.strategy if row else None,
                    "channel": row.channel if row else None,
                    "priority": row.priority if row else None,
                    "model_version": model.model_version,
                }
            )
    return pa.Table.from_pylist(records, schema=SEGMENTS)


def assign_segments(
    session: Session,
    *,
    features: Table,
    models: Table,
    run_settings: Table,
    feature_words: Table,
    key: str = "customer_id",
) -> Relation:
    """Apply the model that is in force to every row of the feature table.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    features, models, run_settings, feature_words : relation or table name
    key : str
        Column that identifies a row.

    Returns
    -------
    Relation
        The key, segment_id, distance, runner_up_id, margin, reason_1, reason_2, reason_3,
        model_version. A distance is the square root of a dissimilarity, in scaled units; segment_id
        is -1 for noise. No rows where there is no model.
    """
    engine = begin(session)
    run = read_run(engine, run_settings)
    model = model_to_apply(engine, models, run, SegmentationModel.from_record)
    table = engine.from_item(features)
    if model is None:
        return engine.nothing(_with_key(_ASSIGNMENTS, key), table)
    words = read_feature_words(engine.records(f"select * from {engine.from_item(feature_words)}"))
    table = _with_features_of(engine, table, model)
    return engine.relation(assignments_query(engine, table, model, words, key))


def project_customers(
    session: Session,
    *,
    segmentation: str,
    features: Table,
    models: Table,
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
    features, models, run_settings : relation or table name
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
    engine = begin(session)
    run = read_run(engine, run_settings)
    model = model_to_apply(engine, models, run, SegmentationModel.from_record)
    table = engine.from_item(features)
    if model is None or model.projection is None:
        return engine.nothing(_with_key(_POINTS, key), table)
    table = _with_features_of(engine, table, model)
    return engine.relation(_points(engine, segmentation, table, model, key, rows))


def scoring_rules(
    session: Session,
    *,
    models: Mapping[str, Table],
    segments: Mapping[str, Table],
    features: Mapping[str, Table],
    run_settings: Table,
    feature_words: Table,
    key: str = "customer_id",
) -> pa.Table:
    """Write down, for each segmentation, the macros that score people who are in no table yet.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    models, segments : mapping of str to relation or table name
        Segmentation to its models, and to the named segments of the one in force.
    features : mapping of str to relation or table name
        Segmentation to its feature table.
    run_settings, feature_words : relation or table name

    Returns
    -------
    pyarrow.Table
        segmentation, model_version, and the bodies of two macros, see
        :mod:`segmentation.steps.scoring_macros`. Those of a segmentation without a model, whose
        model_version is null, say that there is none.
    """
    engine = begin(session)
    run = read_run(engine, run_settings)
    words = read_feature_words(engine.records(f"select * from {engine.from_item(feature_words)}"))
    rules = []
    for segmentation, history in models.items():
        model = model_to_apply(engine, history, run, SegmentationModel.from_record)
        if model is None:
            table = engine.from_item(features[segmentation])
            columns = [*engine.numeric_columns(table), *engine.text_columns(table)]
            macros = refusing_macros(segmentation, [name for name in columns if name != key])
        else:
            listed = engine.from_item(segments[segmentation])
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


def _announce_kept(
    engine: Engine,
    segmentation: str,
    latest: SegmentationModel | None,
    run: Run,
    before_request: int | None,
    features: str,
) -> None:
    if latest is None:
        return
    announce_kept(segmentation, latest, run, before_request)
    if run.as_of < latest.as_of:
        log.warning(
            "%s: it was fitted on days after %s, which this build is of; refit: true fits anew",
            segmentation,
            run.as_of,
        )
    if not engine.rows(f"select 1 from {features} limit 1"):
        log.warning("%s: nobody to score as of %s", segmentation, run.as_of)


def _with_features_of(engine: Engine, table: str, model: SegmentationModel) -> str:
    """Return a from-item in which further columns that a model looks at are columns."""
    return with_further_columns(
        engine,
        table,
        numbers=[feature.prepared.name for feature in model.features],
        texts=[category.name for category in model.categories],
    )


def _renamed(
    latest: SegmentationModel | None,
    vocabularies: Mapping[int, Sequence[PlaybookRow]],
    words: Mapping[str, FeatureWords],
) -> SegmentationModel | None:
    """Return the last model under the names that it goes by today."""
    if latest is None:
        return None
    names = current_names(latest, vocabularies, words)
    return dataclasses.replace(
        latest,
        segments=[
            dataclasses.replace(
                segment, segment_slug=name.segment_slug, segment_name=name.segment_name
            )
            for segment, name in zip(latest.segments, names, strict=True)
        ],
    )


def _read_vocabularies(
    engine: Engine, playbook: Table, segmentation: str
) -> dict[int, list[PlaybookRow]]:
    rows = engine.records(f"select * from {engine.from_item(playbook)}")
    return read_playbook(rows, segmentation)


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
