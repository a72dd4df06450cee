"""Why: what sets a segment apart, and why a customer is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from segmentation.clustering.model import (
    ModelCategory,
    ModelFeature,
    ModelSegment,
    SegmentationModel,
)
from segmentation.engine.base import Engine
from segmentation.engine.sql import number, quoted, text_literal
from segmentation.features.arrays import Matrix
from segmentation.playbook.feature_words import FeatureWords, words_for
from segmentation.playbook.headlines import CategoryContrast, NumberContrast, headline
from segmentation.playbook.playbook import ONE
from segmentation.scoring.columns import code_column, scaled_column
from segmentation.scoring.nearest import by_segment, cost_expression

REASONS = 3

# The weight of a feature without a value is multiplied by this, which puts it last.
LAST = 1e-12

# Where a row is as far from several segments, or in one whose middle is not the nearest.
NO_REASON = "no feature by itself speaks for this segment"


def segment_headline(
    model: SegmentationModel, segment: ModelSegment, words: Mapping[str, FeatureWords]
) -> str:
    """Return what sets a segment of a model apart, see :func:`headline`."""
    numbers = [
        NumberContrast(
            feature.prepared.name, segment.profile[j], segment.typical[j], feature.typical
        )
        for j, feature in enumerate(model.features)
    ]
    categories = [
        CategoryContrast(
            feature.name,
            category,
            feature.segment_shares[segment.segment_id][code],
            feature.shares[code],
        )
        for feature in model.categories
        for code, category in enumerate(feature.categories)
    ]
    return headline(numbers, categories, words)


def reasons(
    engine: Engine, model: SegmentationModel, words: Mapping[str, FeatureWords]
) -> list[str]:
    """Return SQL for the three strongest reasons why a row is in its segment.

    The dissimilarity to another segment less that to the own one is a sum over features; its
    mean over all the other segments says how much each feature speaks for the own segment. The
    features that speak loudest are the reasons; one that speaks against it is none, so that
    there can be fewer than three, and where there is none at all the first says so. Ties go to
    the feature that is named first.

    Parameters
    ----------
    engine : Engine
    model : SegmentationModel
    words : mapping
        Feature to its words.

    Returns
    -------
    list of str, length 3
        Expressions over raw columns, ``scaled_0``, ..., ``code_0``, ... and ``segment_id``.
    """
    if model.k < 2:
        return [text_literal("there is only one segment"), *["cast(null as varchar)"] * 2]
    middles = model.segment_prototypes
    slopes, offsets = _evidence(middles.centers)
    ids = range(model.k)
    weights = [
        by_segment(
            [f"{number(offsets[i, j])} + {number(slopes[i, j])} * {scaled_column(j)}" for i in ids]
        )
        for j in range(len(model.features))
    ]
    weights += [
        by_segment([cost_expression(f, evidence) for evidence in _category_evidence(costs)])
        for f, costs in enumerate(middles.category_costs)
    ]
    # What is known speaks first: what stands for a gap is nobody's own.
    known = [engine.is_finite(f"cast({quoted(f.prepared.name)} as double)") for f in model.features]
    known += [f"{quoted(category.name)} is not null" for category in model.categories]
    weights = [
        f"case when {is_known} then {weight} else ({weight}) * {number(LAST)} end"
        for is_known, weight in zip(known, weights, strict=True)
    ]
    ordered = engine.largest_first([(w, j) for j, w in enumerate(weights)], above=0.0)
    sentences = [
        _sentence(engine, feature, [s.typical[j] for s in model.segments], words)
        for j, feature in enumerate(model.features)
    ]
    sentences += [
        _category_sentence(f, category, model.k) for f, category in enumerate(model.categories)
    ]
    found = [by_segment(sentences, engine.element(ordered, rank)) for rank in range(1, REASONS + 1)]
    return [f"coalesce({found[0]}, {text_literal(NO_REASON)})", *found[1:]]


def _category_evidence(costs: Matrix) -> list[Matrix]:
    """Return, for each segment, by how much each category costs more in the others on average.

    Differences before means: what costs the same everywhere is exactly 0, and no reason.
    """
    return [(np.delete(costs, i, axis=0) - own).mean(axis=0) for i, own in enumerate(costs)]


def _evidence(centroids: Matrix) -> tuple[Matrix, Matrix]:
    """Return slope and offset, each (k, n_features), of each feature's evidence.

    For segment s and feature j the evidence at z is the mean over the other segments o of
    ``(z - o_j)^2 - (z - s_j)^2``, which is a line in z.
    """
    k = len(centroids)
    others = (centroids.sum(axis=0) - centroids) / (k - 1)
    others_squared = ((centroids**2).sum(axis=0) - centroids**2) / (k - 1)
    return -2 * (others - centroids), others_squared - centroids**2


def _sentence(
    engine: Engine,
    feature: ModelFeature,
    typical: Sequence[float],
    words: Mapping[str, FeatureWords],
) -> str:
    name = feature.prepared.name
    spoken = words_for(name, words)
    raw = f"cast({quoted(name)} as double)"
    here = by_segment([text_literal(spoken.written(value)) for value in typical])
    direction = (
        f"case when {raw} > {number(feature.typical)} then {text_literal(spoken.high_words)} "
        f"when {raw} < {number(feature.typical)} then {text_literal(spoken.low_words)} "
        f"else 'like the typical customer' end"
    )
    everybody = text_literal(f", all customers {spoken.written(feature.typical)})")
    known = (
        f"concat({direction}, ': ', {_amount(engine, raw, spoken)}, ' (typical here ', {here}, "
        f"{everybody})"
    )
    unknown = text_literal(
        f"{name.replace('_', ' ')} unknown, taken as {spoken.written(feature.prepared.fill)}"
    )
    return f"case when {engine.is_finite(raw)} then {known} else {unknown} end"


def _amount(engine: Engine, raw: str, spoken: FeatureWords) -> str:
    """Return SQL for an amount in words, as :meth:`FeatureWords.spoken` has it."""
    written = engine.written_number(raw, spoken.decimals)
    before, after = spoken.of_several
    several = f"concat({text_literal(before)}, {written}, {text_literal(after)})"
    if spoken.of_one == spoken.of_several:
        return several
    one = text_literal(ONE.join(spoken.of_one))
    return f"case when {written} = {text_literal(ONE)} then {one} else {several} end"


def _category_sentence(position: int, category: ModelCategory, k: int) -> str:
    raw = f"cast({quoted(category.name)} as varchar)"
    code = code_column(position)
    spoken = _spoken(category.name)
    here = by_segment(
        [
            f"case {code} "
            + " ".join(
                f"when {v} then {text_literal(f'{share:.0%}')}"
                for v, share in enumerate(category.segment_shares[i])
            )
            + " end"
            for i in range(k)
        ]
    )
    everybody = (
        f"case {code} "
        + " ".join(
            f"when {v} then {text_literal(f'{share:.0%}')}"
            for v, share in enumerate(category.shares)
        )
        + " end"
    )
    known = (
        f"concat({text_literal(spoken + ' ')}, {raw}, ' (here ', {here}, "
        f"', all customers ', {everybody}, ')')"
    )
    unseen = f"concat({text_literal(spoken + ' ')}, {raw}, ' is new to the model')"
    unknown = text_literal(f"{spoken} unknown, taken as {category.fill}")
    return (
        f"case when {raw} is null then {unknown} "
        f"when {code} = {category.prepared.unknown_code} then {unseen} else {known} end"
    )


def _spoken(name: str) -> str:
    return name.replace("_", " ")
