"""The row that a fit of prospects stores, and the segments in it."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from segmentation.classification import ClassifierOptions
from segmentation.classification.metrics import MetricSummary
from segmentation.classification.model import ProspectSegment, ProspectsModel
from segmentation.classification.storage import (
    StoredClassifier,
    dump_classifier,
)
from segmentation.playbook.feature_words import FeatureWords
from segmentation.playbook.portraits import portraits
from segmentation.playbook.slugs import unique_slug
from segmentation.registry.header import FitRequest, FittedContent
from segmentation.steps.learn_prospects import LearnedProspects
from segmentation.steps.prospect_targets import (
    mean_sales,
    value_ids,
)

if TYPE_CHECKING:
    from segmentation.classification import ClassifierFit

_LIBRARIES = ("scikit-learn", "skops", "xgboost-cpu", "numpy", "pandas", "duckdb", "segmentation")


def prospects_row(
    request: FitRequest,
    options: ClassifierOptions,
    fit_hash: str,
    learned: LearnedProspects,
    segments: list[ProspectSegment],
) -> ProspectsModel:
    """Return the row to store.

    Parameters
    ----------
    request : FitRequest
        Why it was fitted, and which number it gets.
    options : ClassifierOptions
    fit_hash : str
        Hash of the options that are fitted.
    learned : LearnedProspects
    segments : list of ProspectSegment
        Of :func:`prospect_segments`.
    """
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


def _settled(learned: LearnedProspects) -> str:
    """Return what a fit depends on besides rows and options, as text; empty for known segments."""
    return f"/{learned.horizon.days}/{learned.rule.text}" if learned.rule else ""


def prospect_segments(
    learned: LearnedProspects,
    options: ClassifierOptions,
    words: Mapping[str, FeatureWords],
    revenue: pd.DataFrame,
) -> list[ProspectSegment]:
    """Return the segments that prospects can join; none without a classifier.

    Parameters
    ----------
    learned : LearnedProspects
    options : ClassifierOptions
    words : mapping
        Feature to its words.
    revenue : pandas.DataFrame
        customer_id and revenue_per_year.
    """
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
