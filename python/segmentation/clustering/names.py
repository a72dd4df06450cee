"""The names of a model's segments: given at its fit, looked up again at every build."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from segmentation.clustering.model import (
    ModelCategory,
    ModelFeature,
    ModelSegment,
    SegmentationModel,
    category_profile,
)
from segmentation.clustering.options import NamingOptions
from segmentation.engine.base import Engine
from segmentation.engine.sql import quoted, text_literal
from segmentation.features.arrays import Matrix
from segmentation.features.prepared import PreparedFeatures
from segmentation.playbook.feature_words import FeatureWords
from segmentation.playbook.matching import EarlierSegment, SegmentName, name_segments
from segmentation.playbook.playbook import (
    PlaybookRow,
    rows_by_slug,
    targets_hash,
    usable_rows,
    vocabulary_for,
)
from segmentation.scoring.columns import medians
from segmentation.scoring.nearest import assigned_table
from segmentation.scoring.prototypes import Prototypes


@dataclass(frozen=True)
class NamingInputs:
    """What segments are called after.

    Attributes
    ----------
    playbook : mapping of int to sequence of PlaybookRow
        k to its vocabulary.
    words : mapping of str to FeatureWords
        Feature to its words.
    limits : NamingOptions
        How near a segment has to be to what it is called after.
    earlier : SegmentationModel or None
        The model before, whose segments hand their slugs on to those of a new one.
    """

    playbook: Mapping[int, Sequence[PlaybookRow]] = field(default_factory=dict)
    words: Mapping[str, FeatureWords] = field(default_factory=dict)
    limits: NamingOptions = field(default_factory=NamingOptions)
    earlier: SegmentationModel | None = None


@dataclass(frozen=True)
class UnnamedSegments:
    """The segments of a new model before they have names.

    Attributes
    ----------
    features : list of ModelFeature
    categories : list of ModelCategory
        With their shares in each segment.
    prototypes : Prototypes
        In the order of the segment ids.
    centroids : ndarray of shape (k, n_features)
        In scaled units.
    """

    features: list[ModelFeature]
    categories: list[ModelCategory]
    prototypes: Prototypes
    centroids: Matrix

    @property
    def prepared(self) -> PreparedFeatures:
        """How each raw column becomes a scaled one, or a code."""
        return PreparedFeatures(
            [feature.prepared for feature in self.features],
            [category.prepared for category in self.categories],
        )


def current_names(model: SegmentationModel, naming: NamingInputs) -> list[SegmentName]:
    """Return the names of a model's segments under today's playbook and limits.

    While the playbook's slugs and targets, and the naming limit, are those that the model was named
    with, slugs are those stored in the model, and only what people read is looked up again. Once
    one of them changes, the segments are matched anew, except those that carry a slug of an
    earlier model which the playbook still knows. A playbook edit or another limit renames, it never
    refits. How near a segment of an earlier model has to be is asked when a model is fitted.

    Parameters
    ----------
    model : SegmentationModel
    naming : NamingInputs

    Returns
    -------
    list of SegmentName, length k
    """
    playbook, limit = naming.playbook, naming.limits.naming_limit
    written = rows_by_slug(playbook, model.k)
    stored = {
        segment.segment_id: SegmentName(
            segment_slug=segment.segment_slug,
            segment_name=(
                written[segment.segment_slug].segment_name
                if segment.segment_slug in written
                else segment.segment_name
            ),
            named_by=segment.named_by,
            naming_distance=segment.naming_distance,
        )
        for segment in model.segments
    }
    is_limit_kept = json.loads(model.options)["naming_limit"] == limit
    if is_limit_kept and targets_hash(playbook) == model.playbook_hash:
        return list(stored.values())
    return name_segments(
        model.profiles,
        usable_rows(vocabulary_for(playbook, model.k), set(model.prepared_features.names)),
        naming.words,
        limit=limit,
        kept={
            i: name
            for i, name in stored.items()
            if name.named_by == "earlier model" and name.segment_slug in written
        },
    )


def with_segment_shares(
    engine: Engine,
    table: str,
    features: PreparedFeatures,
    prototypes: Prototypes,
    categories: Sequence[ModelCategory],
) -> list[ModelCategory]:
    """Return columns of categories with their shares in each segment.

    Shares are shares of the customers whose category is known.
    """
    if not categories:
        return []
    raw = [f"cast({quoted(category.name)} as varchar)" for category in categories]
    counts = [
        f"sum(case when {column} = {text_literal(value)} then 1 else 0 end)"
        for column, category in zip(raw, categories, strict=True)
        for value in category.categories
    ]
    known = [f"count({column})" for column in raw]
    names = [category.name for category in categories]
    found = {
        row[0]: row[1:]
        for row in engine.rows(
            f"select segment_id, {', '.join(known + counts)} "
            f"from ({assigned_table(engine, table, features, prototypes, names)}) "
            "group by segment_id"
        )
    }
    nobody = [0] * (len(known) + len(counts))
    counted = []
    start = len(known)
    for f, category in enumerate(categories):
        block = slice(start, start + len(category.categories))
        start = block.stop
        shares = []
        for segment in range(prototypes.segments):
            row = found.get(segment, nobody)
            shares.append([int(count) / max(int(row[f]), 1) for count in row[block]])
        counted.append(dataclasses.replace(category, segment_shares=shares))
    return counted


def named_segments(
    engine: Engine, table: str, unnamed: UnnamedSegments, naming: NamingInputs
) -> list[ModelSegment]:
    """Return the segments of a new model, described and named.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item with all customers.
    unnamed : UnnamedSegments
    naming : NamingInputs
    """
    features, categories, centroids = unnamed.features, unnamed.categories, unnamed.centroids
    prepared = unnamed.prepared
    names_of_raw = [feature.name for feature in prepared.numbers]
    assigned = assigned_table(engine, table, prepared, unnamed.prototypes, keep=names_of_raw)
    typical_values = f", {medians(engine, prepared.numbers)}" if features else ""
    described = {
        row[0]: row[1:]
        for row in engine.rows(
            f"select segment_id, count(*){typical_values} from ({assigned}) group by segment_id"
        )
    }
    numbers = [_profile(features, dict(zip(names_of_raw, c, strict=True))) for c in centroids]
    profiles = [{**profile, **category_profile(categories, i)} for i, profile in enumerate(numbers)]
    names = name_segments(
        profiles,
        usable_rows(vocabulary_for(naming.playbook, len(centroids)), set(prepared.names)),
        naming.words,
        limit=naming.limits.naming_limit,
        carry_over_limit=naming.limits.carry_over_limit,
        earlier=_earlier_segments(features, categories, naming.earlier, len(centroids)),
    )
    segments = []
    for i, (centroid, profile, name) in enumerate(zip(centroids, numbers, names, strict=True)):
        count, *typical = described.get(i, (0, *[None] * len(features)))
        segments.append(
            ModelSegment(
                segment_id=i,
                segment_slug=name.segment_slug,
                segment_name=name.segment_name,
                named_by=name.named_by,
                naming_distance=name.naming_distance,
                customers=int(count),
                centroid=[float(c) for c in centroid],
                profile=list(profile.values()),
                # A segment without any value is described by the fill value.
                typical=[
                    feature.prepared.fill if value is None else float(value)
                    for feature, value in zip(features, typical, strict=True)
                ],
            )
        )
    return segments


def _profile(features: Sequence[ModelFeature], centroid: Mapping[str, float]) -> dict[str, float]:
    return {
        f.prepared.name: (float(centroid[f.prepared.name]) - f.mean) / f.standard_deviation
        for f in features
        if f.prepared.name in centroid
    }


def _earlier_segments(
    features: Sequence[ModelFeature],
    categories: Sequence[ModelCategory],
    earlier: SegmentationModel | None,
    k: int,
) -> list[EarlierSegment]:
    """Return the segments of the previous model, in z-scores of the new model."""
    # A single segment holds all customers: it does not continue any earlier segment.
    if earlier is None or k < 2:
        return []
    now = {feature.prepared.name: feature.prepared for feature in features}
    placed = []
    for i, segment in enumerate(earlier.segments):
        centroid = {
            old.prepared.name: float(
                now[old.prepared.name].scaled(old.prepared.unscaled(np.array([value])))[0]
            )
            for old, value in zip(earlier.features, segment.centroid, strict=True)
            if old.prepared.name in now
        }
        shares = category_profile(_with_shares_of(earlier, categories), i)
        placed.append(
            EarlierSegment(
                segment.segment_slug,
                segment.segment_name,
                {**_profile(features, centroid), **shares},
            )
        )
    return placed


def _with_shares_of(
    earlier: SegmentationModel, categories: Sequence[ModelCategory]
) -> list[ModelCategory]:
    """Return the columns of categories that both models know, with the earlier one's segments."""
    before = {category.name: category for category in earlier.categories}
    shared = []
    for category in categories:
        if category.name in before:
            old = before[category.name]
            shared.append(
                dataclasses.replace(
                    category,
                    segment_shares=[
                        [
                            dict(zip(old.categories, row, strict=True)).get(v, 0.0)
                            for v in category.categories
                        ]
                        for row in old.segment_shares
                    ],
                )
            )
    return shared
