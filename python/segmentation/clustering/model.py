"""A fitted segmentation as one row of plain numbers: what the table `value_model` holds."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from segmentation.clustering.judgements import (
    AlgorithmJudgement,
    FeatureEvidence,
    KJudgement,
    NullComparison,
)
from segmentation.clustering.projection import Projection, embedded_prototypes
from segmentation.clustering.succession import SUCCESSION, Succession
from segmentation.features.arrays import Matrix
from segmentation.features.bins import CountedBins
from segmentation.features.categories import PreparedCategory
from segmentation.features.numbers import PreparedFeature
from segmentation.features.prepared import PreparedFeatures
from segmentation.playbook.headlines import share_z_score
from segmentation.playbook.profile_keys import Category, Profile, ProfileKey
from segmentation.registry.arrow import FLAG, REAL, REALS, TEXT, WHOLE, records, struct
from segmentation.registry.header import DroppedFeature, ModelHeader, model_columns
from segmentation.scoring.prototypes import Prototypes


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
class Threshold:
    """What conditions compare with, as measured when the model was fitted.

    Attributes
    ----------
    name : str
        See :func:`segmentation.clustering.states.measured_thresholds`.
    value : float
    """

    name: str
    value: float


@dataclass(frozen=True)
class Promise:
    """The condition that a segment was named by when the model was fitted.

    Attributes
    ----------
    playbook_slug : str or None
        The row of the playbook; None where no condition held.
    earlier_slug : str or None
        The slug of the segment of the model before that it continues.
    renamed_because : str or None
        Why it does not have that slug.
    """

    playbook_slug: str | None
    earlier_slug: str | None
    renamed_because: str | None


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


# How a raw value becomes a scaled one, see PreparedFeature.
_PREPARED = {
    "name": TEXT,
    "fill": REAL,
    "lower": REAL,
    "upper": REAL,
    "transform": TEXT,
    "power": REAL,
    "center": REAL,
    "scale": REAL,
}


@dataclass(frozen=True)
class SegmentationModel(ModelHeader):
    """One fit. A table of these is the history of a segmentation."""

    SCHEMA: ClassVar[pa.Schema] = model_columns(
        {
            "k_asked": TEXT,
            "k_by_rule": WHOLE,
            "playbook_hash": TEXT,
            "features": records(
                **_PREPARED,
                mean=REAL,
                standard_deviation=REAL,
                typical=REAL,
                missing_share=REAL,
            ),
            "dropped_features": records(name=TEXT, reason=TEXT),
            "segments": records(
                segment_id=WHOLE,
                segment_slug=TEXT,
                segment_name=TEXT,
                named_by=TEXT,
                naming_distance=REAL,
                customers=WHOLE,
                centroid=REALS,
                profile=REALS,
                typical=REALS,
            ),
            "metrics": struct(
                inertia=REAL,
                customers=WHOLE,
                sample_customers=WHOLE,
                passes=WHOLE,
                converged=FLAG,
            ),
            "k_scan": records(
                k=WHOLE,
                inertia=REAL,
                silhouette=REAL,
                silhouette_standard_error=REAL,
                calinski_harabasz=REAL,
                davies_bouldin=REAL,
                stability_mean=REAL,
                stability_p10=REAL,
                is_knee=FLAG,
            ),
            "evidence": records(
                name=TEXT,
                anova_f=REAL,
                mutual_information=REAL,
                silhouette=REAL,
                silhouette_without=REAL,
            ),
            "gamma": REAL,
            "categories": records(
                name=TEXT,
                categories=pa.list_(TEXT),
                fill=TEXT,
                missing_share=REAL,
                shares=REALS,
                segment_shares=pa.list_(REALS),
            ),
            "prototype_rows": records(
                segment_id=WHOLE,
                center=REALS,
                weights=REALS,
                offset=REAL,
                reach=REAL,
                category_costs=pa.list_(REALS),
            ),
            "knee_of_shorter_scan": WHOLE,
            "comparison": records(
                algorithm=TEXT,
                family=TEXT,
                segments=WHOLE,
                silhouette=REAL,
                calinski_harabasz=REAL,
                davies_bouldin=REAL,
                stability_mean=REAL,
                stability_p10=REAL,
                noise_share=REAL,
                scoring_agreement=REAL,
                seconds=REAL,
                scoring_rule=TEXT,
                noise_rule=TEXT,
            ),
            "projection": struct(
                mean=REALS,
                x_loadings=REALS,
                y_loadings=REALS,
                x_explained_variance=REAL,
                y_explained_variance=REAL,
            ),
            "thresholds": records(name=TEXT, value=REAL),
            "promises": records(playbook_slug=TEXT, earlier_slug=TEXT, renamed_because=TEXT),
            "explained": records(**_PREPARED),
            "null_comparisons": records(
                k=WHOLE,
                silhouette=REAL,
                silhouette_null_mean=REAL,
                silhouette_null_deviation=REAL,
                gap=REAL,
                gap_standard_error=REAL,
                bic=REAL,
            ),
            "structure": TEXT,
            "distributions": records(
                kind=TEXT,
                name=TEXT,
                edges=REALS,
                lowest=REAL,
                highest=REAL,
                categories=pa.list_(TEXT),
                counts=pa.list_(WHOLE),
            ),
            "succession": SUCCESSION,
        }
    )
    # There were only numbers, one prototype to a segment; no data without groups beside them.
    ADDED_LATER: ClassVar[Mapping[str, Any]] = {
        "gamma": 1.0,
        "categories": [],
        "prototype_rows": [],
        "comparison": [],
        # There were no conditions.
        "thresholds": [],
        "promises": [],
        "explained": [],
        "null_comparisons": [],
        # Nothing was counted: of such a model, drift is not known.
        "distributions": [],
    }

    k_asked: str
    k_by_rule: int
    playbook_hash: str
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
    thresholds: list[Threshold]
    promises: list[Promise]
    explained: list[PreparedFeature]
    null_comparisons: list[NullComparison]
    structure: str | None
    distributions: list[CountedBins]
    succession: Succession | None

    @property
    def has_states(self) -> bool:
        """Whether conditions name its segments, and customers before them."""
        return bool(json.loads(self.options).get("states"))

    @property
    def known_numbers(self) -> list[str]:
        """The numeric columns that it can say something of, those that it was fitted to first."""
        return [f.prepared.name for f in self.features] + [f.name for f in self.explained]

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
    def profiles(self) -> list[Profile]:
        """Feature to z-score, for each segment; a category to that of its share."""
        return [
            {
                **{f.prepared.name: z for f, z in zip(self.features, segment.profile, strict=True)},
                **category_profile(self.categories, i),
            }
            for i, segment in enumerate(self.segments)
        ]

    @classmethod
    def _read(cls, values: dict[str, Any]) -> dict[str, Any]:
        prepared = [field.name for field in dataclasses.fields(PreparedFeature)]
        segments = [ModelSegment(**segment) for segment in values["segments"]]
        projection = values["projection"]
        return values | {
            "features": [
                ModelFeature(
                    prepared=PreparedFeature(**{name: feature[name] for name in prepared}),
                    mean=feature["mean"],
                    standard_deviation=feature["standard_deviation"],
                    typical=feature["typical"],
                    missing_share=feature["missing_share"],
                )
                for feature in values["features"]
            ],
            "dropped_features": [DroppedFeature(**f) for f in values["dropped_features"]],
            "segments": segments,
            "metrics": FitMetrics(**values["metrics"]),
            "k_scan": [KJudgement(**judgement) for judgement in values["k_scan"]],
            "evidence": [FeatureEvidence(**evidence) for evidence in values["evidence"]],
            "categories": [ModelCategory(**category) for category in values["categories"]],
            "prototype_rows": [ModelPrototype(**row) for row in values["prototype_rows"]]
            or [ModelPrototype(s.segment_id, s.centroid, None, 0.0, None, []) for s in segments],
            "comparison": [AlgorithmJudgement(**entry) for entry in values["comparison"]],
            "projection": Projection(**projection) if projection else None,
            "thresholds": [Threshold(**threshold) for threshold in values["thresholds"]],
            "promises": [Promise(**promise) for promise in values["promises"]],
            "explained": [PreparedFeature(**feature) for feature in values["explained"]],
            "null_comparisons": [NullComparison(**found) for found in values["null_comparisons"]],
            "distributions": [CountedBins(**counted) for counted in values["distributions"]],
            "succession": (Succession.read(values["succession"]) if values["succession"] else None),
        }

    def as_record(self) -> dict[str, Any]:
        """Return the row as the engine stores it."""
        record = super().as_record()
        for feature in record["features"]:
            feature.update(feature.pop("prepared"))
        return record


def z_scores(
    features: Sequence[ModelFeature], centroid: Mapping[str, float]
) -> dict[ProfileKey, float]:
    """Return a centroid, in scaled units, in z-scores of the features of a model."""
    return {
        f.prepared.name: (float(centroid[f.prepared.name]) - f.mean) / f.standard_deviation
        for f in features
        if f.prepared.name in centroid
    }


def category_profile(categories: Sequence[ModelCategory], segment: int) -> dict[ProfileKey, float]:
    """Return each category to the z-score of the segment's share.

    The unit is the standard deviation of the 0/1 indicator of the category over all customers.
    """
    profile: dict[ProfileKey, float] = {}
    for feature in categories:
        for code, category in enumerate(feature.categories):
            profile[Category(feature.name, category)] = share_z_score(
                feature.segment_shares[segment][code], feature.shares[code]
            )
    return profile
