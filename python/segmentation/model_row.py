"""A fitted segmentation as one row of plain numbers: what the table `value_model` holds."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa

from segmentation.clustering.evidence import FeatureEvidence
from segmentation.clustering.k_scan import KJudgement
from segmentation.preprocessing import Matrix, PreparedFeature


@dataclass(frozen=True)
class ModelFeature:
    """A feature of a fitted model.

    Attributes
    ----------
    prepared : PreparedFeature
        How a raw value becomes a scaled one.
    mean, standard_deviation : float
        Of the scaled values of the sample; they turn a centroid into z-scores.
    typical : float
        Median over all customers, in the feature's own unit.
    missing_share : float
        Share of the sample that had no value.
    """

    prepared: PreparedFeature
    mean: float
    standard_deviation: float
    typical: float
    missing_share: float


@dataclass(frozen=True)
class DroppedFeature:
    """A feature that was asked for and left out, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class ModelSegment:
    """A segment of a fitted model.

    Attributes
    ----------
    segment_id : int
        From 0, largest segment first at the time of the fit; of equal ones, the one whose
        centroid is lower on the first feature on which they differ.
    segment_slug, segment_name : str
        As named at the fit.
    named_by : str
        See :class:`segmentation.naming.SegmentName`.
    naming_distance : float or None
        In z-scores.
    customers : int
        At the time of the fit.
    centroid : list of float, length n_features
        In scaled units.
    profile : list of float, length n_features
        The centroid in z-scores.
    typical : list of float, length n_features
        Median over the customers of the segment, in the features' own units.
    """

    segment_id: int
    segment_slug: str
    segment_name: str
    named_by: str
    naming_distance: float | None
    customers: int
    centroid: list[float]
    profile: list[float]
    typical: list[float]


@dataclass(frozen=True)
class FitMetrics:
    """How a fit went.

    Attributes
    ----------
    inertia : float
        Over all customers, in scaled units.
    customers : int
        Customers that the refinement read.
    sample_customers : int
        Customers that Python read.
    passes : int
        Lloyd passes over all customers.
    converged : bool
        Whether the last pass moved nothing beyond the tolerance.
    """

    inertia: float
    customers: int
    sample_customers: int
    passes: int
    converged: bool


@dataclass(frozen=True)
class SegmentationModel:
    """One fit. A table of these is the history of a segmentation."""

    segmentation: str
    dataset: str
    variant: str
    model_number: int
    model_version: str
    previous_version: str | None
    fitted_at: datetime.datetime
    as_of: datetime.date
    lrfm_window_days: int
    fit_reason: str
    algorithm: str
    k: int
    k_asked: str
    k_by_rule: int
    options: str
    fit_hash: str
    playbook_hash: str
    sample_fingerprint: str
    library_versions: str
    features_used: str
    features_dropped: str
    features: list[ModelFeature]
    dropped_features: list[DroppedFeature]
    segments: list[ModelSegment]
    metrics: FitMetrics
    k_scan: list[KJudgement]
    evidence: list[FeatureEvidence]

    @property
    def prepared_features(self) -> list[PreparedFeature]:
        """How each raw column becomes a scaled one."""
        return [feature.prepared for feature in self.features]

    @property
    def centroids(self) -> Matrix:
        """Centroids, shape (k, n_features), row i being segment i."""
        rows = [segment.centroid for segment in self.segments]
        return np.array(rows, dtype=float).reshape(len(rows), len(self.features))

    @property
    def profiles(self) -> list[dict[str, float]]:
        """Feature to z-score, for each segment."""
        return [
            {f.prepared.name: z for f, z in zip(self.features, segment.profile, strict=True)}
            for segment in self.segments
        ]

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Read a row as the engine returns it."""
        values = {field.name: record[field.name] for field in dataclasses.fields(cls)}
        prepared = [field.name for field in dataclasses.fields(PreparedFeature)]
        values["features"] = [
            ModelFeature(
                prepared=PreparedFeature(**{name: feature[name] for name in prepared}),
                mean=feature["mean"],
                standard_deviation=feature["standard_deviation"],
                typical=feature["typical"],
                missing_share=feature["missing_share"],
            )
            for feature in record["features"]
        ]
        values["dropped_features"] = [DroppedFeature(**f) for f in record["dropped_features"]]
        values["segments"] = [ModelSegment(**segment) for segment in record["segments"]]
        values["metrics"] = FitMetrics(**record["metrics"])
        values["k_scan"] = [KJudgement(**judgement) for judgement in record["k_scan"]]
        values["evidence"] = [FeatureEvidence(**evidence) for evidence in record["evidence"]]
        return cls(**values)

    def as_record(self) -> dict[str, Any]:
        """Return the row as the engine stores it."""
        record = dataclasses.asdict(self)
        for feature in record["features"]:
            feature.update(feature.pop("prepared"))
        return record


def _struct(**fields: pa.DataType) -> pa.DataType:
    return pa.struct(list(fields.items()))


_TEXT, _WHOLE, _REAL, _FLAG = pa.string(), pa.int64(), pa.float64(), pa.bool_()

SCHEMA = pa.schema(
    {
        "segmentation": _TEXT,
        "dataset": _TEXT,
        "variant": _TEXT,
        "model_number": _WHOLE,
        "model_version": _TEXT,
        "previous_version": _TEXT,
        "fitted_at": pa.timestamp("us"),
        "as_of": pa.date32(),
        "lrfm_window_days": _WHOLE,
        "fit_reason": _TEXT,
        "algorithm": _TEXT,
        "k": _WHOLE,
        "k_asked": _TEXT,
        "k_by_rule": _WHOLE,
        "options": _TEXT,
        "fit_hash": _TEXT,
        "playbook_hash": _TEXT,
        "sample_fingerprint": _TEXT,
        "library_versions": _TEXT,
        "features_used": _TEXT,
        "features_dropped": _TEXT,
        "features": pa.list_(
            _struct(
                name=_TEXT,
                fill=_REAL,
                lower=_REAL,
                upper=_REAL,
                transform=_TEXT,
                power=_REAL,
                center=_REAL,
                scale=_REAL,
                mean=_REAL,
                standard_deviation=_REAL,
                typical=_REAL,
                missing_share=_REAL,
            )
        ),
        "dropped_features": pa.list_(_struct(name=_TEXT, reason=_TEXT)),
        "segments": pa.list_(
            _struct(
                segment_id=_WHOLE,
                segment_slug=_TEXT,
                segment_name=_TEXT,
                named_by=_TEXT,
                naming_distance=_REAL,
                customers=_WHOLE,
                centroid=pa.list_(_REAL),
                profile=pa.list_(_REAL),
                typical=pa.list_(_REAL),
            )
        ),
        "metrics": _struct(
            inertia=_REAL,
            customers=_WHOLE,
            sample_customers=_WHOLE,
            passes=_WHOLE,
            converged=_FLAG,
        ),
        "k_scan": pa.list_(
            _struct(
                k=_WHOLE,
                inertia=_REAL,
                silhouette=_REAL,
                silhouette_standard_error=_REAL,
                calinski_harabasz=_REAL,
                davies_bouldin=_REAL,
                stability_mean=_REAL,
                stability_p10=_REAL,
                is_knee=_FLAG,
            )
        ),
        "evidence": pa.list_(
            _struct(
                name=_TEXT,
                anova_f=_REAL,
                mutual_information=_REAL,
                silhouette=_REAL,
                silhouette_without=_REAL,
            )
        ),
    }
)


def as_table(models: Sequence[SegmentationModel]) -> pa.Table:
    """Return models as the table that the engine stores; none gives no rows, the same columns."""
    return pa.Table.from_pylist([model.as_record() for model in models], schema=SCHEMA)


def current_model(
    models: Sequence[SegmentationModel], dataset: str, variant: str
) -> SegmentationModel | None:
    """Return the latest model of a data set and variant; one of another never stands in."""
    own = [model for model in models if (model.dataset, model.variant) == (dataset, variant)]
    return max(own, key=lambda model: model.model_number, default=None)
