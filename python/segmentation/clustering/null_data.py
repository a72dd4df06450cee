"""Data without groups that look like given data: what a scan over k is compared with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.stats import norm, rankdata

from segmentation.features.arrays import Matrix
from segmentation.features.mixed_sample import MixedSample


def continuum_like(sample: MixedSample, random: np.random.Generator) -> MixedSample:
    """Draw rows of a continuum with the margins and the correlations of a sample.

    The numbers are a Gaussian copula with the sample's correlations of normal scores; every column
    has the values of the sample, in another order. Categories are shuffled.

    Parameters
    ----------
    sample : MixedSample
    random : numpy.random.Generator

    Returns
    -------
    MixedSample
        As many rows.
    """
    numbers = _copula(sample.numbers, random) if sample.numbers.shape[1] else sample.numbers
    codes = sample.codes
    if codes.shape[1]:
        codes = np.column_stack([random.permutation(column) for column in codes.T])
    return replace(sample, numbers=numbers, codes=codes)


def _copula(numbers: Matrix, random: np.random.Generator) -> Matrix:
    n, p = numbers.shape
    scores = norm.ppf((rankdata(numbers, method="ordinal", axis=0) - 0.5) / n)
    correlations = np.corrcoef(scores, rowvar=False).reshape(p, p)
    # Columns may depend on one another exactly: eigenvalues below 0 are rounding errors.
    values, vectors = np.linalg.eigh(correlations)
    drawn = random.normal(size=(n, p)) * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
    places = rankdata(drawn, method="ordinal", axis=0) - 1
    continuum: Matrix = np.take_along_axis(np.sort(numbers, axis=0), places, axis=0)
    return continuum
