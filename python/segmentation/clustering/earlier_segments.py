"""The segments of an earlier model, seen in the units of a later one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.model_parts import ModelCategory, category_profile, z_scores
from segmentation.playbook.matching import EarlierSegment


def earlier_segments(model: SegmentationModel, earlier: SegmentationModel) -> list[EarlierSegment]:
    """Return the segments of an earlier model, in z-scores of the later one.

    Parameters
    ----------
    model, earlier : SegmentationModel
        Features that one of them lacks are left out.
    """
    placed = []
    categories = _shares_of_earlier(model.categories, earlier)
    for i, segment in enumerate(earlier.segments):
        centroid = _rescaled(model, earlier, i)
        placed.append(
            EarlierSegment(
                segment.segment_slug,
                segment.segment_name,
                {**z_scores(model.features, centroid), **category_profile(categories, i)},
                earlier.promises[i].playbook_slug if earlier.promises else segment.segment_slug,
            )
        )
    return placed


def _shares_of_earlier(
    categories: Sequence[ModelCategory], earlier: SegmentationModel
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


def have_same_features(model: SegmentationModel, earlier: SegmentationModel) -> bool:
    """Return whether two models look at the same numbers and the same categories."""
    return set(model.prepared_features.names) == set(earlier.prepared_features.names) and {
        feature.prepared.name for feature in model.features
    } == {feature.prepared.name for feature in earlier.features}


def _rescaled(model: SegmentationModel, earlier: SegmentationModel, i: int) -> dict[str, float]:
    now = {feature.prepared.name: feature.prepared for feature in model.features}
    return {
        old.prepared.name: float(
            now[old.prepared.name].scaled(old.prepared.unscaled(np.array([value])))[0]
        )
        for old, value in zip(earlier.features, earlier.segments[i].centroid, strict=True)
        if old.prepared.name in now
    }
