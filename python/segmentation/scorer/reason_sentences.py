"""Reasons in words: what a feature of a person says for a segment, as SQL says it too."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from segmentation.clustering.contrasts import (
    NO_REASON,
    ExplainedNumber,
    contrasts_of,
    frequent_here,
)
from segmentation.clustering.model_parts import ModelCategory
from segmentation.clustering.naming import NamedSegment
from segmentation.clustering.states import STATE_IDS_FROM
from segmentation.playbook.feature_words import FeatureWords, words_for
from segmentation.scorer.columns_of_people import People


class ReasonSentences:
    """The sentences of the features that can be reasons: numbers first, then categories.

    Parameters
    ----------
    numbers : sequence of ExplainedNumber
    categories : sequence of ModelCategory
    segments : sequence of NamedSegment
        A segment's place is its position here.
    words : mapping
        Feature to its words.
    columns : collection of str
        Columns that people have, for words that name them.
    """

    def __init__(
        self,
        numbers: Sequence[ExplainedNumber],
        categories: Sequence[ModelCategory],
        segments: Sequence[NamedSegment],
        words: Mapping[str, FeatureWords],
        columns: Collection[str],
    ) -> None:
        self._segments = segments
        self._words = words
        self._numbers = [_NumberSentences(of, segments, words, columns) for of in numbers]
        self._categories = [_CategorySentences(of, segments) for of in categories]

    def of(
        self,
        j: int,
        people: People,
        rows: Sequence[int],
        places: Sequence[int],
        codes: Sequence[int],
    ) -> list[str]:
        """Return what feature `j` says, one sentence for each row.

        Parameters
        ----------
        j : int
            Number of the feature.
        people : People
        rows : sequence of int
            Whom of them it is about.
        places : sequence of int
            Of their segments, in the order of `rows`.
        codes : sequence of int
            Their codes of the feature, in the order of `rows`; of a number none is looked at.
        """
        if j < len(self._numbers):
            return self._numbers[j].of(people, rows, places)
        return self._categories[j - len(self._numbers)].of(people, rows, places, codes)

    def without(self, people: People, row: int, place: int) -> str:
        """Return the reason of a person who has nothing that is typical of the segment."""
        segment = self._segments[place] if place < len(self._segments) else None
        if segment and segment.segment_id >= STATE_IDS_FROM and segment.condition:
            column = segment.condition.columns[0]
            value = float(people.number(column)[row])
            return words_for(column, self._words).spoken(value)
        return NO_REASON


class _NumberSentences:
    def __init__(
        self,
        explained: ExplainedNumber,
        segments: Sequence[NamedSegment],
        words: Mapping[str, FeatureWords],
        columns: Collection[str],
    ) -> None:
        prepared = explained.prepared
        self._name = prepared.name
        self._spoken = spoken = words_for(prepared.name, words)
        contrasts = contrasts_of(explained, segments, words)
        # What stands before and after the amount, by the place of the segment.
        self._around = {
            place: (
                f"{spoken.high_words if apart > 0 else spoken.low_words}: ",
                f" (typical here {spoken.written(value.here)}, "
                f"all customers {spoken.written(value.everywhere)})",
            )
            for place, segment in enumerate(segments)
            if segment.segment_id in contrasts
            for apart, value in [contrasts[segment.segment_id]]
        }
        label = prepared.name.replace("_", " ")
        self._unknown = f"{label} unknown, taken as {spoken.written(prepared.fill)}"
        beside = spoken.columns_beside
        is_own = bool(spoken.customer_amount) and set(beside) <= set(columns)
        self._parts = spoken.parts_of_customer if is_own else []
        self._beside = beside if is_own else []

    def of(self, people: People, rows: Sequence[int], places: Sequence[int]) -> list[str]:
        columns = [people.number(name)[rows].tolist() for name in (self._name, *self._beside)]
        # Many people have the same figures; their sentence is made once.
        made: dict[tuple[float, ...], str] = {}
        found = []
        for figures in zip(places, *columns, strict=True):
            sentence = made.get(figures)
            if sentence is None:
                sentence = made[figures] = self._sentence(*figures)
            found.append(sentence)
        return found

    def _sentence(self, place: int, value: float, *beside: float) -> str:
        if not math.isfinite(value):
            return self._unknown
        before, after = self._around[place]
        amount = self._with_beside(value, beside) if self._parts else self._spoken.spoken(value)
        return f"{before}{amount}{after}"

    def _with_beside(self, value: float, beside: Sequence[float]) -> str:
        """Return a customer's amount in words, with the columns that people have beside it."""
        figures = dict(zip(self._beside, beside, strict=True))
        texts = []
        for part in self._parts:
            if part is None:
                texts.append(self._spoken.written(value))
            elif isinstance(part, str):
                texts.append(part)
            else:
                other = figures[part.name]
                texts.append("?" if math.isnan(other) else part.written(other))
        return "".join(texts)


class _CategorySentences:
    def __init__(self, category: ModelCategory, segments: Sequence[NamedSegment]) -> None:
        self._name = category.name
        self._label = category.name.replace("_", " ")
        self._unknown = f"{self._label} unknown, taken as {category.fill}"
        # What stands after a category, by the place of the segment and its code.
        self._after = {
            (place, code): f" (here {value.here:.0%}, all customers {value.everywhere:.0%})"
            for place, segment in enumerate(segments)
            for code, value in frequent_here(category, segment).items()
        }

    def of(
        self, people: People, rows: Sequence[int], places: Sequence[int], codes: Sequence[int]
    ) -> list[str]:
        texts = people.text(self._name)
        return [
            self._unknown
            if texts[row] is None
            else f"{self._label} {texts[row]}{self._after.get((place, code), '')}"
            for row, place, code in zip(rows, places, codes, strict=True)
        ]
