"""Which features a clustering rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_selection import f_classif, mutual_info_classif
from sklearn.metrics import silhouette_score

from segmentation.preprocessing import Matrix


@dataclass(frozen=True)
class FeatureEvidence:
    """What speaks for a feature mattering to a clustering.

    Attributes
    ----------
    name : str
    anova_f : float or None
        F statistic of the feature between the segments; None where it varies in none of them.
    mutual_information : float
        Between feature and segment, in nats (Kraskov et al., 2004; Ross, 2014).
    silhouette : float
        Of the clustering, on all features.
    silhouette_without : float or None
        Of the same labels when the feature is left out: higher than `silhouette` means that the
        feature blurs the segments. None where it is the only feature.
    """

    name: str
    anova_f: float | None
    mutual_information: float
    silhouette: float
    silhouette_without: float | None


def feature_evidence(
    scaled: Matrix, labels: NDArray[np.intp], names: Sequence[str], *, seed: int
) -> list[FeatureEvidence]:
    """Weigh each feature of a clustering.

    The figures describe the segments; they are no test of a hypothesis, since the segments were
    made from these very features.

    Parameters
    ----------
    scaled : ndarray of shape (n_samples, n_features)
    labels : ndarray of shape (n_samples,)
    names : sequence of str, length n_features
    seed : int
        Of the noise that the estimate of mutual information adds against ties.

    Returns
    -------
    list of FeatureEvidence, length n_features
        Empty where there are fewer than two segments, or as many as rows.
    """
    segments = len(np.unique(labels))
    if segments < 2 or segments >= len(labels):
        return []
    with np.errstate(divide="ignore", invalid="ignore"):
        f_statistics, _ = f_classif(scaled, labels)
    neighbours = min(3, int(np.bincount(labels)[np.unique(labels)].min()) - 1)
    information = (
        mutual_info_classif(scaled, labels, n_neighbors=neighbours, random_state=seed)
        if neighbours > 0
        else np.zeros(len(names))
    )
    whole = float(silhouette_score(scaled, labels))
    return [
        FeatureEvidence(
            name=name,
            anova_f=float(f_statistics[j]) if np.isfinite(f_statistics[j]) else None,
            mutual_information=float(information[j]),
            silhouette=whole,
            silhouette_without=(
                float(silhouette_score(np.delete(scaled, j, axis=1), labels))
                if len(names) > 1
                else None
            ),
        )
        for j, name in enumerate(names)
    ]
