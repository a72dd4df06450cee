"""Why: what sets a segment apart, and why a customer is in it.

Name, headline and reasons use one statistic, what is typical of a segment today beside what is
typical of all customers (:mod:`segmentation.clustering.typical_values`), and one direction: a
feature is a reason only where customer and segment lie on the same side of the typical customer.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from segmentation.clustering.model import ModelCategory, SegmentationModel
from segmentation.clustering.naming import NamedSegment
from segmentation.clustering.states import STATE_IDS_FROM
from segmentation.clustering.typical_values import TypicalValue
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
    scaled_columns,
    scaled_expression,
)
from segmentation.scoring.nearest import by_segment
from segmentation.scoring.prototypes import NOISE

REASONS = 3

# How far a customer lies out counts up to so many times how far the segment does.
MOST_TIMES_THE_SEGMENT = 2.0

# What the condition of a state names comes before everything else.
FIRST = 1e6
# The weight of a feature without a value is multiplied by this, which puts it last.
LAST = 1e-12

OUTSIDE = "lies in no dense group; it is nearest to the runner-up"

NOBODY = "No customer is in it today"

# Where nothing that is typical of the segment is true of the customer.
NO_REASON = "no feature by itself speaks for this segment"


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


def segment_headline(
    model: SegmentationModel, segment: NamedSegment, words: Mapping[str, FeatureWords]
) -> str:
    """Return what sets a segment apart today, see :func:`headline`."""
    if not segment.values:
        return NOBODY
    of_numbers = {value.feature: value for value in segment.values if value.category is None}
    numbers = []
    for explained in _explained_numbers(model):
        name = explained.prepared.name
        if name not in of_numbers:
            continue
        value = of_numbers[name]
        apart = explained.apart(value)
        if _explains(explained, apart, segment):
            rank = _rank(name, apart, segment)
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
        only = _first_reason(text_literal("there is only one segment"))
        others = [f"cast(null as varchar) as reason_{rank}" for rank in range(2, REASONS + 1)]
        return assigned.adding("reasons", [only, *others])
    features = model.prepared_features
    numbers = _explained_numbers(model)
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


def _explained_numbers(model: SegmentationModel) -> list[ExplainedNumber]:
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


def _is_promised(name: str, apart: float, segment: NamedSegment) -> bool:
    """Return whether the condition of a segment asks for a number on that side."""
    sides = {">": 1.0, ">=": 1.0, "<": -1.0, "<=": -1.0, "=": apart}
    return segment.condition is not None and any(
        comparison.column == name and sides[comparison.operator] * apart > 0
        for comparison in segment.condition.comparisons
    )


def _rank(name: str, apart: float, segment: NamedSegment) -> float:
    """Return what the weight of a number is multiplied by: of a state, its condition is first."""
    is_state = segment.segment_id >= STATE_IDS_FROM
    return FIRST if is_state and _is_promised(name, apart, segment) else 1.0


def _explains(explained: ExplainedNumber, apart: float, segment: NamedSegment) -> bool:
    """Return whether a number can explain a segment: the model or its condition looks at it."""
    return explained.is_fitted or _is_promised(explained.prepared.name, apart, segment)


def _value(segment: NamedSegment, feature: str, category: str | None = None) -> TypicalValue | None:
    for value in segment.values:
        if (value.feature, value.category) == (feature, category):
            return value
    return None


def _of_segments(values: Mapping[int, str], otherwise: str | None = None) -> str:
    """Return SQL that takes the expression of the row's segment."""
    branches = [(str(segment), value) for segment, value in values.items()]
    return case(branches, otherwise, of="named_id") if branches else otherwise or "null"


def _contrasts(
    explained: ExplainedNumber,
    segments: Sequence[NamedSegment],
    words: Mapping[str, FeatureWords],
) -> dict[int, tuple[float, TypicalValue]]:
    """Return, for the segments that a number explains, how far they lie apart, and its values."""
    name = explained.prepared.name
    spoken = words_for(name, words)
    found = {}
    for segment in segments:
        value = _value(segment, name)
        # What reads the same on both sides distinguishes nothing.
        if value is None or spoken.written(value.here) == spoken.written(value.everywhere):
            continue
        apart = explained.apart(value)
        if apart and _explains(explained, apart, segment):
            found[segment.segment_id] = (apart, value)
    return found


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
    for i, (apart, value) in _contrasts(explained, segments, words).items():
        everywhere = value.everywhere
        rank = _rank(explained.prepared.name, apart, by_id[i])
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


def _frequent_here(category: ModelCategory, segment: NamedSegment) -> dict[int, TypicalValue]:
    """Return the codes of the categories that a segment has more of than all customers."""
    found = {}
    for code, name in enumerate(category.categories):
        value = _value(segment, category.name, name)
        # What reads the same on both sides distinguishes nothing.
        if (
            value is not None
            and share_z_score(value.here, value.everywhere) > 0
            and f"{value.here:.0%}" != f"{value.everywhere:.0%}"
        ):
            found[code] = value
    return found


def _category_evidence(code: str, category: ModelCategory, segments: Sequence[NamedSegment]) -> str:
    weights = {}
    for segment in segments:
        shares = [
            (str(i), number(share_z_score(value.here, value.everywhere) ** 2))
            for i, value in _frequent_here(category, segment).items()
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
    contrasts = _contrasts(explained, segments, words)
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
    for text in re.split(r"(\{[a-z0-9_]*\})", spoken.customer_amount):
        if text == "{}":
            parts.append(written)
        elif text.startswith("{"):
            number_beside = engine.written_number(f"cast({quoted(text[1:-1])} as double)", 0)
            parts.append(call("coalesce", [number_beside, "'?'"]))
        elif text:
            parts.append(text_literal(text))
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
            for i, value in _frequent_here(category, segment).items()
        ]
        if written:
            beside[segment.segment_id] = case(written, of=code)
    known = call("concat", [text_literal(f"{spoken} "), raw, _of_segments(beside, "''")])
    unknown = text_literal(f"{spoken} unknown, taken as {category.fill}")
    return case([(f"{raw} is null", unknown)], known)
