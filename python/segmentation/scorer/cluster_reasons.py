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
    ONLY_SEGMENT,
    OUTSIDE,
    REASONS,
    ExplainedNumber,
    contrasts_of,
    explained_numbers,
    frequent_here,
    rank_of,
)
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.model_parts import ModelCategory
from segmentation.clustering.naming import NamedSegment
from segmentation.features.arrays import Codes, Matrix
from segmentation.features.mixed_sample import MixedSample
from segmentation.playbook.feature_words import FeatureWords, words_for
from segmentation.playbook.headlines import share_z_score
from segmentation.scorer.columns_of_people import People
from segmentation.scorer.reason_sentences import ReasonSentences
from segmentation.scorer.scaling import scaled_column, scaled_numbers
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
        self._ids = np.array([segment.segment_id for segment in segments], dtype=np.intp)
        self._fitted = len(model.features)
        self._categories = model.categories
        self._numbers = [self._number_weights(e, words) for e in explained_numbers(model)]
        self._shares = [self._share_weights(category) for category in model.categories]
        self._spoken = [words_for(w.explained.prepared.name, words) for w in self._numbers]
        self._places = {segment.segment_id: i for i, segment in enumerate(segments)}
        self._sentences = ReasonSentences(
            [weights.explained for weights in self._numbers],
            model.categories,
            self._segments,
            words,
            columns,
        )

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
            code = codes[j - len(self._numbers)] if j >= len(self._numbers) else 0
            (texts[0, rank],) = self._sentences.of(j, person, [0], [place], [code])
        if not weighed:
            texts[0, 0] = self._sentences.without(person, 0, place)
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
        is_reason = np.take_along_axis(weights, order, axis=1) > 0.0
        for j in range(weights.shape[1]):
            rows, ranks = np.nonzero((order == j) & is_reason)
            if len(rows):
                codes = self._codes(j, sample, rows)
                texts[rows, ranks] = self._sentences.of(
                    j, people, rows.tolist(), places[rows].tolist(), codes
                )
        for row in np.flatnonzero(~is_reason.any(axis=1)).tolist():
            texts[row, 0] = self._sentences.without(people, row, int(places[row]))

    def _codes(self, j: int, sample: MixedSample, rows: Codes) -> list[int]:
        """Return the codes of a feature in some rows; 0 of a number."""
        if j < len(self._numbers):
            return [0] * len(rows)
        found: list[int] = sample.codes[rows, j - len(self._numbers)].tolist()
        return found

    def _weigh_number(self, j: int, people: People, sample: MixedSample, places: Codes) -> Matrix:
        weights = self._numbers[j]
        slopes = weights.slopes[places]
        if not slopes.any():
            return np.zeros(people.count)
        prepared = weights.explained.prepared
        raw = people.number(prepared.name)
        scaled = sample.numbers[:, j] if j < self._fitted else scaled_column(prepared, raw)
        found = np.minimum(slopes * (scaled - weights.middle), weights.most[places])
        known = np.where(np.isfinite(raw), 1.0, LAST)
        # What reads the same as the typical customer distinguishes nobody.
        spoken = self._spoken[j]
        near = np.abs(raw - weights.everywhere) <= 10.0**-spoken.decimals
        typical = spoken.written(weights.everywhere)
        alike = [value for value in set(raw[near].tolist()) if spoken.written(value) == typical]
        known[np.isin(raw, alike)] = 0.0
        return found * known

    def _weigh_category(self, j: int, people: People, sample: MixedSample, places: Codes) -> Matrix:
        raw = people.text(self._categories[j].name)
        known = np.where([value is None for value in raw], LAST, 1.0)
        found: Matrix = self._shares[j][places, sample.codes[:, j]] * known
        return found

    def _number_weights(
        self, explained: ExplainedNumber, words: Mapping[str, FeatureWords]
    ) -> _NumberWeights:
        slopes = np.zeros(len(self._segments) + 1)
        most = np.zeros(len(self._segments) + 1)
        contrasts = contrasts_of(explained, self._segments, words)
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
