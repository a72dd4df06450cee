"""Scores people by a clustering: the nearest prototype, then what comes before or after it.

The numbers are those of the SQL that a build runs (:mod:`segmentation.clustering.assign`): the same
terms, added up in the same order. Nothing here needs scikit-learn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from segmentation.clustering.assign import scoring_rule
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.naming import NamedSegment
from segmentation.clustering.states import STATE_IDS_FROM
from segmentation.features.arrays import Codes, Matrix
from segmentation.features.mixed_sample import MixedSample
from segmentation.playbook.conditions import Comparison
from segmentation.playbook.feature_words import FeatureWords
from segmentation.scorer.cluster_reasons import ClusterReasons
from segmentation.scorer.columns_of_people import Inputs, People
from segmentation.scorer.scored_people import DISTANCE, ScoredPeople
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
        numbers = dict.fromkeys([*model.known_numbers, *self.rule.states.columns, *beside])
        texts = tuple(category.name for category in self.rule.features.categories)
        self.inputs = Inputs(tuple(numbers), texts)
        self._reasons = ClusterReasons(model, segments, words, set(numbers))

    def sample(self, people: People) -> MixedSample:
        """Return people as scaled numbers and codes."""
        features = self.rule.features
        numbers = [feature.scaled(people.number(feature.name)) for feature in features.numbers]
        codes = [category.codes(people.text(category.name)) for category in features.categories]
        return MixedSample(
            np.column_stack(numbers) if numbers else np.zeros((people.count, 0)),
            np.column_stack(codes) if codes else np.zeros((people.count, 0), dtype=np.intp),
            tuple(category.unknown_code for category in features.categories),
            self.model.gamma,
        )

    def score(self, people: People) -> ScoredPeople:
        """Return the segments of people, as a build assigns them."""
        sample = self.sample(people)
        nearest = self.prototypes.assign(sample)
        squared = self.squared_distances(sample)
        cluster = nearest
        state = self.states(people)
        named = np.where(state >= STATE_IDS_FROM, state, cluster)
        own, second, runner_up = _compared(squared, cluster)
        has_margin = (named == cluster) & (cluster != NOISE) & np.isfinite(second)
        with np.errstate(invalid="ignore"):
            margins = np.where(has_margin, np.maximum(np.sqrt(second) - np.sqrt(own), 0.0), np.nan)
        return ScoredPeople(
            segment_ids=named,
            amounts=np.sqrt(own),
            runner_up_ids=np.where(state >= STATE_IDS_FROM, cluster, runner_up),
            margins=margins,
            reasons=self._reasons.of(people, sample, named),
            of_segments=np.sqrt(squared),
        )

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
        """Return of whom a comparison is true, shape (n,); of a missing value nothing is."""
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
