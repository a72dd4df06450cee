"""The step that fits the classifier of prospects, where a fit is needed."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from segmentation.classification import ClassifierOptions, fit_classifier
from segmentation.classification.fit import ClassifierFit
from segmentation.classification.metrics import MetricSummary
from segmentation.classification.model import ProspectSegment, ProspectsModel
from segmentation.classification.storage import (
    StoredClassifier,
    StoredClassifierError,
    dump_classifier,
)
from segmentation.clustering.names import NamingInputs
from segmentation.engine.base import Engine, Session, Table
from segmentation.playbook.feature_words import FeatureWords
from segmentation.playbook.portraits import portraits
from segmentation.playbook.slugs import unique_slug
from segmentation.registry.header import FitRequest, FittedContent
from segmentation.registry.option_groups import FitConfiguration
from segmentation.registry.refit_requests import announce_kept
from segmentation.steps.begin import Step, begin
from segmentation.steps.fit_decision import PastFits, decide
from segmentation.steps.further_columns import further_numbers, with_further_columns
from segmentation.steps.overrides import read_overrides
from segmentation.steps.prospect_targets import LATER_BEHAVIOUR, later_segments

log = logging.getLogger("segmentation")

# Most labelled customers that a classifier learns from: those with the smallest hash of their id.
LABELLED_ROWS = 50_000

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

    As :func:`segmentation.steps.fit_clusters.fit_if_needed`; also where the stored one cannot be
    read by the scikit-learn that is installed, or was trained on other features or segments than
    there are now. Where it cannot stay and no classifier can be fitted, a row without a classifier
    takes its place: a model that was fitted on other features or segments is never applied. Where
    there is no customer at all (``dbt build --empty``), a stored classifier that can be read stays,
    and so does a damaged one, which is not applied.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    features, later_features, value_per_year : relation or table name
        ``int_prospect_features``, ``int_later_features`` and ``int_customer_value_per_year``.
    run_settings, playbook, feature_words : relation or table name
    history, refit, refit_after_days, runs_schema
        See :class:`segmentation.steps.fit_decision.PastFits`.
    settings : mapping
        Options, see :class:`segmentation.classification.options.ClassifierOptions`.
    overrides : mapping, sequence of mappings or JSON text, optional
        Options laid over `settings`, see :func:`segmentation.steps.overrides.read_overrides`.
    first_days : mapping, optional
        The vars that decide what the features count; others mean another fit.

    Returns
    -------
    pyarrow.Table
        The rows to store: none where nothing was fitted and all have digests.
    """
    step = begin(session, run_settings)
    options = ClassifierOptions.from_mapping(settings, read_overrides(overrides))
    past = PastFits(history, refit, refit_after_days, runs_schema)
    configuration = FitConfiguration(options, _counted(first_days or {}))
    decision = decide(step, "prospects", ProspectsModel, configuration, past)
    stored, latest = decision.stored, decision.stored.current
    table = step.engine.from_item(features)
    unusable = _why_not_kept(step.engine, latest, table) if latest is not None else None
    reason = decision.reason or unusable
    is_usable = latest is not None and unusable is None
    # What is damaged is left to a build that has somebody to learn from.
    can_stay = is_usable or stored.damage is not None
    if reason is None or (can_stay and not step.engine.rows(f"select 1 from {table} limit 1")):
        if latest is not None:
            announce_kept("prospects", latest, step.run, decision.before_request)
        return ProspectsModel.as_table([], stored.without_digest)
    log.info("prospects: fitting, because %s", reason)
    naming = NamingInputs(step.vocabularies(playbook, "value"), step.words(feature_words))
    learned = _learn(step, table, step.engine.from_item(later_features), options, naming)
    if learned.fitted.classifier is None:
        log.warning("prospects: nothing fitted; no segments are predicted")
        if stored.damage is None and (latest is None or not latest.segments):
            return ProspectsModel.as_table([], stored.without_digest)
    revenue = step.engine.frame(
        f"select customer_id, cast(revenue_per_year as double) as revenue_per_year "
        f"from {step.engine.from_item(value_per_year)}"
    )
    segments = _segments(learned, options, naming.words, revenue)
    model = _model(
        decision.request(step, reason), options, configuration.fit_hash, learned, segments
    )
    log.info("prospects: fitted %s: %s", model.model_version, model.algorithm)
    return ProspectsModel.as_table([model], stored.without_digest)


@dataclass(frozen=True)
class _Learned:
    """What was learned, and from whom.

    Attributes
    ----------
    labelled : pandas.DataFrame
        The customers that it was learned from, each with a target.
    source : str
        Where their targets come from.
    fitted : ClassifierFit
    """

    labelled: pd.DataFrame
    source: str
    fitted: ClassifierFit


def _learn(
    step: Step, features: str, later_features: str, options: ClassifierOptions, naming: NamingInputs
) -> _Learned:
    labelled, source = _labelled(step, features, later_features, options, naming)
    shared = _identities_of_prospects(step.engine, features)
    fitted = fit_classifier(labelled, "target", "identity_id", options, prospect_identities=shared)
    if options.exclude_shared_identities:
        # The figures of segments in the model row describe the training data.
        labelled = labelled[~labelled["identity_id"].isin(shared)]
    return _Learned(labelled, source, fitted)


def _labelled(
    step: Step, features: str, later_features: str, options: ClassifierOptions, naming: NamingInputs
) -> tuple[pd.DataFrame, str]:
    """Return the customers to learn from, each with a target, and where that comes from."""
    numbers = further_numbers(
        step.engine,
        features,
        [name for name in options.features if name not in options.ordered_categories],
    )
    laid_out = with_further_columns(
        step.engine,
        features,
        numbers=numbers,
        texts=[name for name in options.features if name not in numbers],
    )
    labelled = step.engine.frame(
        f"select * from {laid_out} where not is_prospect "
        f"order by md5(customer_id), customer_id limit {LABELLED_ROWS}"
    )
    source = str(labelled["target_source"].iloc[0]) if len(labelled) else "known segment"
    if source == LATER_BEHAVIOUR:
        later = later_segments(step.engine, later_features, step.run, naming, seed=options.seed)
        labelled["target"] = labelled["customer_id"].map(later)
    known = labelled[labelled["target"].notna()]
    return known.reset_index(drop=True), source


def _identities_of_prospects(engine: Engine, table: str) -> list[str]:
    return [
        row[0]
        for row in engine.rows(
            f"select distinct identity_id from {table} where is_prospect and identity_id in "
            f"(select identity_id from {table} where not is_prospect)"
        )
    ]


def _model(
    request: FitRequest,
    options: ClassifierOptions,
    fit_hash: str,
    learned: _Learned,
    segments: list[ProspectSegment],
) -> ProspectsModel:
    fitted, classifier = learned.fitted, learned.fitted.classifier
    dumped = dump_classifier(classifier) if classifier else StoredClassifier(b"", "")
    columns = ["customer_id", "target", *options.features]
    written = learned.labelled[columns].to_json(orient="values", double_precision=15)
    header = request.header(
        options.as_json(),
        fit_hash,
        FittedContent(
            algorithm=classifier.candidate if classifier else "none",
            k=len(segments),
            features=classifier.features if classifier else (),
            dropped=fitted.dropped_features,
            content=dumped.digest.encode(),
            fingerprint=hashlib.sha256(written.encode()).hexdigest(),
            libraries=_LIBRARIES,
        ),
    )
    return ProspectsModel(
        **vars(header),
        target_source=learned.source,
        labelled_customers=len(learned.labelled),
        segments=segments,
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
    learned: _Learned,
    options: ClassifierOptions,
    words: Mapping[str, FeatureWords],
    revenue: pd.DataFrame,
) -> list[ProspectSegment]:
    classifier, labelled = learned.fitted.classifier, learned.labelled
    if classifier is None:
        return []
    labels = classifier.segments
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
    """Return a slug for each label."""
    slugs: dict[str, str] = {}
    for label in labels:
        slugs[label], _ = unique_slug(label, slugs.values())
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


def _counted(first_days: Mapping[str, Any]) -> str:
    """Return what the features count, as JSON."""
    return json.dumps({name: str(value) for name, value in first_days.items()}, sort_keys=True)


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
