"""A fitted segmentation as one row of plain numbers: what the table `value_model` holds."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa

from segmentation.clustering.comparison import AlgorithmJudgement
from segmentation.clustering.evidence import FeatureEvidence
from segmentation.clustering.k_choice import KJudgement
from segmentation.clustering.projection import Projection, embedded_prototypes
from segmentation.features.arrays import Matrix
from segmentation.features.categories import PreparedCategory
from segmentation.features.numbers import PreparedFeature
from segmentation.features.prepared import PreparedFeatures
from segmentation.playbook.headlines import share_z_score
from segmentation.registry.current import require_fields
from segmentation.registry.digest import DIGEST, with_digests
from segmentation.scoring.prototypes import Prototypes, from_centers, share_costs


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
class ModelCategory:
    """A column of categories of a fitted model.

    Attributes
    ----------
    name : str
    categories : list of str
        Those that the model knows; the code of a category is its place.
    fill : str
        What stands for null.
    missing_share : float
        Share of all customers that had none.
    shares : list of float, length n_categories
        Of each category among all customers whose category is known.
    segment_shares : list of list of float, of shape (k, n_categories)
        The same among the customers of each segment.
    """

    name: str
    categories: list[str]
    fill: str
    missing_share: float
    shares: list[float]
    segment_shares: list[list[float]]

    @property
    def prepared(self) -> PreparedCategory:
        """How a category becomes a code."""
        return PreparedCategory(self.name, self.categories, self.fill)


@dataclass(frozen=True)
class ModelPrototype:
    """A point that rows are compared with, see :class:`Prototypes`.

    Attributes
    ----------
    segment_id : int
    center : list of float, length n_numbers
    weights : list of float or None
    offset : float
    reach : float or None
    category_costs : list of list of float
        For each column of categories the cost of each, and of one that is not known.
    """

    segment_id: int
    center: list[float]
    weights: list[float] | None
    offset: float
    reach: float | None
    category_costs: list[list[float]]


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
        centroid is lower on the first feature on which they differ, categories after numbers.
    segment_slug, segment_name : str
        As named at the fit.
    named_by : str
        See :class:`segmentation.playbook.matching.SegmentName`.
    naming_distance : float or None
        In z-scores.
    customers : int
        At the time of the fit.
    centroid : list of float, length n_features
        Mean of the numbers, in scaled units.
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
        Sum of dissimilarities over all customers, in squared scaled units: the inertia of
        K-Means, the cost of K-Prototypes.
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
    gamma: float
    categories: list[ModelCategory]
    prototype_rows: list[ModelPrototype]
    knee_of_shorter_scan: int | None
    comparison: list[AlgorithmJudgement]
    projection: Projection | None

    @property
    def prepared_features(self) -> PreparedFeatures:
        """How each raw column becomes a scaled one, or a code."""
        return PreparedFeatures(
            [feature.prepared for feature in self.features],
            [category.prepared for category in self.categories],
        )

    @property
    def prototypes(self) -> Prototypes:
        """What rows are compared with."""
        rows = self.prototype_rows
        columns = range(len(self.categories))
        return Prototypes(
            segment_ids=np.array([row.segment_id for row in rows], dtype=np.intp),
            centers=np.array([row.center for row in rows]).reshape(len(rows), len(self.features)),
            category_costs=tuple(
                np.array([row.category_costs[f] for row in rows]) for f in columns
            ),
            offsets=np.array([row.offset for row in rows]),
            weights=(
                np.array([row.weights for row in rows])
                if rows and rows[0].weights is not None
                else None
            ),
            reaches=(
                np.array([row.reach for row in rows])
                if rows and rows[0].reach is not None
                else None
            ),
        )

    @property
    def segment_prototypes(self) -> Prototypes:
        """One prototype for each segment: its own, or the middle of the segment."""
        own = self.prototypes
        if own.is_one_each and own.weights is None:
            return own
        return from_centers(
            self.centroids, [share_costs(block, self.gamma) for block in self.segment_shares]
        )

    @property
    def segment_shares(self) -> list[Matrix]:
        """Shares of the categories, for each column an array of shape (k, n_categories)."""
        return [np.array(category.segment_shares) for category in self.categories]

    @property
    def embedded_centroids(self) -> Matrix:
        """Centroids as points of the space that is projected, shape (k, n_columns)."""
        return embedded_prototypes(self.centroids, self.segment_shares, self.gamma)

    @property
    def centroids(self) -> Matrix:
        """Centroids, shape (k, n_features), row i being segment i."""
        rows = [segment.centroid for segment in self.segments]
        return np.array(rows, dtype=float).reshape(len(rows), len(self.features))

    @property
    def profiles(self) -> list[dict[str, float]]:
        """Feature to z-score, for each segment; ``feature=category`` to that of its share."""
        return [
            {
                **{f.prepared.name: z for f, z in zip(self.features, segment.profile, strict=True)},
                **category_profile(self.categories, i),
            }
            for i, segment in enumerate(self.segments)
        ]

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Read a row as the engine returns it; one written before there were categories too.

        Raises
        ------
        StoredModelError
            If a field is empty that a model needs.
        """
        require_fields(record, cls, but=tuple(_BEFORE_CATEGORIES))
        present = {name: value for name, value in record.items() if value is not None}
        record = {**_BEFORE_CATEGORIES, **present}
        values: dict[str, Any] = {
            field.name: record.get(field.name) for field in dataclasses.fields(cls)
        }
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
        values["categories"] = [ModelCategory(**category) for category in record["categories"]]
        values["prototype_rows"] = [ModelPrototype(**row) for row in record["prototype_rows"]] or [
            ModelPrototype(segment.segment_id, segment.centroid, None, 0.0, None, [])
            for segment in values["segments"]
        ]
        values["comparison"] = [AlgorithmJudgement(**entry) for entry in record["comparison"]]
        projection = record["projection"]
        values["projection"] = Projection(**projection) if projection else None
        return cls(**values)

    def as_record(self) -> dict[str, Any]:
        """Return the row as the engine stores it."""
        record = dataclasses.asdict(self)
        for feature in record["features"]:
            feature.update(feature.pop("prepared"))
        return record


def category_profile(categories: Sequence[ModelCategory], segment: int) -> dict[str, float]:
    """Return ``feature=category`` to how far the share of a segment is from that of everybody.

    In standard deviations of a customer's belonging to the category or not.
    """
    profile = {}
    for feature in categories:
        for code, category in enumerate(feature.categories):
            profile[f"{feature.name}={category}"] = share_z_score(
                feature.segment_shares[segment][code], feature.shares[code]
            )
    return profile


# What a row lacks that was written when there were only numbers, one prototype to a segment.
_BEFORE_CATEGORIES: dict[str, Any] = {
    "gamma": 1.0,
    "categories": [],
    "prototype_rows": [],
    "comparison": [],
    "projection": None,
}


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
        "gamma": _REAL,
        "categories": pa.list_(
            _struct(
                name=_TEXT,
                categories=pa.list_(_TEXT),
                fill=_TEXT,
                missing_share=_REAL,
                shares=pa.list_(_REAL),
                segment_shares=pa.list_(pa.list_(_REAL)),
            )
        ),
        "prototype_rows": pa.list_(
            _struct(
                segment_id=_WHOLE,
                center=pa.list_(_REAL),
                weights=pa.list_(_REAL),
                offset=_REAL,
                reach=_REAL,
                category_costs=pa.list_(pa.list_(_REAL)),
            )
        ),
        "knee_of_shorter_scan": _WHOLE,
        "comparison": pa.list_(
            _struct(
                algorithm=_TEXT,
                family=_TEXT,
                segments=_WHOLE,
                silhouette=_REAL,
                calinski_harabasz=_REAL,
                davies_bouldin=_REAL,
                stability_mean=_REAL,
                stability_p10=_REAL,
                noise_share=_REAL,
                scoring_agreement=_REAL,
                seconds=_REAL,
                scoring_rule=_TEXT,
                noise_rule=_TEXT,
            )
        ),
        "projection": _struct(
            mean=pa.list_(_REAL),
            x_loadings=pa.list_(_REAL),
            y_loadings=pa.list_(_REAL),
            x_explained_variance=_REAL,
            y_explained_variance=_REAL,
        ),
        DIGEST: _TEXT,
    }
)


def as_table(
    models: Sequence[SegmentationModel], earlier: Sequence[Mapping[str, Any]] = ()
) -> pa.Table:
    """Return models as the table that the engine stores, each row with its digest.

    Parameters
    ----------
    models : sequence of SegmentationModel
    earlier : sequence of mapping
        Rows of the table that were stored without a digest.

    Returns
    -------
    pyarrow.Table
        No rows where there is neither, and the same columns.
    """
    records = [*earlier, *(model.as_record() for model in models)]
    return with_digests(pa.Table.from_pylist(records, schema=SCHEMA))
