"""Why: what sets a segment apart, and why a customer is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from segmentation.engine import DuckDBEngine, number, quoted, text_literal
from segmentation.model_row import ModelFeature, ModelSegment
from segmentation.naming import strongest_features
from segmentation.playbook import FeatureWords, words_for
from segmentation.preprocessing import Matrix
from segmentation.scoring import by_segment, scaled_column

REASONS = 3


def headline(
    segment: ModelSegment,
    features: Sequence[ModelFeature],
    words: Mapping[str, FeatureWords],
) -> str:
    """Return what sets a segment apart, in words: at most four features, strongest first.

    A segment is compared with all customers by its medians.
    """
    position = {feature.prepared.name: j for j, feature in enumerate(features)}
    profile = {feature.prepared.name: segment.profile[j] for j, feature in enumerate(features)}
    phrases = []
    for name in strongest_features(profile):
        spoken, j = words_for(name, words), position[name]
        here, everywhere = spoken.written(segment.typical[j]), spoken.written(features[j].typical)
        if here != everywhere:
            more = segment.typical[j] > features[j].typical
            before, after = spoken.before_and_after
            phrases.append(
                f"{spoken.high_words if more else spoken.low_words} "
                f"({before}{here}{after}, all customers {everywhere})"
            )
    text = "; ".join(phrases[:4]) or "close to the average customer on everything"
    return text[0].upper() + text[1:]


def reasons(
    engine: DuckDBEngine,
    features: Sequence[ModelFeature],
    segments: Sequence[ModelSegment],
    words: Mapping[str, FeatureWords],
) -> list[str]:
    """Return SQL for the three strongest reasons why a row is in its segment.

    The squared distance to another segment less that to the own one is a sum over features; its
    mean over all the other segments says how much each feature speaks for the own segment. The
    features that speak loudest are the reasons; one that speaks against it is none, so that
    there can be fewer than three. Ties go to the feature that is named first.

    Parameters
    ----------
    engine : DuckDBEngine
    features : sequence of ModelFeature
    segments : sequence of ModelSegment
    words : mapping
        Feature to its words.

    Returns
    -------
    list of str, length 3
        Expressions over raw columns, ``scaled_0``, ``scaled_1``, ... and ``segment_id``.
    """
    if len(segments) < 2:
        return [text_literal("there is only one segment"), *["cast(null as varchar)"] * 2]
    centroids = np.array([segment.centroid for segment in segments])
    slopes, offsets = _evidence(centroids)
    weights = [
        by_segment(
            [
                f"{number(offsets[i, j])} + {number(slopes[i, j])} * {scaled_column(j)}"
                for i in range(len(segments))
            ]
        )
        for j in range(len(features))
    ]
    ordered = engine.largest_first([(w, j) for j, w in enumerate(weights)], above=0.0)
    sentences = [
        _sentence(engine, feature, [s.typical[j] for s in segments], words)
        for j, feature in enumerate(features)
    ]
    return [by_segment(sentences, engine.element(ordered, rank)) for rank in range(1, REASONS + 1)]


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
    engine: DuckDBEngine,
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
    before, after = spoken.before_and_after
    everybody = text_literal(f", all customers {spoken.written(feature.typical)})")
    known = (
        f"concat({direction}, {text_literal(': ' + before)}, "
        f"{engine.written_number(raw, spoken.decimals)}, "
        f"{text_literal(after + ' (typical here ')}, {here}, {everybody})"
    )
    unknown = text_literal(
        f"{name.replace('_', ' ')} unknown, taken as {spoken.written(feature.prepared.fill)}"
    )
    return f"case when {engine.is_finite(raw)} then {known} else {unknown} end"
