"""How much each feature contributes to a clustering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sklearn.feature_selection import f_classif, mutual_info_classif
from sklearn.metrics import silhouette_score

from segmentation.clustering.judgements import FeatureEvidence
from segmentation.features.arrays import Codes, Matrix
from segmentation.features.mixed_sample import MixedSample


def feature_evidence(
    sample: MixedSample, labels: Codes, names: Sequence[str], *, seed: int
) -> list[FeatureEvidence]:
    """Return figures on each feature of a clustering.

    The figures describe the segments. They do not test a hypothesis, because the segments were made
    from the same features.

    Parameters
    ----------
    sample : MixedSample
    labels : ndarray of shape (n_rows,)
    names : sequence of str
        Of the numbers, then of the categories.
    seed : int
        Of the noise that the estimate of mutual information adds to break ties.

    Returns
    -------
    list of FeatureEvidence, one for each name
        Empty if there are fewer than two segments, or as many as rows.
    """
    segments = len(np.unique(labels))
    if segments < 2 or segments >= len(labels):
        return []
    n_numbers = sample.numbers.shape[1]
    f_statistics = np.full(len(names), np.nan)
    if n_numbers:
        with np.errstate(divide="ignore", invalid="ignore"):
            f_statistics[:n_numbers], _ = f_classif(sample.numbers, labels)
    whole = float(silhouette_score(sample.embedded, labels))
    information = _mutual_information(sample, labels, seed)
    return [
        FeatureEvidence(
            name=name,
            anova_f=float(f_statistics[j]) if np.isfinite(f_statistics[j]) else None,
            mutual_information=float(information[j]),
            silhouette=whole,
            silhouette_without=(
                float(silhouette_score(_without(sample, j).embedded, labels))
                if len(names) > 1
                else None
            ),
        )
        for j, name in enumerate(names)
    ]


def _mutual_information(sample: MixedSample, labels: Codes, seed: int) -> Matrix:
    columns = np.hstack([sample.numbers, sample.codes])
    is_code = np.arange(columns.shape[1]) >= sample.numbers.shape[1]
    neighbours = min(
        3, int(np.bincount(labels - labels.min())[np.unique(labels - labels.min())].min()) - 1
    )
    if neighbours <= 0:
        return np.zeros(columns.shape[1])
    information: Matrix = mutual_info_classif(
        columns, labels, discrete_features=is_code, n_neighbors=neighbours, random_state=seed
    )
    return information


def _without(sample: MixedSample, j: int) -> MixedSample:
    n_numbers = sample.numbers.shape[1]
    if j < n_numbers:
        return replace(sample, numbers=np.delete(sample.numbers, j, axis=1))
    f = j - n_numbers
    return replace(
        sample,
        codes=np.delete(sample.codes, f, axis=1),
        category_counts=sample.category_counts[:f] + sample.category_counts[f + 1 :],
    )
