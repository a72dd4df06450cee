"""Scores people by the classifier of prospects: scikit-learn is loaded once, with the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from segmentation.classification.features import NUMBER, as_matrix
from segmentation.classification.model import ProspectsModel
from segmentation.classification.prediction import top_two
from segmentation.classification.reasons import TYPICAL, log_odds_drops, reasons_in_words
from segmentation.features.arrays import Codes, Matrix
from segmentation.playbook.feature_words import FeatureWords
from segmentation.scorer.columns_of_people import Inputs, People
from segmentation.scorer.scored_people import PROBABILITY, Contribution, ScoredPeople


class ProspectScorer:
    """Scores people by the current classifier.

    Parameters
    ----------
    model : ProspectsModel
        With segments.
    segments : sequence of mapping
        Its segments as they are named today: segment_id, segment_slug, segment_name.
    words : mapping
        Feature to its words.
    """

    measure = PROBABILITY

    def __init__(
        self,
        model: ProspectsModel,
        segments: Sequence[Mapping[str, Any]],
        words: Mapping[str, FeatureWords],
    ) -> None:
        self.model = model
        self.words = words
        self.classifier = model.classifier()
        self.segmentation = model.segmentation
        self.model_version = model.model_version
        self.slugs: dict[int, str] = {row["segment_id"]: row["segment_slug"] for row in segments}
        self.names: dict[int, str] = {row["segment_id"]: row["segment_name"] for row in segments}
        # Segment ids are places of the classifier's segments.
        labels = {segment.label: segment.segment_id for segment in model.segments}
        self._ids = np.array([labels[label] for label in self.classifier.segments])
        columns = self.classifier.columns
        self.inputs = Inputs(
            tuple(column.name for column in columns if column.kind == NUMBER),
            tuple(column.name for column in columns if column.kind != NUMBER),
        )

    def matrix(self, people: People) -> Matrix:
        """Return people as the input of the classifier."""
        table = {name: pa.array(people.number(name)) for name in self.inputs.numbers}
        table |= {name: pa.array(people.text(name), pa.string()) for name in self.inputs.texts}
        return as_matrix(pa.table(table), self.classifier.columns)

    def score(self, people: People) -> ScoredPeople:
        """Return the segments of people, as a build predicts them."""
        X = self.matrix(people)
        probabilities = self.classifier.matrix_probabilities(X)
        first, second = top_two(probabilities)
        rows = np.arange(len(X))
        highest = probabilities[rows, first]
        reasons = reasons_in_words(self.classifier, X, probabilities, self.words)
        # As fct_customer_segments has it where no feature was left to be a reason.
        reasons[[reason is None for reason in reasons[:, 0]], 0] = TYPICAL
        return ScoredPeople(
            segment_ids=self._ids[first],
            amounts=highest,
            runner_up_ids=self._ids[second],
            margins=highest - probabilities[rows, second],
            reasons=reasons,
            of_segments=probabilities[:, np.argsort(self._ids)],
        )

    def segments_of(self, people: People) -> Codes:
        """Return the segment_id of people, shape (n,), and nothing else."""
        probabilities = self.classifier.matrix_probabilities(self.matrix(people))
        found: Codes = self._ids[probabilities.argmax(axis=1)]
        return found

    def contributions(self, people: People, scored: ScoredPeople) -> list[Contribution]:  # noqa: ARG002
        """Return by how much each feature of one person raises the log-odds of the segment."""
        X = self.matrix(people)
        drops = log_odds_drops(self.classifier, X, self.classifier.matrix_probabilities(X))
        return [
            Contribution(column.name, float(drop), None)
            for column, drop in zip(self.classifier.columns, drops[0], strict=True)
        ]

    def size_of_change(self, name: str, before: float, after: Matrix, deviation: float) -> Matrix:
        """Return how large changes of a number are, in standard deviations of observed values."""
        if before != before:
            before = next(c.typical for c in self.classifier.columns if c.name == name)
        return np.abs(after - before) / (deviation or 1.0)
