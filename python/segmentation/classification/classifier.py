"""A fitted classifier: the probability of each segment for each person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from segmentation.classification.calibration import softmax, temper
from segmentation.classification.features import FeatureColumn, as_matrix
from segmentation.features.arrays import Matrix

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline


@dataclass(frozen=True)
class SegmentClassifier:
    """The winning candidate, fitted to the training data.

    Attributes
    ----------
    candidate : str
    segments : tuple of str
        In the order of probabilities.
    columns : tuple of FeatureColumn
    temperature : float
        Of the calibration.
    share_errors : tuple of float
        Root mean square error of each segment's expected share in held-out folds.
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
        """Names of the required columns."""
        return [column.name for column in self.columns]

    def matrix_probabilities(self, X: Matrix) -> Matrix:
        """Return calibrated probabilities of rows of a matrix.

        A row's probabilities do not depend on the other rows, to the last bit.

        Parameters
        ----------
        X : ndarray of shape (n, len(columns))

        Returns
        -------
        ndarray of shape (n, len(segments))
        """
        if not len(X):
            return np.zeros((0, len(self.segments)))
        from sklearn.linear_model import LogisticRegression

        classifier = self.pipeline[-1]
        if isinstance(classifier, LogisticRegression):
            probabilities = _logistic_probabilities(classifier, self.pipeline[:-1].transform(X))
        else:
            probabilities = self.pipeline.predict_proba(X).astype(float)
        return temper(probabilities, self.temperature)

    def probabilities(self, rows: pd.DataFrame | pa.RecordBatch | pa.Table) -> Matrix:
        """Return calibrated probabilities of rows, shape (n, len(segments)), all at once."""
        return self.matrix_probabilities(as_matrix(rows, self.columns))


def _logistic_probabilities(classifier: LogisticRegression, encoded: Matrix) -> Matrix:
    # The summation order of a matrix product depends on the number of rows.
    scores = np.tile(classifier.intercept_, (len(encoded), 1))
    for j, weights in enumerate(classifier.coef_.T):
        scores += encoded[:, [j]] * weights
    if scores.shape[1] == 1:
        scores = np.hstack([np.zeros_like(scores), scores])
    return softmax(scores)
