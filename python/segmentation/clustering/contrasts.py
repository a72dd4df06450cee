"""What can be a reason for a segment: the features in which it lies apart from all customers.

They are the same for every customer of a segment. Reasons in SQL
(:mod:`segmentation.clustering.reasons`) and those for one person
(:mod:`segmentation.clustering.person_reasons`) weigh them by the figures of the customer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.model_parts import ModelCategory
from segmentation.clustering.naming import NamedSegment
from segmentation.clustering.states import STATE_IDS_FROM
from segmentation.clustering.typical_values import TypicalValue
from segmentation.features.numbers import PreparedFeature
from segmentation.playbook.feature_words import FeatureWords, words_for
from segmentation.playbook.headlines import share_z_score
from segmentation.scoring.columns import columns_of, scaled_columns

REASONS = 3

# How far a customer lies out counts up to so many times how far the segment does.
MOST_TIMES_THE_SEGMENT = 2.0

# What the condition of a state names comes before everything else.
FIRST = 1e6
# The weight of a feature without a value is multiplied by this, which puts it last.
LAST = 1e-12

OUTSIDE = "lies in no dense group; it is nearest to the runner-up"

# Where nothing that is typical of the segment is true of the customer.
NO_REASON = "no feature by itself speaks for this segment"

ONLY_SEGMENT = "there is only one segment"


@dataclass(frozen=True)
class ExplainedNumber:
    """A number that can be a reason.

    Attributes
    ----------
    prepared : PreparedFeature
    standard_deviation : float
        Of its scaled values.
    column : str
        SQL of its scaled value.
    is_fitted : bool
        Whether the model looks at it; otherwise only conditions do.
    """

    prepared: PreparedFeature
    standard_deviation: float
    column: str
    is_fitted: bool

    def apart(self, value: TypicalValue) -> float:
        """Return how far a segment lies from the typical customer, in standard deviations."""
        here, everywhere = self.prepared.scaled(np.array([value.here, value.everywhere]))
        return float((here - everywhere) / self.standard_deviation)


def explained_numbers(model: SegmentationModel) -> list[ExplainedNumber]:
    """Return the numbers that a model was fitted to, then those that only conditions look at."""
    scaled = scaled_columns(model.prepared_features)
    fitted = [
        ExplainedNumber(feature.prepared, feature.standard_deviation or 1.0, column, True)
        for feature, column in zip(model.features, scaled, strict=True)
    ]
    # They are scaled to a standard deviation of 1.
    explained = columns_of("explained", model.prepared_features, model.explained)
    return fitted + [
        ExplainedNumber(prepared, 1.0, column, False)
        for prepared, column in zip(model.explained, explained, strict=True)
    ]


def is_promised(name: str, apart: float, segment: NamedSegment) -> bool:
    """Return whether the condition of a segment asks for a number on that side."""
    sides = {">": 1.0, ">=": 1.0, "<": -1.0, "<=": -1.0, "=": apart}
    return segment.condition is not None and any(
        comparison.column == name and sides[comparison.operator] * apart > 0
        for comparison in segment.condition.comparisons
    )


def rank_of(name: str, apart: float, segment: NamedSegment) -> float:
    """Return what the weight of a number is multiplied by: of a state, its condition is first."""
    is_state = segment.segment_id >= STATE_IDS_FROM
    return FIRST if is_state and is_promised(name, apart, segment) else 1.0


def explains(explained: ExplainedNumber, apart: float, segment: NamedSegment) -> bool:
    """Return whether a number can explain a segment: the model or its condition looks at it."""
    return explained.is_fitted or is_promised(explained.prepared.name, apart, segment)


def value_of(
    segment: NamedSegment, feature: str, category: str | None = None
) -> TypicalValue | None:
    """Return what is typical of a segment in a feature; None where that is not known."""
    for value in segment.values:
        if (value.feature, value.category) == (feature, category):
            return value
    return None


def contrasts_of(
    explained: ExplainedNumber,
    segments: Sequence[NamedSegment],
    words: Mapping[str, FeatureWords],
) -> dict[int, tuple[float, TypicalValue]]:
    """Return, for the segments that a number explains, how far they lie apart, and its values."""
    name = explained.prepared.name
    spoken = words_for(name, words)
    found = {}
    for segment in segments:
        value = value_of(segment, name)
        # What reads the same on both sides distinguishes nothing.
        if value is None or spoken.written(value.here) == spoken.written(value.everywhere):
            continue
        apart = explained.apart(value)
        if apart and explains(explained, apart, segment):
            found[segment.segment_id] = (apart, value)
    return found


def frequent_here(category: ModelCategory, segment: NamedSegment) -> dict[int, TypicalValue]:
    """Return the codes of the categories that a segment has more of than all customers."""
    found = {}
    for code, name in enumerate(category.categories):
        value = value_of(segment, category.name, name)
        # What reads the same on both sides distinguishes nothing.
        if (
            value is not None
            and share_z_score(value.here, value.everywhere) > 0
            and f"{value.here:.0%}" != f"{value.everywhere:.0%}"
        ):
            found[code] = value
    return found
