"""Why: what sets a segment apart, and why a customer is in it.

Name, headline and reasons use one statistic, what is typical of a segment today beside what is
typical of all customers (:mod:`segmentation.clustering.typical_values`), and one direction: a
feature is a reason only where customer and segment lie on the same side of the typical customer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from segmentation.clustering.contrasts import (
    LAST,
    MOST_TIMES_THE_SEGMENT,
    NO_REASON,
    ONLY_SEGMENT,
    OUTSIDE,
    REASONS,
    ExplainedNumber,
    contrasts_of,
    explained_numbers,
    explains,
    frequent_here,
    rank_of,
)
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.model_parts import ModelCategory
from segmentation.clustering.naming import NamedSegment
from segmentation.clustering.states import STATE_IDS_FROM
from segmentation.engine.base import Engine
from segmentation.engine.sql import Query, all_of, call, case, number, quoted, text_literal
from segmentation.features.categories import PreparedCategory
from segmentation.features.numbers import PreparedFeature
from segmentation.playbook.feature_words import FeatureWords, words_for
from segmentation.playbook.headlines import (
    CategoryContrast,
    NumberContrast,
    headline,
    share_z_score,
)
from segmentation.playbook.playbook import ONE
from segmentation.scoring.columns import (
    bounded_expression,
    code_columns,
    columns_of,
    scaled_expression,
)
from segmentation.scoring.nearest import by_segment
from segmentation.scoring.prototypes import NOISE

NOBODY = "No customer is in it today"


def segment_headline(
    model: SegmentationModel, segment: NamedSegment, words: Mapping[str, FeatureWords]
) -> str:
    """Return what sets a segment apart today, see :func:`headline`."""
    if not segment.values:
        return NOBODY
    of_numbers = {value.feature: value for value in segment.values if value.category is None}
    numbers = []
    for explained in explained_numbers(model):
        name = explained.prepared.name
        if name not in of_numbers:
            continue
        value = of_numbers[name]
        apart = explained.apart(value)
        if explains(explained, apart, segment):
            rank = rank_of(name, apart, segment)
            numbers.append(NumberContrast(name, rank * apart, value.here, value.everywhere))
    categories = [
        CategoryContrast(value.feature, value.category, value.here, value.everywhere)
        for value in segment.values
        if value.category is not None
    ]
    return headline(numbers, categories, words)


def with_reasons(
    engine: Engine,
    assigned: Query,
    model: SegmentationModel,
    segments: Sequence[NamedSegment],
    words: Mapping[str, FeatureWords],
    columns: Collection[str] = (),
) -> Query:
    """Return a query that also has the three strongest reasons why a row is in its segment.

    A number weighs as much as customer and segment lie apart from the typical customer, one times
    the other, both in standard deviations of scaled values; it weighs nothing where they lie on
    different sides, and the customer counts up to :data:`MOST_TIMES_THE_SEGMENT` times the segment.
    The customer's category weighs the square of the z-score of its share in the segment where that
    is larger than among all customers. What the condition of a state names comes first. Ties go to
    the feature that is named first. There can be fewer than three reasons; if there is none, the
    first reason says so.

    Parameters
    ----------
    engine : Engine
    assigned : Query
        See :meth:`segmentation.clustering.typical_values.ScoringRule.assigned`; its result has the
        raw columns of the features and of :attr:`SegmentationModel.explained` too.
    model : SegmentationModel
    segments : sequence of NamedSegment
    words : mapping
        Feature to its words.
    columns : collection of str
        Further columns that `assigned` has, for words that name them.

    Returns
    -------
    Query
        Its result has the columns of `assigned` and reason_1, reason_2, reason_3.
    """
    if len(segments) < 2:
        only = _first_reason(text_literal(ONLY_SEGMENT))
        others = [f"cast(null as varchar) as reason_{rank}" for rank in range(2, REASONS + 1)]
        return assigned.adding("reasons", [only, *others])
    features = model.prepared_features
    numbers = explained_numbers(model)
    assigned = _with_scaled(engine, assigned, model)
    listed: list[PreparedFeature | PreparedCategory] = [e.prepared for e in numbers]
    listed += features.categories
    names = columns_of("evidence", features, listed)
    evidence = [_number_evidence(engine, e, segments, words) for e in numbers]
    evidence += [
        _category_evidence(code, category, segments)
        for code, category in zip(code_columns(features), model.categories, strict=True)
    ]
    weighed = assigned.adding(
        "evidence_of_features", [f"{e} as {name}" for e, name in zip(evidence, names, strict=True)]
    )
    ranked = engine.largest_first([(name, j) for j, name in enumerate(names)], above=0.0)
    spoken = weighed.adding("ranked_features", [f"{ranked} as ranked_features"])
    # A sentence is made for the features that are reasons, and for no other.
    sentences = [_sentence(engine, e, segments, words, columns) for e in numbers]
    sentences += [
        _category_sentence(code, category, segments)
        for code, category in zip(code_columns(features), model.categories, strict=True)
    ]
    found = [
        by_segment(sentences, engine.element("ranked_features", rank))
        for rank in range(1, REASONS + 1)
    ]
    without = _of_segments(_told_states(engine, segments, words), text_literal(NO_REASON))
    first = _first_reason(call("coalesce", [found[0], without]))
    others = [f"{reason} as reason_{rank}" for rank, reason in enumerate(found[1:], start=2)]
    return spoken.adding("reasons", [first, *others])


def _told_states(
    engine: Engine, segments: Sequence[NamedSegment], words: Mapping[str, FeatureWords]
) -> dict[int, str]:
    """Return SQL that tells what the condition of each state looks at first.

    It is true of the customer, also where most customers are in the state and nothing sets it
    apart from them.
    """
    told = {}
    for segment in segments:
        columns = segment.condition.columns if segment.condition else []
        if segment.segment_id >= STATE_IDS_FROM and columns:
            spoken = words_for(columns[0], words)
            amount = _amount(engine, f"cast({quoted(columns[0])} as double)", spoken, ())
            told[segment.segment_id] = amount
    return told


def _first_reason(of_members: str) -> str:
    outside = (f"named_id = {NOISE}", text_literal(OUTSIDE))
    return f"{case([outside], of_members)} as reason_1"


def _with_scaled(engine: Engine, assigned: Query, model: SegmentationModel) -> Query:
    """Return a query that also has the scaled columns that only conditions look at."""
    if not model.explained:
        return assigned
    bounded = columns_of("bounded", model.prepared_features, model.explained)
    explained = columns_of("explained", model.prepared_features, model.explained)
    return assigned.adding(
        "bounded_explanations",
        [
            f"{bounded_expression(engine, feature)} as {name}"
            for feature, name in zip(model.explained, bounded, strict=True)
        ],
    ).adding(
        "scaled_explanations",
        [
            f"{scaled_expression(of, feature)} as {name}"
            for feature, of, name in zip(model.explained, bounded, explained, strict=True)
        ],
    )


def _of_segments(values: Mapping[int, str], otherwise: str | None = None) -> str:
    """Return SQL that takes the expression of the row's segment."""
    branches = [(str(segment), value) for segment, value in values.items()]
    return case(branches, otherwise, of="named_id") if branches else otherwise or "null"


def _number_evidence(
    engine: Engine,
    explained: ExplainedNumber,
    segments: Sequence[NamedSegment],
    words: Mapping[str, FeatureWords],
) -> str:
    """Return SQL for what a number says for the row's segment: more is more, 0 is nothing."""
    by_id = {segment.segment_id: segment for segment in segments}
    weights = {}
    everywhere = None
    for i, (apart, value) in contrasts_of(explained, segments, words).items():
        everywhere = value.everywhere
        rank = rank_of(explained.prepared.name, apart, by_id[i])
        middle = float(explained.prepared.scaled(np.array([value.everywhere]))[0])
        slope = rank * apart / explained.standard_deviation
        most = rank * MOST_TIMES_THE_SEGMENT * apart**2
        weights[i] = (
            f"least({number(slope)} * ({explained.column} - {number(middle)}), {number(most)})"
        )
    if everywhere is None:
        return number(0.0)
    raw = f"cast({quoted(explained.prepared.name)} as double)"
    spoken = words_for(explained.prepared.name, words)
    # What reads the same is compared as it is written, where it is near enough to be.
    written = engine.written_number(raw, spoken.decimals)
    same = all_of(
        [
            f"abs({raw} - {number(everywhere)}) <= {number(10.0**-spoken.decimals)}",
            f"{written} = {text_literal(spoken.written(everywhere))}",
        ]
    )
    weight = _of_segments(weights, number(0.0))
    known = case([(f"not {engine.is_finite(raw)}", number(LAST)), (same, number(0.0))], number(1.0))
    return f"{weight} * {known}"


def _category_evidence(code: str, category: ModelCategory, segments: Sequence[NamedSegment]) -> str:
    weights = {}
    for segment in segments:
        shares = [
            (str(i), number(share_z_score(value.here, value.everywhere) ** 2))
            for i, value in frequent_here(category, segment).items()
        ]
        if shares:
            weights[segment.segment_id] = case(shares, number(0.0), of=code)
    if not weights:
        return number(0.0)
    known = case([(f"{quoted(category.name)} is not null", number(1.0))], number(LAST))
    return f"{_of_segments(weights, number(0.0))} * {known}"


def _sentence(
    engine: Engine,
    explained: ExplainedNumber,
    segments: Sequence[NamedSegment],
    words: Mapping[str, FeatureWords],
    columns: Collection[str],
) -> str:
    """Return SQL for a reason in words."""
    name = explained.prepared.name
    spoken = words_for(name, words)
    contrasts = contrasts_of(explained, segments, words)
    raw = f"cast({quoted(name)} as double)"
    direction = {
        i: text_literal(f"{spoken.high_words if apart > 0 else spoken.low_words}: ")
        for i, (apart, _) in contrasts.items()
    }
    beside = {
        i: text_literal(
            f" (typical here {spoken.written(value.here)}, "
            f"all customers {spoken.written(value.everywhere)})"
        )
        for i, (_, value) in contrasts.items()
    }
    amount = _amount(engine, raw, spoken, columns)
    known = call("concat", [_of_segments(direction), amount, _of_segments(beside)])
    unknown = text_literal(
        f"{name.replace('_', ' ')} unknown, taken as {spoken.written(explained.prepared.fill)}"
    )
    return case([(engine.is_finite(raw), known)], unknown)


def _amount(engine: Engine, raw: str, spoken: FeatureWords, columns: Collection[str]) -> str:
    """Return SQL for a customer's amount in words, with the columns that a query has beside it."""
    written = engine.written_number(raw, spoken.decimals)
    beside = spoken.columns_beside
    if spoken.customer_amount and set(beside) <= set(columns):
        return _customer_amount(engine, written, spoken)
    before, after = spoken.of_several
    several = call("concat", [text_literal(before), written, text_literal(after)])
    if spoken.of_one == spoken.of_several:
        return several
    one = text_literal(ONE.join(spoken.of_one))
    return case([(f"{written} = {text_literal(ONE)}", one)], several)


def _customer_amount(engine: Engine, written: str, spoken: FeatureWords) -> str:
    """Return SQL for the words for one customer; a column without a value is written as "?"."""
    parts = []
    for part in spoken.parts_of_customer:
        if part is None:
            parts.append(written)
        elif isinstance(part, str):
            parts.append(text_literal(part))
        else:
            value = f"cast({quoted(part.name)} as double)"
            parts.append(call("coalesce", [engine.written_number(value, part.decimals), "'?'"]))
    return call("concat", parts)


def _category_sentence(code: str, category: ModelCategory, segments: Sequence[NamedSegment]) -> str:
    raw = f"cast({quoted(category.name)} as varchar)"
    spoken = category.name.replace("_", " ")
    beside = {}
    for segment in segments:
        written = [
            (
                str(i),
                text_literal(f" (here {value.here:.0%}, all customers {value.everywhere:.0%})"),
            )
            for i, value in frequent_here(category, segment).items()
        ]
        if written:
            beside[segment.segment_id] = case(written, of=code)
    known = call("concat", [text_literal(f"{spoken} "), raw, _of_segments(beside, "''")])
    unknown = text_literal(f"{spoken} unknown, taken as {category.fill}")
    return case([(f"{raw} is null", unknown)], known)
