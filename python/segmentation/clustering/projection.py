"""Two dimensions for a picture: principal components of the points that are clustered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segmentation.engine.sql import case, number, sum_of
from segmentation.features.arrays import Matrix
from segmentation.features.mixed_sample import MixedSample, one_hot_length
from segmentation.features.prepared import PreparedFeatures
from segmentation.scoring.columns import code_columns, scaled_columns
from segmentation.scoring.nearest import weighted


@dataclass(frozen=True)
class Projection:
    """Lines in the scaled numbers and the one-hot columns.

    Attributes
    ----------
    mean : list of float, length n_columns
        Of the embedded points.
    x_loadings, y_loadings : list of float, length n_columns
        Unit vectors; where there is no second dimension, zeros.
    x_explained_variance, y_explained_variance : float
        Share of the variance of all columns.
    """

    mean: list[float]
    x_loadings: list[float]
    y_loadings: list[float]
    x_explained_variance: float
    y_explained_variance: float

    def projected(self, points: Matrix) -> Matrix:
        """Return embedded points, shape (n_points, n_columns), as x and y, shape (n_points, 2)."""
        loadings = np.array([self.x_loadings, self.y_loadings]).reshape(2, len(self.mean))
        return (points - np.array(self.mean)) @ loadings.T


def fit_projection(sample: MixedSample) -> Projection:
    """Find the first two principal components (Pearson, 1901; Hotelling, 1933).

    The sign of a component is free: the loading with the largest absolute value is made positive,
    of equal ones the first.

    Parameters
    ----------
    sample : MixedSample
        At least one row.
    """
    points = sample.embedded
    mean = points.mean(axis=0)
    n_columns = points.shape[1]
    # The columns' scatter, not the points themselves: as many as there are columns.
    scatter = (points - mean).T @ (points - mean)
    values, vectors = np.linalg.eigh(scatter) if n_columns else (np.zeros(0), np.zeros((0, 0)))
    strongest = np.argsort(-values, kind="stable")[:2]
    total = float(values.clip(min=0).sum())
    loadings, shares = [], []
    for column in strongest:
        vector = vectors[:, column]
        largest = np.flatnonzero(np.isclose(np.abs(vector), np.abs(vector).max(), rtol=1e-9))[0]
        loadings.append((vector * np.sign(vector[largest])).tolist())
        shares.append(max(float(values[column]), 0.0) / total if total > 0 else 0.0)
    while len(loadings) < 2:
        loadings.append([0.0] * n_columns)
        shares.append(0.0)
    return Projection(mean.tolist(), loadings[0], loadings[1], shares[0], shares[1])


def embedded_prototypes(centers: Matrix, shares: Sequence[Matrix], gamma: float) -> Matrix:
    """Return segments, given by means and shares of categories, as embedded points."""
    return np.hstack([centers, *(block * one_hot_length(gamma) for block in shares)])


def projection_expressions(
    projection: Projection, features: PreparedFeatures, gamma: float
) -> tuple[str, str]:
    """Return SQL for x and y of a row of :func:`segmentation.scoring.columns.scaled_table`."""
    return (
        _line(projection.x_loadings, projection.mean, features, gamma),
        _line(projection.y_loadings, projection.mean, features, gamma),
    )


def _line(
    loadings: Sequence[float], mean: Sequence[float], features: PreparedFeatures, gamma: float
) -> str:
    start = len(features.numbers)
    terms = [number(-float(np.dot(loadings, mean)))]
    terms += weighted(scaled_columns(features), loadings[:start])
    for code, category in zip(code_columns(features), features.categories, strict=True):
        count = len(category.categories)
        block = np.array(loadings[start : start + count]) * one_hot_length(gamma)
        # A category that the model does not know is no column at all.
        places = [(str(v), number(x)) for v, x in enumerate(block)]
        terms.append(case(places, number(0.0), of=code))
        start += count
    return sum_of(terms)
