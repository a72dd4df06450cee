"""The steps of the prospects segmentation in a dbt build: fit, name, apply, forecast.

Each takes what a dbt Python model has at hand and returns what the model returns, as
:mod:`segmentation.steps.clusters` does for segments that are found in the data.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from segmentation.classification import ClassifierOptions, fit_classifier
from segmentation.classification.assign import score_into
from segmentation.classification.features import NUMBER
from segmentation.classification.fit import ClassifierFit
from segmentation.classification.forecast import Revenue, forecast_records, tally_probabilities
from segmentation.classification.metrics import MetricSummary
from segmentation.classification.model import ProspectSegment, ProspectsModel, as_table
from segmentation.classification.storage import (
    StoredClassifier,
    StoredClassifierError,
    dump_classifier,
)
from segmentation.engine.base import Engine, Relation, Session, Table
from segmentation.engine.sql import case, select, text_literal
from segmentation.playbook.feature_words import FeatureWords, read_feature_words
from segmentation.playbook.playbook import PlaybookRow, read_playbook
from segmentation.playbook.portraits import portraits
from segmentation.playbook.slugs import UNASSIGNED
from segmentation.registry.current import StoredModels, model_to_apply, read_models
from segmentation.registry.library_versions import library_versions
from segmentation.registry.refit_policy import why_fit
from segmentation.registry.refit_requests import announce_kept, model_before_request
from segmentation.registry.run import Run, read_run
from segmentation.steps.begin import begin
from segmentation.steps.clusters import SEGMENTS, read_overrides
from segmentation.steps.further_columns import further_numbers, with_further_columns
from segmentation.steps.prospect_targets import later_segments

log = logging.getLogger("segmentation")

LATER_BEHAVIOUR = "later behaviour"

# Most labelled customers that a classifier learns from: those with the smallest hash of their id.
LABELLED_ROWS = 50_000

# Whoever is in no segment, and whoever is in no dense group.
_RESERVED_SLUGS = (UNASSIGNED, "noise")
_PREDICTIONS = "segmentation_prospect_predictions"
_LIBRARIES = ("scikit-learn", "skops", "xgboost-cpu", "numpy", "pandas", "duckdb", "segmentation")


def fit_prospects_if_needed(
    session: Session,
    *,
    features: Table,
    later_features: Table,
    value_per_year: Table,
    run_settings: Table,
    playbook: Table,
    feature_words: Table,
    history: Table | None,
    settings: Mapping[str, Any],
    overrides: Any = None,
    first_days: Mapping[str, Any] | None = None,
    refit: Any = False,
    refit_after_days: Any = None,
    runs_schema: str | None = None,
) -> pa.Table:
    """Fit a classifier where one is needed.

    As :func:`segmentation.steps.clusters.fit_if_needed`; also where the stored one cannot be read
    by the scikit-learn that is installed, or learned from something else than there is to learn
    from now.
    Where it has to go and nothing can be learned instead, a row without a classifier takes its
    place: nobody is foretold anything by a model of other features or other segments. Where there
    is no customer at all (``dbt build --empty``), a stored classifier that can be read stays.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    features, later_features, value_per_year : relation or table name
        ``int_prospect_features``, ``int_later_features`` and ``int_customer_value_per_year``.
    run_settings, playbook, feature_words : relation or table name
    history : relation or table name, optional
        The models fitted so far; None where there is no such table yet.
    settings : mapping
        Options, see :class:`segmentation.classification.options.ClassifierOptions`.
    overrides : mapping or JSON text, optional
        Options laid over `settings`.
    first_days : mapping, optional
        The vars that decide what the features count; others mean another fit.
    refit, refit_after_days
        See :func:`segmentation.registry.refit_policy.why_fit`.
    runs_schema : str, optional
        See :func:`segmentation.steps.clusters.fit_if_needed`.

    Returns
    -------
    pyarrow.Table
        The rows to store: none where nothing was fitted and all have digests.
    """
    engine = begin(session)
    run = read_run(engine, run_settings)
    options = ClassifierOptions.from_mapping(settings, read_overrides(overrides))
    stored = read_models(engine, history, run, ProspectsModel.from_record)
    latest = stored.current
    fit_hash = _fit_hash(options, first_days or {})
    table = engine.from_item(features)
    before = model_before_request(engine, runs_schema, run, "prospects")
    why = why_fit(latest, fit_hash, run, refit, refit_after_days, before)
    unusable = _why_not_kept(engine, latest, table) if latest is not None else None
    reason = stored.damage or why or unusable
    is_usable = latest is not None and unusable is None
    if stored.without_digest:
        log.info("prospects: digests for %d stored models", len(stored.without_digest))
    if reason is None or (is_usable and not engine.rows(f"select 1 from {table} limit 1")):
        if latest is not None:
            announce_kept("prospects", latest, run, before)
        return as_table([], stored.without_digest)
    log.info("prospects: fitting, because %s", reason)
    words = read_feature_words(engine.records(f"select * from {engine.from_item(feature_words)}"))
    rows = engine.records(f"select * from {engine.from_item(playbook)}")
    labelled, source = _labelled(
        engine, features, later_features, run, read_playbook(rows, "value"), words, options
    )
    shared = _identities_of_prospects(engine, features)
    fitted = fit_classifier(labelled, "target", "identity_id", options, prospect_identities=shared)
    if fitted.classifier is None:
        log.warning("prospects: nothing fitted; nobody is foretold a segment")
        if stored.damage is None and (latest is None or not latest.segments):
            return as_table([], stored.without_digest)
    revenue = engine.frame(
        f"select customer_id, cast(revenue_per_year as double) as revenue_per_year "
        f"from {engine.from_item(value_per_year)}"
    )
    if options.exclude_shared_identities:
        # What the model's row says of segments is of those whom it was learned from.
        labelled = labelled[~labelled["identity_id"].isin(shared)]
    model = _model(run, reason, options, fit_hash, labelled, source, fitted, words, revenue, stored)
    log.info("prospects: fitted %s: %s", model.model_version, model.algorithm)
    return as_table([model], stored.without_digest)


def name_prospect_segments(
    session: Session,
    *,
    models: Table,
    run_settings: Table,
    playbook: Table,
) -> pa.Table:
    """Name the segments that prospects can join.

    By the playbook's rows for `prospects`, else, where the segments are those of established
    customers by behaviour, by its rows for `value`, else as the data call them.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    models, run_settings, playbook : relation or table name

    Returns
    -------
    pyarrow.Table
        One row per segment, as :func:`segmentation.steps.clusters.name_segments_of_current_model`.
    """
    engine = begin(session)
    run = read_run(engine, run_settings)
    model = model_to_apply(engine, models, run, ProspectsModel.from_record)
    if model is None or not model.segments:
        return pa.Table.from_pylist([], schema=SEGMENTS)
    rows = engine.records(f"select * from {engine.from_item(playbook)}")
    written = _rows_by_slug(read_playbook(rows, "prospects"))
    if model.target_source == LATER_BEHAVIOUR:
        written = {**_rows_by_slug(read_playbook(rows, "value")), **written}
    records = []
    for segment in model.segments:
        row = written.get(segment.segment_slug)
        records.append(
            {
                "segmentation": "prospects",
                "segment_id": segment.segment_id,
                "segment_slug": segment.segment_slug,
                "segment_name": row.segment_name if row else _spoken(segment, model),
                "named_by": "playbook" if row else "data",
                "naming_distance": None,
                "headline": segment.headline,
                "description": row.description if row else None,
                "strategy": row.strategy if row else None,
                "channel": row.channel if row else None,
                "priority": row.priority if row else None,
                "model_version": model.model_version,
            }
        )
    return pa.Table.from_pylist(records, schema=SEGMENTS)


def assign_prospects(
    session: Session,
    *,
    features: Table,
    models: Table,
    run_settings: Table,
    feature_words: Table,
) -> Relation:
    """Apply the classifier in force to every prospect, in batches.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    features, models, run_settings, feature_words : relation or table name

    Returns
    -------
    Relation
        customer_id, segment_id, probability, runner_up_id, margin (probability less that of the
        runner-up), probabilities (in the order of segment_id), reason_1, reason_2, reason_3,
        model_version. No rows where there is no model.
    """
    engine = begin(session)
    run = read_run(engine, run_settings)
    model = model_to_apply(engine, models, run, ProspectsModel.from_record)
    if model is None or not model.segments:
        return engine.nothing(_PREDICTED)
    words = read_feature_words(engine.records(f"select * from {engine.from_item(feature_words)}"))
    classifier = model.classifier()
    numbers = [column.name for column in classifier.columns if column.kind == NUMBER]
    table = with_further_columns(
        engine,
        engine.from_item(features),
        numbers=numbers,
        texts=[column.name for column in classifier.columns if column.name not in numbers],
    )
    scored = score_into(
        engine,
        f"(select * from {table} where is_prospect)",
        classifier,
        _PREDICTIONS,
        keep=["customer_id"],
        words=words,
        temporary=True,
    )
    log.info("prospects: %s foretold a segment", f"{scored.rows:,}")
    ids = [(text_literal(s.label), str(s.segment_id)) for s in model.segments]
    made = {
        "segment_id": f"cast({case(ids, of='segment')} as integer)",
        "runner_up_id": f"cast({case(ids, of='runner_up')} as integer)",
        "model_version": text_literal(model.model_version),
    }
    columns = [f"{made[name]} as {name}" if name in made else name for name in _PREDICTED.names]
    return engine.relation(select(columns, _PREDICTIONS))


def forecast_prospects(
    session: Session,
    *,
    assignments: Table,
    models: Table,
    run_settings: Table,
) -> pa.Table:
    """Say how many prospects will join each segment, and what they will spend in a year.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    assignments, models, run_settings : relation or table name

    Returns
    -------
    pyarrow.Table
        One row per segment, see :func:`segmentation.classification.forecast.forecast_records`;
        none where there is no model.
    """
    engine = begin(session)
    run = read_run(engine, run_settings)
    model = model_to_apply(engine, models, run, ProspectsModel.from_record)
    if model is None or not model.segments:
        return pa.Table.from_pylist([], schema=_FORECAST)
    k = len(model.segments)
    batches = (
        np.array(batch.column(0).to_pylist(), dtype=float).reshape(-1, k)
        for batch in engine.batches(f"select probabilities from {engine.from_item(assignments)}")
    )
    records = forecast_records(
        model.classifier(),
        tally_probabilities(batches, k),
        {
            segment.label: Revenue(segment.yearly_revenue, segment.yearly_revenue_error or 0.0)
            for segment in model.segments
            if segment.yearly_revenue is not None
        },
    )
    ids = {segment.label: segment.segment_id for segment in model.segments}
    return pa.Table.from_pylist(
        [
            {**record, "segment_id": ids[record["segment"]], "model_version": model.model_version}
            for record in records
        ],
        schema=_FORECAST,
    )


def _labelled(
    engine: Engine,
    features: Table,
    later_features: Table,
    run: Run,
    value_playbook: Mapping[int, Sequence[PlaybookRow]],
    words: Mapping[str, FeatureWords],
    options: ClassifierOptions,
) -> tuple[pd.DataFrame, str]:
    """Return the customers to learn from, each with a target, and where that comes from."""
    table = engine.from_item(features)
    numbers = further_numbers(
        engine, table, [name for name in options.features if name not in options.ordered_categories]
    )
    laid_out = with_further_columns(
        engine,
        table,
        numbers=numbers,
        texts=[name for name in options.features if name not in numbers],
    )
    labelled = engine.frame(
        f"select * from {laid_out} where not is_prospect "
        f"order by md5(customer_id), customer_id limit {LABELLED_ROWS}"
    )
    source = str(labelled["target_source"].iloc[0]) if len(labelled) else "known segment"
    if source == LATER_BEHAVIOUR:
        later = later_segments(
            engine,
            engine.from_item(later_features),
            run,
            value_playbook,
            words,
            seed=options.seed,
        )
        labelled["target"] = labelled["customer_id"].map(later)
    known = labelled[labelled["target"].notna()]
    return known.reset_index(drop=True), source


def _identities_of_prospects(engine: Engine, features: Table) -> list[str]:
    table = engine.from_item(features)
    return [
        row[0]
        for row in engine.rows(
            f"select distinct identity_id from {table} where is_prospect and identity_id in "
            f"(select identity_id from {table} where not is_prospect)"
        )
    ]


def _model(
    run: Run,
    reason: str,
    options: ClassifierOptions,
    fit_hash: str,
    labelled: pd.DataFrame,
    source: str,
    fitted: ClassifierFit,
    words: Mapping[str, FeatureWords],
    revenue: pd.DataFrame,
    stored: StoredModels[ProspectsModel],
) -> ProspectsModel:
    classifier = fitted.classifier
    dumped = dump_classifier(classifier) if classifier else StoredClassifier(b"", "")
    labels = classifier.segments if classifier else ()
    columns = ["customer_id", "target", *options.features]
    written = labelled[columns].to_json(orient="values", double_precision=15)
    fingerprint = hashlib.sha256(written.encode())
    model_number = stored.number + 1
    identity = f"{run.dataset}/{run.variant}/{fit_hash}/".encode()
    version = hashlib.sha256(identity + dumped.digest.encode() + fingerprint.digest())
    return ProspectsModel(
        segmentation="prospects",
        dataset=run.dataset,
        variant=run.variant,
        model_number=model_number,
        model_version=f"prospects-{model_number:04d}-{version.hexdigest()[:8]}",
        previous_version=stored.version,
        fitted_at=datetime.datetime.now(datetime.UTC).replace(tzinfo=None),
        as_of=run.as_of,
        lrfm_window_days=run.lrfm_window_days,
        fit_reason=reason,
        algorithm=classifier.candidate if classifier else "none",
        k=len(labels),
        options=options.as_json(),
        fit_hash=fit_hash,
        sample_fingerprint=fingerprint.hexdigest(),
        library_versions=library_versions(_LIBRARIES),
        features_used=", ".join(classifier.features if classifier else ()),
        features_dropped="; ".join(f"{f.name}: {f.reason}" for f in fitted.dropped_features),
        target_source=source,
        labelled_customers=len(labelled),
        segments=_segments(labels, labelled, options, words, revenue),
        selection=fitted.selection,
        classifier_metrics=_metrics(fitted),
        confusion=fitted.confusion,
        importance=fitted.importance,
        calibration=fitted.calibration,
        temperature=classifier.temperature if classifier else 1.0,
        warnings=list(fitted.warnings),
        payload=dumped.payload,
        digest=dumped.digest,
    )


def _segments(
    labels: Sequence[str],
    labelled: pd.DataFrame,
    options: ClassifierOptions,
    words: Mapping[str, FeatureWords],
    revenue: pd.DataFrame,
) -> list[ProspectSegment]:
    if not labels:
        return []
    takes_part = labelled[labelled["target"].isin(labels)]
    numbers = [name for name in options.features if takes_part[name].dtype.kind in "fiub"]
    categories = [name for name in options.features if name not in numbers]
    lines = portraits(takes_part, takes_part["target"], numbers, categories, words)
    joined = takes_part[["customer_id", "target"]].merge(revenue, on="customer_id", how="left")
    slugs = _slugs(labels)
    segments = []
    for i, label in enumerate(labels):
        own = joined.loc[joined["target"] == label, "revenue_per_year"].dropna()
        segments.append(
            ProspectSegment(
                segment_id=i,
                label=label,
                segment_slug=slugs[label],
                labelled_customers=int((takes_part["target"] == label).sum()),
                headline=lines[label],
                yearly_revenue=float(own.mean()) if len(own) else None,
                yearly_revenue_error=(
                    float(own.std(ddof=1)) / len(own) ** 0.5 if len(own) > 1 else None
                ),
            )
        )
    return segments


def _slugs(labels: Sequence[str]) -> dict[str, str]:
    """Return a slug for each label: lower case, of letters, digits and underscores, unique.

    None is one that means something else in the marts.
    """
    slugs: dict[str, str] = {}
    for label in labels:
        slug = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")
        if not slug[:1].isalpha() or slug in _RESERVED_SLUGS:
            slug = f"segment_{slug}".rstrip("_")
        number = 1
        while (unique := slug if number == 1 else f"{slug}_{number}") in slugs.values():
            number += 1
        slugs[label] = unique
    return slugs


def _metrics(fitted: ClassifierFit) -> list[dict[str, Any]]:
    """Return all figures of the fit: of cross-validation, of calibration, and of overlaps."""
    records = [metric.as_record() for metric in fitted.metrics]
    winner = fitted.winner or ""
    for metric, value in (
        ("calibration_error_before", fitted.calibration_error_before),
        ("calibration_error_after", fitted.calibration_error_after),
        ("log_loss_before_calibration", fitted.log_loss_before),
        ("log_loss_after_calibration", fitted.log_loss_after),
    ):
        if value is not None:
            single = MetricSummary(winner, "grouped", metric, None, value, None, None, 1)
            records.append(single.as_record())
    return records


def _spoken(segment: ProspectSegment, model: ProspectsModel) -> str:
    """Return the name of a segment that is in no playbook: its label, or its slug in words."""
    if model.target_source != LATER_BEHAVIOUR:
        return segment.label
    return segment.label.replace("_", " ").capitalize()


def _fit_hash(options: ClassifierOptions, first_days: Mapping[str, Any]) -> str:
    """Return a hash of the options and of what the features count: another one, another fit."""
    counted = json.dumps({name: str(value) for name, value in first_days.items()}, sort_keys=True)
    return hashlib.sha256(f"{options.as_json()}{counted}".encode()).hexdigest()[:16]


def _why_not_kept(engine: Engine, model: ProspectsModel, features: str) -> str | None:
    if not model.segments:
        return "nothing could be learned before"
    sources = [row[0] for row in engine.rows(f"select distinct target_source from {features}")]
    if sources and model.target_source not in sources:
        return f"segments are learned from: {sources[0]}; they were from: {model.target_source}"
    try:
        model.classifier()
    except StoredClassifierError as error:
        return f"the stored one cannot be read: {error}"
    return None


def _rows_by_slug(playbook: Mapping[int, Sequence[PlaybookRow]]) -> dict[str, PlaybookRow]:
    return {row.segment_slug: row for k in sorted(playbook) for row in playbook[k]}


_PREDICTED = pa.schema(
    {
        "customer_id": pa.string(),
        "segment_id": pa.int32(),
        "probability": pa.float64(),
        "runner_up_id": pa.int32(),
        "margin": pa.float64(),
        "probabilities": pa.list_(pa.float64()),
        "reason_1": pa.string(),
        "reason_2": pa.string(),
        "reason_3": pa.string(),
        "model_version": pa.string(),
    }
)

_FORECAST = pa.schema(
    {
        "segment_id": pa.int32(),
        "most_likely_customers": pa.int64(),
        "expected_customers": pa.float64(),
        "expected_share": pa.float64(),
        "lower_customers": pa.float64(),
        "upper_customers": pa.float64(),
        "mean_yearly_revenue": pa.float64(),
        "expected_sales": pa.float64(),
        "lower_sales": pa.float64(),
        "upper_sales": pa.float64(),
        "level": pa.float64(),
        "model_version": pa.string(),
    }
)
