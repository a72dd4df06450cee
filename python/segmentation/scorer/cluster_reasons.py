"""Reasons for a cluster or a state, for people in Python.

The same statistic and the same words as :mod:`segmentation.clustering.reasons` has in SQL.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    frequent_here,
    rank_of,
)
from segmentation.clustering.model import ModelCategory, SegmentationModel
from segmentation.clustering.naming import NamedSegment
from segmentation.clustering.states import STATE_IDS_FROM
from segmentation.features.arrays import Codes, Matrix
from segmentation.features.mixed_sample import MixedSample
from segmentation.playbook.feature_words import FeatureWords, words_for
from segmentation.playbook.headlines import share_z_score
from segmentation.scorer.columns_of_people import People
from segmentation.scorer.scaling import scaled_numbers
from segmentation.scoring.prototypes import NOISE

Reasons = np.ndarray[Any, np.dtype[np.object_]]

_COLUMN = re.compile(r"\{([a-z0-9_]*)\}")


@dataclass(frozen=True)
class _NumberWeights:
    """What a number weighs in each segment, by the segment's place; zero where it explains none.

    Attributes
    ----------
    explained : ExplainedNumber
    slopes, most : ndarray of shape (n_segments + 1,)
        The last is for noise.
    middle : float
        The typical customer, scaled.
    everywhere : float
        The typical customer, in the number's own unit.
    """

    explained: ExplainedNumber
    slopes: Matrix
    most: Matrix
    middle: float
    everywhere: float


class ClusterReasons:
    """The three strongest reasons why people are in their segments.

    Parameters
    ----------
    model : SegmentationModel
    segments : sequence of NamedSegment
        Its clusters, then the states.
    words : mapping
        Feature to its words.
    columns : collection of str
        Columns that people have, for words that name them.
    """

    def __init__(
        self,
        model: SegmentationModel,
        segments: Sequence[NamedSegment],
        words: Mapping[str, FeatureWords],
        columns: Collection[str],
    ) -> None:
        self._segments = list(segments)
        self._words = words
        self._columns = columns
        self._ids = np.array([segment.segment_id for segment in segments], dtype=np.intp)
        self._fitted = len(model.features)
        self._categories = model.categories
        self._numbers = [self._number_weights(e) for e in explained_numbers(model)]
        self._shares = [self._share_weights(category) for category in model.categories]
        self._spoken = [words_for(w.explained.prepared.name, words) for w in self._numbers]
        self._places = {segment.segment_id: i for i, segment in enumerate(segments)}
        self._sentences = [self._number_words(w.explained) for w in self._numbers]
        self._frequent = [self._category_words(category) for category in model.categories]

    def of(self, people: People, sample: MixedSample, named: Codes) -> Reasons:
        """Return the reasons of people, strongest first.

        Parameters
        ----------
        people : People
        sample : MixedSample
            The same people.
        named : ndarray of shape (n,)
            Their segments and states.

        Returns
        -------
        ndarray of shape (n, 3)
            Texts; None where there are fewer.
        """
        texts = np.full((people.count, REASONS), None, dtype=object)
        if len(self._segments) < 2:
            texts[:, 0] = ONLY_SEGMENT
        else:
            self._fill(texts, people, sample, named)
        texts[named == NOISE, 0] = OUTSIDE
        return texts

    def of_one(
        self,
        person: People,
        figures: Mapping[str, float],
        numbers: Sequence[float],
        codes: Sequence[int],
        named: int,
    ) -> Reasons:
        """Return the reasons of one person, shape (1, 3); see :meth:`of`.

        Parameters
        ----------
        person : People
            One person.
        figures : mapping of str to float
            The person's raw numbers.
        numbers, codes : sequence
            Scaled numbers and codes, as the model was fitted to them.
        named : int
            The person's cluster or state.
        """
        texts = np.full((1, REASONS), None, dtype=object)
        if len(self._segments) < 2:
            texts[0, 0] = ONLY_SEGMENT
            return texts
        place = self._places[named]
        weighed = [
            (self._weight(j, figures[of.explained.prepared.name], numbers, place), j)
            for j, of in enumerate(self._numbers)
        ]
        for j, category in enumerate(self._categories):
            known = LAST if person.text(category.name)[0] is None else 1.0
            weight = float(self._shares[j][place, codes[j]]) * known
            weighed.append((weight, len(self._numbers) + j))
        weighed = sorted((pair for pair in weighed if pair[0] > 0.0), key=lambda pair: -pair[0])
        for rank, (_, j) in enumerate(weighed[:REASONS]):
            texts[0, rank] = self._sentence(j, person, self._code(j, codes), 0, place)
        if not weighed:
            texts[0, 0] = self._without(person, 0, place)
        return texts

    def _weight(self, j: int, raw: float, numbers: Sequence[float], place: int) -> float:
        """Return what a number of one person weighs."""
        of = self._numbers[j]
        slope = float(of.slopes[place])
        if slope == 0.0:
            return 0.0
        prepared = of.explained.prepared
        scaled = numbers[j] if j < self._fitted else scaled_numbers(prepared, (raw,))[0]
        found = min(slope * (scaled - of.middle), float(of.most[place]))
        if found <= 0.0:
            return 0.0
        if not math.isfinite(raw):
            return found * LAST
        spoken = self._spoken[j]
        is_near = abs(raw - of.everywhere) <= 10.0**-spoken.decimals
        if is_near and spoken.written(raw) == spoken.written(of.everywhere):
            return 0.0
        return found

    def _fill(self, texts: Reasons, people: People, sample: MixedSample, named: Codes) -> None:
        places = np.searchsorted(self._ids, named)
        places[named == NOISE] = len(self._segments)
        weights = np.column_stack(
            [
                *(self._weigh_number(j, people, sample, places) for j in range(len(self._numbers))),
                *(
                    self._weigh_category(j, people, sample, places)
                    for j in range(len(self._categories))
                ),
            ]
        )
        # Of equal weights, the feature that is named first.
        order = np.argsort(-weights, axis=1, kind="stable")[:, :REASONS]
        rows = np.arange(people.count)
        for rank in range(order.shape[1]):
            for row in np.flatnonzero(weights[rows, order[:, rank]] > 0.0):
                j = int(order[row, rank])
                code = (
                    int(sample.codes[row, j - len(self._numbers)]) if j >= len(self._numbers) else 0
                )
                texts[row, rank] = self._sentence(j, people, code, int(row), int(places[row]))
        for row in np.flatnonzero([text is None for text in texts[:, 0]]):
            texts[row, 0] = self._without(people, int(row), int(places[row]))

    def _weigh_number(self, j: int, people: People, sample: MixedSample, places: Codes) -> Matrix:
        weights = self._numbers[j]
        prepared = weights.explained.prepared
        raw = people.number(prepared.name)
        scaled = (
            sample.numbers[:, j]
            if j < self._fitted
            else np.array(scaled_numbers(prepared, raw.tolist()))
        )
        found = np.minimum(weights.slopes[places] * (scaled - weights.middle), weights.most[places])
        known = np.where(np.isfinite(raw), 1.0, LAST)
        # What reads the same as the typical customer distinguishes nobody.
        spoken = self._spoken[j]
        near = np.abs(raw - weights.everywhere) <= 10.0**-spoken.decimals
        for row in np.flatnonzero(near):
            if spoken.written(float(raw[row])) == spoken.written(weights.everywhere):
                known[row] = 0.0
        return found * known

    def _weigh_category(self, j: int, people: People, sample: MixedSample, places: Codes) -> Matrix:
        raw = people.text(self._categories[j].name)
        known = np.array([LAST if value is None else 1.0 for value in raw])
        found: Matrix = self._shares[j][places, sample.codes[:, j]] * known
        return found

    def _number_weights(self, explained: ExplainedNumber) -> _NumberWeights:
        slopes = np.zeros(len(self._segments) + 1)
        most = np.zeros(len(self._segments) + 1)
        contrasts = contrasts_of(explained, self._segments, self._words)
        everywhere = np.nan
        for place, segment in enumerate(self._segments):
            if segment.segment_id in contrasts:
                apart, value = contrasts[segment.segment_id]
                everywhere = value.everywhere
                rank = rank_of(explained.prepared.name, apart, segment)
                slopes[place] = rank * apart / explained.standard_deviation
                most[place] = rank * MOST_TIMES_THE_SEGMENT * apart**2
        middle = 0.0
        if contrasts:
            middle = float(explained.prepared.scaled(np.array([everywhere]))[0])
        return _NumberWeights(explained, slopes, most, middle, everywhere)

    def _share_weights(self, category: ModelCategory) -> Matrix:
        """Return what a category weighs, shape (n_segments + 1, n_categories + 1)."""
        weights = np.zeros((len(self._segments) + 1, len(category.categories) + 1))
        for place, segment in enumerate(self._segments):
            for code, value in frequent_here(category, segment).items():
                weights[place, code] = share_z_score(value.here, value.everywhere) ** 2
        return weights

    def _number_words(self, explained: ExplainedNumber) -> dict[int, tuple[str, str]]:
        """Return what stands before and after a number, by the place of the segment."""
        spoken = words_for(explained.prepared.name, self._words)
        contrasts = contrasts_of(explained, self._segments, self._words)
        return {
            place: (
                f"{spoken.high_words if apart > 0 else spoken.low_words}: ",
                f" (typical here {spoken.written(value.here)}, "
                f"all customers {spoken.written(value.everywhere)})",
            )
            for place, segment in enumerate(self._segments)
            if segment.segment_id in contrasts
            for apart, value in [contrasts[segment.segment_id]]
        }

    def _category_words(self, category: ModelCategory) -> dict[tuple[int, int], str]:
        """Return what stands after a category, by the place of the segment and its code."""
        return {
            (place, code): f" (here {value.here:.0%}, all customers {value.everywhere:.0%})"
            for place, segment in enumerate(self._segments)
            for code, value in frequent_here(category, segment).items()
        }

    def _code(self, j: int, codes: Sequence[int] | Codes) -> int:
        """Return the code of a feature in a row of codes; 0 of a number."""
        return int(codes[j - len(self._numbers)]) if j >= len(self._numbers) else 0

    def _sentence(self, j: int, people: People, code: int, row: int, place: int) -> str:
        if j < len(self._numbers):
            return self._number_sentence(j, people, row, place)
        j -= len(self._numbers)
        category = self._categories[j]
        label = category.name.replace("_", " ")
        raw = people.text(category.name)[row]
        if raw is None:
            return f"{label} unknown, taken as {category.fill}"
        return f"{label} {raw}{self._frequent[j].get((place, code), '')}"

    def _number_sentence(self, j: int, people: People, row: int, place: int) -> str:
        prepared = self._numbers[j].explained.prepared
        spoken = self._spoken[j]
        value = float(people.number(prepared.name)[row])
        if not math.isfinite(value):
            label = prepared.name.replace("_", " ")
            return f"{label} unknown, taken as {spoken.written(prepared.fill)}"
        before, after = self._sentences[j][place]
        return before + self._amount(spoken, value, people, row) + after

    def _amount(self, spoken: FeatureWords, value: float, people: People, row: int) -> str:
        """Return a customer's amount in words, with the columns that people have beside it."""
        if not (spoken.customer_amount and set(spoken.columns_beside) <= set(self._columns)):
            return spoken.spoken(value)

        def number_of(found: re.Match[str]) -> str:
            if not found[1]:
                return spoken.written(value)
            beside = float(people.number(found[1])[row])
            return _WHOLE.written(beside) if beside == beside else "?"

        return _COLUMN.sub(number_of, spoken.customer_amount)

    def _without(self, people: People, row: int, place: int) -> str:
        """Return the reason of a person who has nothing that is typical of the segment."""
        segment = self._segments[place] if place < len(self._segments) else None
        if segment and segment.segment_id >= STATE_IDS_FROM and segment.condition:
            column = segment.condition.columns[0]
            value = float(people.number(column)[row])
            return words_for(column, self._words).spoken(value)
        return NO_REASON


# A column beside an amount is written as a whole number.
_WHOLE = FeatureWords("", "", "", "{}", 0)
