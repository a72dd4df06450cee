"""A fitted classifier: who will join which segment, how likely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from segmentation.classification.calibration import softmax, temper
from segmentation.classification.features import FeatureColumn, as_matrix
from segmentation.features.arrays import Matrix


@dataclass(frozen=True)
class SegmentClassifier:
    """The winner, fitted to all labelled rows that take part.

    Attributes
    ----------
    candidate : str
    segments : tuple of str
        In the order of probabilities.
    columns : tuple of FeatureColumn
    temperature : float
        Of the calibration.
    share_errors : tuple of float
        Of each segment: how far its expected share was off in held-out folds, root mean square.
    pipeline : sklearn.pipeline.Pipeline
        Takes the matrix of :func:`segmentation.classification.features.as_matrix`.
    """

    candidate: str
    segments: tuple[str, ...]
    columns: tuple[FeatureColumn, ...]
    temperature: float
    share_errors: tuple[float, ...]
    pipeline: Pipeline

    @property
    def features(self) -> list[str]:
        """Names of the columns that are needed."""
        return [column.name for column in self.columns]

    def matrix_probabilities(self, X: Matrix) -> Matrix:
        """Return calibrated probabilities of rows of a matrix.

        A row's probabilities are the same bits whatever rows stand beside it.

        Parameters
        ----------
        X : ndarray of shape (n, len(columns))

        Returns
        -------
        ndarray of shape (n, len(segments))
        """
        if not len(X):
            return np.zeros((0, len(self.segments)))
        classifier = self.pipeline[-1]
        if isinstance(classifier, LogisticRegression):
            said = _logistic_probabilities(classifier, self.pipeline[:-1].transform(X))
        else:
            said = self.pipeline.predict_proba(X).astype(float)
        return temper(said, self.temperature)

    def probabilities(self, rows: pd.DataFrame | pa.RecordBatch | pa.Table) -> Matrix:
        """Return calibrated probabilities of rows, shape (n, len(segments)), all at once."""
        return self.matrix_probabilities(as_matrix(rows, self.columns))


def _logistic_probabilities(classifier: LogisticRegression, encoded: Matrix) -> Matrix:
    # A matrix product adds up in an order that depends on the number of rows.
    scores = np.tile(classifier.intercept_, (len(encoded), 1))
    for j, weights in enumerate(classifier.coef_.T):
        scores += encoded[:, [j]] * weights
    if scores.shape[1] == 1:
        scores = np.hstack([np.zeros_like(scores), scores])
    return softmax(scores)
