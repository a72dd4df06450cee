"""Scores people by a clustering: the nearest prototype, then what comes before or after it.

The numbers are those of the SQL that a build runs (:mod:`segmentation.clustering.assign`): the same
terms, added up in the same order. Nothing here needs scikit-learn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from segmentation.clustering.assign import scoring_rule
from segmentation.clustering.kept_promises import CUSTOMER_SLACK
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.naming import NamedSegment
from segmentation.clustering.states import STATE_IDS_FROM
from segmentation.features.absence import ABSENCE, RECENCY, USUAL_GAP, absence_of
from segmentation.features.arrays import Codes, Matrix
from segmentation.features.mixed_sample import MixedSample
from segmentation.playbook.conditions import Comparison, Condition
from segmentation.playbook.feature_words import FeatureWords
from segmentation.scorer.cluster_reasons import ClusterReasons
from segmentation.scorer.columns_of_people import Inputs, People
from segmentation.scorer.few_people import PlainRules
from segmentation.scorer.scaling import scaled_column, scaled_numbers
from segmentation.scorer.scored_people import DISTANCE, Contribution, ScoredPeople
from segmentation.scoring.prototypes import NOISE

_OPERATORS = {
    "<": np.less,
    "<=": np.less_equal,
    "=": np.equal,
    ">=": np.greater_equal,
    ">": np.greater,
}


class ClusterScorer:
    """Scores people by the current model of a clustering.

    Parameters
    ----------
    model : SegmentationModel
    segments : sequence of NamedSegment
        Its clusters as they are named today, then the states.
    words : mapping
        Feature to its words.
    columns : sequence of str
        Those of the feature table: words for one customer may name columns beside the features.
    """

    measure = DISTANCE

    def __init__(
        self,
        model: SegmentationModel,
        segments: Sequence[NamedSegment],
        words: Mapping[str, FeatureWords],
        columns: Sequence[str],
    ) -> None:
        self.model = model
        self.segments = list(segments)
        self.words = words
        self.segmentation = model.segmentation
        self.model_version = model.model_version
        self.rule = scoring_rule(model, segments)
        self.prototypes = self.rule.prototypes
        self.slugs = {segment.segment_id: segment.segment_slug for segment in segments}
        self.names = {segment.segment_id: segment.segment_name for segment in segments}
        beside = [
            name
            for number in model.known_numbers
            if number in words
            for name in words[number].columns_beside
            if name in columns
        ]
        conditioned = [*self.rule.states.columns, *self.rule.promises.columns]
        numbers = dict.fromkeys([*model.known_numbers, *conditioned, *beside])
        if ABSENCE in numbers:
            numbers |= dict.fromkeys([RECENCY, USUAL_GAP])
        texts = tuple(category.name for category in self.rule.features.categories)
        self.inputs = Inputs(tuple(numbers), texts)
        self._plain = PlainRules(self.rule)
        self._reasons = ClusterReasons(model, segments, words, set(numbers))

    def sample(self, people: People) -> MixedSample:
        """Return people as scaled numbers and codes."""
        features = self.rule.features
        numbers = [
            scaled_column(feature, people.number(feature.name)) for feature in features.numbers
        ]
        codes = [category.codes(people.text(category.name)) for category in features.categories]
        return MixedSample(
            np.column_stack(numbers) if numbers else np.zeros((people.count, 0)),
            np.column_stack(codes) if codes else np.zeros((people.count, 0), dtype=np.intp),
            tuple(category.unknown_code for category in features.categories),
            self.model.gamma,
        )

    def score(self, people: People) -> ScoredPeople:
        """Return the segments of people, as a build assigns them."""
        people = self.with_absence(people)
        if people.count == 1 and self._plain.are_enough:
            return self._score_one(people)
        sample = self.sample(people)
        squared = self.squared_distances(sample)
        cluster = self.clusters(people, sample, squared)
        state = self.states(people)
        named = np.where(state >= STATE_IDS_FROM, state, cluster)
        # In a state, the nearest cluster is the runner-up.
        compared = np.where(state >= STATE_IDS_FROM, self.prototypes.assign(sample), cluster)
        own, second, runner_up = _compared(squared, compared)
        has_margin = (named == cluster) & (cluster != NOISE) & np.isfinite(second)
        with np.errstate(invalid="ignore"):
            margins = np.where(has_margin, np.maximum(np.sqrt(second) - np.sqrt(own), 0.0), np.nan)
        return ScoredPeople(
            segment_ids=named,
            amounts=np.sqrt(own),
            runner_up_ids=np.where(state >= STATE_IDS_FROM, compared, runner_up),
            margins=margins,
            reasons=self._reasons.of(people, sample, named),
            of_segments=np.sqrt(squared),
        )

    def _score_one(self, person: People) -> ScoredPeople:
        """Return the same for one person, without the cost of NumPy's calls."""
        features = self.rule.features
        figures = {name: float(person.number(name)[0]) for name in self.inputs.numbers}
        numbers = [scaled_numbers(f, (figures[f.name],))[0] for f in features.numbers]
        codes = [int(c.codes(person.text(c.name))[0]) for c in features.categories]
        squared = self._plain.squared_distances(numbers, codes)
        nearest, state = self._plain.cluster(numbers, codes), self._plain.state(figures)
        # In a state, the nearest cluster is the runner-up.
        cluster = nearest
        if state == NOISE:
            cluster = self._plain.named_cluster(nearest, squared, figures)
        named = cluster if state == NOISE else state
        others = [i for i in range(len(squared)) if i != cluster]
        runner_up = min(others, key=lambda i: squared[i], default=NOISE)
        margin = math.nan
        if named == cluster and others:
            margin = max(math.sqrt(squared[runner_up]) - math.sqrt(squared[cluster]), 0.0)
        return ScoredPeople(
            segment_ids=np.array([named]),
            amounts=np.array([math.sqrt(squared[cluster])]),
            runner_up_ids=np.array([runner_up if named == cluster else cluster]),
            margins=np.array([margin]),
            reasons=self._reasons.of_one(person, figures, numbers, codes, named),
            of_segments=np.array([[math.sqrt(apart) for apart in squared]]),
        )

    def segments_of(self, people: People) -> Codes:
        """Return the segment_id of people, shape (n,), and nothing else."""
        people = self.with_absence(people)
        sample = self.sample(people)
        cluster = self.clusters(people, sample, self.squared_distances(sample))
        state = self.states(people)
        found: Codes = np.where(state >= STATE_IDS_FROM, state, cluster)
        return found

    def with_absence(self, people: People) -> People:
        """Return people who have absence, made of recency and the usual gap where it is missing."""
        if ABSENCE not in self.inputs.numbers:
            return people
        given = people.number(ABSENCE)
        made = absence_of(people.number(RECENCY), people.number(USUAL_GAP))
        numbers = {**people.numbers, ABSENCE: np.where(np.isnan(given), made, given)}
        return replace(people, numbers=numbers)

    def clusters(self, people: People, sample: MixedSample, squared: Matrix) -> Codes:
        """Return the cluster that names each person, before states.

        It is that of the nearest prototype. Where its name contradicts the own figures, it is the
        nearest of those whose names do not; see :mod:`segmentation.clustering.kept_promises`.

        Parameters
        ----------
        people : People
        sample : MixedSample
            The same people.
        squared : ndarray of shape (n, k)
            Their dissimilarities. What is nearest is not read from them: the engine compares them
            as seen from the first prototype, which keeps more digits.
        """
        nearest = self.prototypes.assign(sample)
        promises = self.rule.promises
        k = squared.shape[1]
        if not promises.conditions or k < 2:
            return nearest
        misfit = np.zeros((people.count, k), dtype=bool)
        for i, condition in promises.conditions.items():
            misfit[:, i] = self._contradicts(condition, people)
        rows = np.arange(people.count)
        fitting = np.where(misfit, np.inf, squared)
        moves = (nearest != NOISE) & misfit[rows, nearest] & ~misfit.all(axis=1)
        found: Codes = np.where(moves, fitting.argmin(axis=1), nearest)
        return found

    def _contradicts(self, condition: Condition, people: People) -> np.ndarray:
        """Return whose figures contradict a condition; a missing figure contradicts none."""
        thresholds = self.rule.promises.thresholds
        found: np.ndarray = np.zeros(people.count, dtype=bool)
        for comparison in condition.comparisons:
            bound = comparison.bound(thresholds, CUSTOMER_SLACK)
            values = people.number(comparison.column)
            holds = _OPERATORS[comparison.operator](values, bound)
            found |= ~holds & ~np.isnan(values) & ~np.isnan(bound)
        return found

    def contributions(self, people: People, scored: ScoredPeople) -> list[Contribution]:
        """Return what each feature of one person says for the segment and for the runner-up.

        For a person in a state, whom a condition put there: for the cluster that comes next.
        """
        sample = self.sample(self.with_absence(people))
        apart = self.prototypes.dissimilarities(sample)[0]

        def nearest_of(segment: int) -> int | None:
            own = np.flatnonzero(self.prototypes.segment_ids == segment)
            return int(own[apart[own].argmin()]) if len(own) else None

        segment, runner_up = int(scored.segment_ids[0]), int(scored.runner_up_ids[0])
        first = nearest_of(runner_up if segment >= STATE_IDS_FROM else segment)
        second = None if segment >= STATE_IDS_FROM else nearest_of(runner_up)
        if first is None:
            first, second = second, None
        if first is None:
            return []
        return [
            Contribution(
                name,
                self._added(j, first, sample),
                None if second is None else self._added(j, second, sample),
            )
            for j, name in enumerate(self.rule.features.names)
        ]

    def _added(self, j: int, prototype: int, sample: MixedSample) -> float:
        """Return what a feature adds to the dissimilarity of the first person to a prototype."""
        n_numbers = len(self.rule.features.numbers)
        if j >= n_numbers:
            costs = self.prototypes.category_costs[j - n_numbers]
            return float(costs[prototype][sample.codes[0, j - n_numbers]])
        square = (sample.numbers[0, j] - self.prototypes.centers[prototype, j]) ** 2
        weights = self.prototypes.weights
        return float(square if weights is None else square * weights[prototype, j])

    def size_of_change(self, name: str, before: float, after: Matrix, deviation: float) -> Matrix:
        """Return how large changes of a number are, in standard deviations of scaled values."""
        for feature in self.model.features:
            if feature.prepared.name == name:
                scaled = feature.prepared.scaled
                found = scaled(after) - scaled(np.array([before]))
                return np.abs(found) / (feature.standard_deviation or 1.0)
        for prepared in self.model.explained:
            if prepared.name == name:
                return np.abs(prepared.scaled(after) - prepared.scaled(np.array([before])))
        return np.abs(after - before) / (deviation or 1.0)

    def squared_distances(self, sample: MixedSample) -> Matrix:
        """Return the dissimilarity to each cluster, the nearest of its prototypes: (n, k)."""
        apart = self.prototypes.dissimilarities(sample)
        if self.prototypes.is_one_each:
            return apart
        starts = np.searchsorted(self.prototypes.segment_ids, range(self.model.k))
        return np.asarray(np.minimum.reduceat(apart, starts, axis=1))

    def states(self, people: People) -> Codes:
        """Return the state that each person is in, of several the first; -1 where in none."""
        found = np.full(people.count, NOISE, dtype=np.intp)
        for state, condition in self.rule.states.conditions.items():
            holds = found == NOISE
            for comparison in condition.comparisons:
                holds &= self.holds(comparison, people)
            found[holds] = state
        return found

    def holds(self, comparison: Comparison, people: People) -> np.ndarray:
        """Return for whom a comparison holds, shape (n,); it never holds for a missing value."""
        bound = comparison.bound(self.rule.states.thresholds)
        found: np.ndarray = _OPERATORS[comparison.operator](people.number(comparison.column), bound)
        return found


def _compared(squared: Matrix, cluster: Codes) -> tuple[Matrix, Matrix, Codes]:
    """Return the own dissimilarity, that of the runner-up, and which it is.

    Noise has the distance of the nearest cluster, which is its runner-up. Where there is only one
    cluster, the second is infinite and there is no runner-up.
    """
    rows = np.arange(len(squared))
    is_noise = cluster == NOISE
    own = np.where(is_noise, squared.min(axis=1, initial=np.inf), squared[rows, cluster])
    others = squared.copy()
    others[rows[~is_noise], cluster[~is_noise]] = np.inf
    runner_up = others.argmin(axis=1)
    second = others[rows, runner_up]
    return own, second, np.where(np.isfinite(second), runner_up, NOISE)
