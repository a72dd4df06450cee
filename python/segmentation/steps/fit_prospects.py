"""The step that fits the classifier of prospects, where a fit is needed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from segmentation.classification import ClassifierOptions
from segmentation.classification.backtest import Backtest, Winner, backtest, cohorts_of
from segmentation.classification.features import as_matrix
from segmentation.classification.metrics import MetricSummary
from segmentation.classification.model import ProspectSegment, ProspectsModel
from segmentation.classification.sales import SpendModel, backtested_ratio, fit_spend
from segmentation.classification.storage import (
    StoredClassifier,
    StoredClassifierError,
    dump_classifier,
)
from segmentation.engine.base import Engine, Session, Table
from segmentation.features.further_columns import further_numbers, with_further_columns
from segmentation.playbook.feature_words import FeatureWords
from segmentation.playbook.portraits import portraits
from segmentation.playbook.slugs import unique_slug
from segmentation.registry.header import FitRequest, FittedContent
from segmentation.registry.option_groups import FitConfiguration
from segmentation.registry.refit_requests import announce_kept
from segmentation.steps.begin import Step, begin
from segmentation.steps.fit_decision import PastFits, decide
from segmentation.steps.fits import fit_classifier
from segmentation.steps.overrides import read_overrides
from segmentation.steps.prospect_targets import (
    SEGMENT_AT_AGE,
    Horizon,
    TablesAtAge,
    ValueRule,
    mean_sales,
    read_horizon,
    read_value_rule,
    sampled_customers,
    value_ids,
    with_targets,
)

if TYPE_CHECKING:
    from segmentation.classification import ClassifierFit

log = logging.getLogger("segmentation")

# Most labelled customers that a classifier learns from: those with the smallest hash of their id.
LABELLED_ROWS = 50_000

KNOWN_SEGMENT = "known segment"

_LIBRARIES = ("scikit-learn", "skops", "xgboost-cpu", "numpy", "pandas", "duckdb", "segmentation")


def fit_prospects_if_needed(
    session: Session,
    *,
    features: Table,
    at_age: TablesAtAge,
    value_per_year: Table,
    run_settings: Table,
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
    there are now: where no segments are known, those of the current value model at the horizon.
    Where it cannot stay and no classifier can be fitted, a row without a classifier takes its
    place: a model that was fitted on other features or segments is never applied. Where there is no
    customer at all (``dbt build --empty``), a stored classifier that can be read stays, and so does
    a damaged one, which is not applied.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    features, value_per_year : relation or table name
        ``int_prospect_features`` and ``int_customer_value_per_year``.
    at_age : TablesAtAge
        Read only where no segments are known.
    run_settings, feature_words : relation or table name
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
    source = _Source(step, table, at_age)
    unusable = _why_not_kept(source, latest) if latest is not None else None
    reason = decision.reason or unusable
    is_usable = latest is not None and unusable is None
    # What is damaged is left to a build that has somebody to learn from.
    can_stay = is_usable or stored.damage is not None
    if reason is None or (can_stay and not step.engine.rows(f"select 1 from {table} limit 1")):
        if latest is not None:
            announce_kept("prospects", latest, step.run, decision.before_request)
        return ProspectsModel.as_table([], stored.without_digest)
    log.info("prospects: fitting, because %s", reason)
    learned = _learn(source, options)
    if learned.fitted.classifier is None:
        log.warning("prospects: nothing fitted; no segments are predicted")
        if stored.damage is None and (latest is None or not latest.segments):
            return ProspectsModel.as_table([], stored.without_digest)
    revenue = step.engine.frame(
        f"select customer_id, cast(revenue_per_year as double) as revenue_per_year "
        f"from {step.engine.from_item(value_per_year)}"
    )
    segments = _segments(learned, options, step.words(feature_words), revenue)
    model = _model(
        decision.request(step, reason), options, configuration.fit_hash, learned, segments
    )
    log.info("prospects: fitted %s: %s", model.model_version, model.algorithm)
    return ProspectsModel.as_table([model], stored.without_digest)


class _Source:
    """Where targets come from: known segments, or the value model and its features at an age.

    Each part is read when it is first asked for, because most builds keep their classifier, and
    data sets with known segments need no value model.
    """

    def __init__(self, step: Step, features: str, at_age: TablesAtAge) -> None:
        self.step = step
        self.features = features
        self.at_age = at_age

    @cached_property
    def target_source(self) -> str | None:
        """The source that the features name; None where there is nobody."""
        found = self.step.engine.rows(f"select distinct target_source from {self.features}")
        return str(found[0][0]) if found else None

    @cached_property
    def horizon(self) -> Horizon:
        """The age that segments are forecast for."""
        if self.target_source != SEGMENT_AT_AGE:
            return Horizon(None, None, None)
        return read_horizon(self.step, self.at_age)

    @cached_property
    def rule(self) -> ValueRule | None:
        """The value model that gives segments; None where it is not asked, or there is none."""
        return read_value_rule(self.step, self.at_age) if self.horizon.days else None


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
    horizon : Horizon
    rule : ValueRule or None
    tested : Backtest or None
    spend : SpendModel or None
    sales_ratio : float or None
        Of :func:`segmentation.classification.sales.backtested_ratio`.
    """

    labelled: pd.DataFrame
    source: str
    fitted: ClassifierFit
    horizon: Horizon
    rule: ValueRule | None = None
    tested: Backtest | None = None
    spend: SpendModel | None = None
    sales_ratio: float | None = None

    @property
    def taking_part(self) -> pd.DataFrame:
        """The customers whose segment can be predicted."""
        assert self.fitted.classifier is not None
        return self.labelled[self.labelled["target"].isin(self.fitted.classifier.segments)]


def _learn(source: _Source, options: ClassifierOptions) -> _Learned:
    engine = source.step.engine
    labelled = _labelled(source, options)
    shared = _identities_of_prospects(engine, source.features)
    fitted = fit_classifier(labelled, "target", "identity_id", options, prospect_identities=shared)
    if options.exclude_shared_identities:
        # The figures of segments in the model row describe the training data.
        labelled = labelled[~labelled["identity_id"].isin(shared)]
    learned = _Learned(
        labelled, source.target_source or KNOWN_SEGMENT, fitted, source.horizon, source.rule
    )
    if fitted.classifier is None or source.rule is None:
        return learned
    return _with_past(source, learned, options)


def _with_past(source: _Source, learned: _Learned, options: ClassifierOptions) -> _Learned:
    """Add what past cohorts say: how far shares drift, how well intervals and sales held."""
    classifier = learned.fitted.classifier
    assert classifier is not None
    rows = learned.taking_part
    setting = next(record for record in learned.fitted.selection if record["is_winner"])["setting"]
    winner = Winner(
        classifier.candidate,
        json.loads(setting),
        classifier.columns,
        classifier.temperature,
        len(classifier.segments),
        options.seed,
    )
    cohorts = cohorts_of(rows["first_day"].to_numpy(int))
    prospects = _frame(source, options, f"(select * from {source.features} where is_prospect)")
    tested = backtest(
        winner,
        as_matrix(rows, classifier.columns),
        np.searchsorted(np.array(classifier.segments), rows["target"].to_numpy(str)),
        cohorts,
        as_matrix(prospects, classifier.columns),
    )
    sales = rows["later_revenue"].to_numpy(float)
    return dataclasses.replace(
        learned,
        tested=tested,
        spend=fit_spend(rows, sales),
        sales_ratio=backtested_ratio(rows, sales, cohorts, options.seed),
    )


def _labelled(source: _Source, options: ClassifierOptions) -> pd.DataFrame:
    """Return the customers to learn from, each with a target."""
    if source.target_source != SEGMENT_AT_AGE:
        labelled = _frame(
            source, options, f"(select * from {source.features} where not is_prospect)"
        )
    elif source.rule is None:
        if source.horizon.why_none:
            log.warning("prospects: %s", source.horizon.why_none)
        labelled = _frame(source, options, f"(select * from {source.features} where false)")
    else:
        sampled = sampled_customers(source.step.engine, source.at_age, LABELLED_ROWS)
        chosen = (
            f"(select * from {source.features} "
            f"where customer_id in (select customer_id from {sampled}))"
        )
        labelled = with_targets(
            source.step, _frame(source, options, chosen), sampled, source.at_age, source.rule
        )
    return labelled[labelled["target"].notna()].reset_index(drop=True)


def _frame(source: _Source, options: ClassifierOptions, table: str) -> pd.DataFrame:
    """Return customers with all columns that options name: those of the smallest hash."""
    engine = source.step.engine
    numbers = further_numbers(
        engine,
        source.features,
        [name for name in options.features if name not in options.ordered_categories],
    )
    laid_out = with_further_columns(
        engine,
        table,
        numbers=numbers,
        texts=[name for name in options.features if name not in numbers],
    )
    return engine.frame(
        f"select * from {laid_out} order by md5(customer_id), customer_id limit {LABELLED_ROWS}"
    )


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
    if learned.spend:
        columns += ["first_day", "later_revenue"]
    written = learned.labelled[columns].to_json(orient="values", double_precision=15)
    header = request.header(
        options.as_json(),
        fit_hash,
        FittedContent(
            algorithm=classifier.candidate if classifier else "none",
            k=len(segments),
            features=classifier.features if classifier else (),
            dropped=fitted.dropped_features,
            content=f"{dumped.digest}{_settled(learned)}".encode(),
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
        criterion=options.criterion,
        needed_score=fitted.needed_score,
        horizon_days=learned.horizon.days,
        learned_from_day=learned.horizon.learned_from_day,
        value_rule=learned.rule.text if learned.rule else None,
        value_segment_ids=(
            value_ids(learned.labelled, classifier.segments) if classifier and learned.rule else []
        ),
        backtest=dataclasses.asdict(learned.tested) if learned.tested else None,
        spend=dataclasses.asdict(learned.spend) if learned.spend else None,
        segment_sales=(
            mean_sales(learned.labelled, classifier.segments) if classifier and learned.rule else []
        ),
        sales_backtest_ratio=learned.sales_ratio,
    )


def _settled(learned: _Learned) -> str:
    """Return what a fit depends on besides rows and options, as text; empty for known segments."""
    return f"/{learned.horizon.days}/{learned.rule.text}" if learned.rule else ""


def _segments(
    learned: _Learned,
    options: ClassifierOptions,
    words: Mapping[str, FeatureWords],
    revenue: pd.DataFrame,
) -> list[ProspectSegment]:
    classifier = learned.fitted.classifier
    if classifier is None:
        return []
    labels = classifier.segments
    takes_part = learned.taking_part
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


def _why_not_kept(source: _Source, model: ProspectsModel) -> str | None:
    if not model.segments:
        return "nothing could be learned before"
    if source.target_source not in (model.target_source, None):
        return (
            f"segments are learned from: {source.target_source}; "
            f"they were from: {model.target_source}"
        )
    if source.target_source == SEGMENT_AT_AGE:
        if source.horizon.days != model.horizon_days:
            return (
                f"segments are forecast for {source.horizon.days or 'no'} days after the first "
                f"purchase; they were for {model.horizon_days or 'no'}"
            )
        if source.rule and source.rule.text != model.value_rule:
            return "the value segments are others than those that were learned"
    try:
        model.classifier()
    except StoredClassifierError as error:
        return f"the stored one cannot be read: {error}"
    return None
