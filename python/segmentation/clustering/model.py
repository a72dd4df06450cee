"""A fitted segmentation as one row of plain numbers: what the table `value_model` holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
from segmentation.clustering.model_parts import (
    FitMetrics,
    ModelCategory,
    ModelFeature,
    ModelPrototype,
    ModelSegment,
    Promise,
    Threshold,
    category_profile,
)
from segmentation.clustering.projection import Projection, embedded_prototypes
from segmentation.clustering.succession import SUCCESSION, Succession
from segmentation.features.arrays import Matrix
from segmentation.features.bins import CountedBins
from segmentation.features.numbers import PreparedFeature
from segmentation.features.prepared import PreparedFeatures
from segmentation.playbook.profile_keys import Profile
from segmentation.registry.arrow import FLAG, REAL, REALS, TEXT, WHOLE, records, struct
from segmentation.registry.header import DroppedFeature, ModelHeader, model_columns
from segmentation.scoring.prototypes import Prototypes

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
        segments = [ModelSegment(**segment) for segment in values["segments"]]
        projection = values["projection"]
        return values | {
            "features": [
                ModelFeature(
                    prepared=PreparedFeature(**{name: feature[name] for name in _PREPARED}),
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
