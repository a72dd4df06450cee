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
from segmentation.engine.sql import Query, call, case, number, quoted, text_literal
from segmentation.features.arrays import Matrix
from segmentation.playbook.feature_words import FeatureWords, words_for
from segmentation.playbook.headlines import CategoryContrast, NumberContrast, headline
from segmentation.playbook.playbook import ONE
from segmentation.scoring.columns import code_columns, columns_of, scaled_columns
from segmentation.scoring.nearest import by_segment, cost_expression
from segmentation.scoring.prototypes import NOISE

REASONS = 3

# The weight of a feature without a value is multiplied by this, which puts it last.
LAST = 1e-12

OUTSIDE = "lies in no dense group; it is nearest to the runner-up"

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


def with_reasons(
    engine: Engine, assigned: Query, model: SegmentationModel, words: Mapping[str, FeatureWords]
) -> Query:
    """Return a query that also has the three strongest reasons why a row is in its segment.

    The dissimilarity to another segment less that to the row's own segment is a sum over features.
    Its mean over all other segments gives the contribution of each feature. The features with the
    largest contributions are the reasons. A negative contribution is not a reason, so there can be
    fewer than three; if there is none, the first reason says so. Ties go to the feature that is
    named first.

    Parameters
    ----------
    engine : Engine
    assigned : Query
        See :func:`segmentation.scoring.nearest.assigned_table`; its result has the raw columns of
        the features too.
    model : SegmentationModel
    words : mapping
        Feature to its words.

    Returns
    -------
    Query
        Its result has the columns of `assigned` and reason_1, reason_2, reason_3.
    """
    if model.k < 2:
        only = _first_reason(text_literal("there is only one segment"))
        others = [f"cast(null as varchar) as reason_{rank}" for rank in range(2, REASONS + 1)]
        return assigned.adding("reasons", [only, *others])
    features = model.prepared_features
    names = columns_of("evidence", features, [*features.numbers, *features.categories])
    weighed = assigned.adding(
        "evidence_of_features",
        [f"{e} as {name}" for e, name in zip(_evidence(engine, model), names, strict=True)],
    )
    ranked = engine.largest_first([(name, j) for j, name in enumerate(names)], above=0.0)
    spoken = weighed.adding("ranked_features", [f"{ranked} as ranked_features"])
    # A sentence is made for the features that are reasons, and for no other.
    sentences = _sentences(engine, model, words)
    found = [
        by_segment(sentences, engine.element("ranked_features", rank))
        for rank in range(1, REASONS + 1)
    ]
    first = _first_reason(call("coalesce", [found[0], text_literal(NO_REASON)]))
    others = [f"{reason} as reason_{rank}" for rank, reason in enumerate(found[1:], start=2)]
    return spoken.adding("reasons", [first, *others])


def _first_reason(of_members: str) -> str:
    outside = (f"segment_id = {NOISE}", text_literal(OUTSIDE))
    return f"{case([outside], of_members)} as reason_1"


def _evidence(engine: Engine, model: SegmentationModel) -> list[str]:
    """Return SQL for what each feature says for the row's segment: more is more."""
    features, middles = model.prepared_features, model.segment_prototypes
    slopes, offsets = _evidence_lines(middles.centers)
    evidence = [
        by_segment(
            [
                f"{number(offset)} + {number(slope)} * {column}"
                for offset, slope in zip(offsets[:, j], slopes[:, j], strict=True)
            ]
        )
        for j, column in enumerate(scaled_columns(features))
    ]
    evidence += [
        by_segment([cost_expression(code, more) for more in _category_evidence(costs)])
        for code, costs in zip(code_columns(features), middles.category_costs, strict=True)
    ]
    known = [engine.is_finite(f"cast({quoted(f.name)} as double)") for f in features.numbers]
    known += [f"{quoted(category.name)} is not null" for category in features.categories]
    # Known values rank before missing ones, whatever their weight.
    return [
        f"{of_feature} * {case([(is_known, number(1.0))], number(LAST))}"
        for is_known, of_feature in zip(known, evidence, strict=True)
    ]


def _sentences(
    engine: Engine, model: SegmentationModel, words: Mapping[str, FeatureWords]
) -> list[str]:
    sentences = [
        _sentence(engine, feature, [s.typical[j] for s in model.segments], words)
        for j, feature in enumerate(model.features)
    ]
    return sentences + [
        _category_sentence(code, category, model.k)
        for code, category in zip(
            code_columns(model.prepared_features), model.categories, strict=True
        )
    ]


def _category_evidence(costs: Matrix) -> list[Matrix]:
    """Return, for each segment, by how much each category costs more in the others on average.

    Differences before means: what costs the same everywhere is exactly 0, and no reason.
    """
    return [(np.delete(costs, i, axis=0) - own).mean(axis=0) for i, own in enumerate(costs)]


def _evidence_lines(centroids: Matrix) -> tuple[Matrix, Matrix]:
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
    direction = case(
        [
            (f"{raw} > {number(feature.typical)}", text_literal(spoken.high_words)),
            (f"{raw} < {number(feature.typical)}", text_literal(spoken.low_words)),
        ],
        "'like the typical customer'",
    )
    everybody = text_literal(f", all customers {spoken.written(feature.typical)})")
    amount = _amount(engine, raw, spoken)
    known = call("concat", [direction, "': '", amount, "' (typical here '", here, everybody])
    unknown = text_literal(
        f"{name.replace('_', ' ')} unknown, taken as {spoken.written(feature.prepared.fill)}"
    )
    return case([(engine.is_finite(raw), known)], unknown)


def _amount(engine: Engine, raw: str, spoken: FeatureWords) -> str:
    """Return SQL for an amount in words, as :meth:`FeatureWords.spoken` has it."""
    written = engine.written_number(raw, spoken.decimals)
    before, after = spoken.of_several
    several = call("concat", [text_literal(before), written, text_literal(after)])
    if spoken.of_one == spoken.of_several:
        return several
    one = text_literal(ONE.join(spoken.of_one))
    return case([(f"{written} = {text_literal(ONE)}", one)], several)


def _category_sentence(code: str, category: ModelCategory, k: int) -> str:
    raw = f"cast({quoted(category.name)} as varchar)"
    spoken = _spoken(category.name)
    here = by_segment([_share(code, category.segment_shares[i]) for i in range(k)])
    everybody = _share(code, category.shares)
    known = call(
        "concat",
        [
            *(text_literal(spoken + " "), raw, "' (here '", here),
            *("', all customers '", everybody, "')'"),
        ],
    )
    unseen = call("concat", [text_literal(spoken + " "), raw, "' is new to the model'"])
    unknown = text_literal(f"{spoken} unknown, taken as {category.fill}")
    return case(
        [
            (f"{raw} is null", unknown),
            (f"{code} = {category.prepared.unknown_code}", unseen),
        ],
        known,
    )


def _share(code: str, shares: Sequence[float]) -> str:
    """Return SQL for the share of a row's category, in percent."""
    written = [(str(v), text_literal(f"{share:.0%}")) for v, share in enumerate(shares)]
    return case(written, of=code)


def _spoken(name: str) -> str:
    return name.replace("_", " ")
