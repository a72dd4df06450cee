"""What a fit measures beside its segments, as a model's row keeps it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class KJudgement:
    """Criteria for one number of segments.

    Attributes
    ----------
    k : int
    inertia : float
        Sum of dissimilarities to the nearest prototype, over the judged rows, in squared scaled
        units: the inertia of K-Means, the cost of K-Prototypes.
    silhouette, silhouette_standard_error : float
        Mean silhouette (Rousseeuw, 1987), from -1 to 1, and its standard error over the rows. The
        distance is the square root of the dissimilarity.
    calinski_harabasz : float
        Higher is better (Calinski and Harabasz, 1974).
    davies_bouldin : float
        Lower is better (Davies and Bouldin, 1979).
    stability_mean, stability_p10 : float
        Mean and 10th percentile of the adjusted Rand index between the clustering and those of
        bootstrap resamples (Hennig, 2007): 1 if every resample gives the same groups.
    is_knee : bool
        Whether the inertia has its knee here (Satopaa et al., 2011).
    """

    k: int
    inertia: float
    silhouette: float
    silhouette_standard_error: float
    calinski_harabasz: float
    davies_bouldin: float
    stability_mean: float
    stability_p10: float
    is_knee: bool = False


@dataclass(frozen=True)
class AlgorithmJudgement:
    """Figures of one algorithm.

    Attributes
    ----------
    algorithm, family : str
    segments : int
        Number found, without noise.
    silhouette, calinski_harabasz, davies_bouldin : float or None
        As in :class:`KJudgement`, over the rows that are not
        noise; None if these lie in fewer than two segments.
    stability_mean, stability_p10 : float
        As there; noise counts as a separate segment.
    noise_share : float
        Share of the rows.
    scoring_agreement : float
        Adjusted Rand index between the algorithm's own labels and those of its scoring rule for
        the same rows: 1 if both agree.
    seconds : float
        Processor time of one fit.
    scoring_rule, noise_rule : str
        In words.
    """

    algorithm: str
    family: str
    segments: int
    silhouette: float | None
    calinski_harabasz: float | None
    davies_bouldin: float | None
    stability_mean: float
    stability_p10: float
    noise_share: float
    scoring_agreement: float
    seconds: float
    scoring_rule: str
    noise_rule: str


@dataclass(frozen=True)
class FeatureEvidence:
    """Figures on how much a feature matters to a clustering.

    Attributes
    ----------
    name : str
    anova_f : float or None
        F statistic of the feature between the segments; None if it is constant within each
        segment, and for a category.
    mutual_information : float
        Between feature and segment, in nats (Kraskov et al., 2004; Ross, 2014).
    silhouette : float
        Of the clustering, on all features.
    silhouette_without : float or None
        Of the same labels without the feature: a value above `silhouette` means that the feature
        blurs the segments. None if it is the only feature.
    """

    name: str
    anova_f: float | None
    mutual_information: float
    silhouette: float
    silhouette_without: float | None


@dataclass(frozen=True)
class NullComparison:
    """Figures of one number of segments beside data without groups.

    All are of the same few rows of the sample: rows and null data have to be equally many.

    Attributes
    ----------
    k : int
    silhouette : float
        Mean silhouette of these rows.
    silhouette_null_mean, silhouette_null_deviation : float
        Mean and standard deviation of the mean silhouettes of the null data.
    gap, gap_standard_error : float
        Mean log inertia of the null data less that of the rows, and its standard error with that of
        the simulation (Tibshirani, Walther and Hastie, 2001).
    bic : float
        Of a mixture of normal numbers and independent categories: lower is better.
    """

    k: int
    silhouette: float
    silhouette_null_mean: float
    silhouette_null_deviation: float
    gap: float
    gap_standard_error: float
    bic: float

    @property
    def excess(self) -> float:
        """By how much the silhouette exceeds that of the null data."""
        return self.silhouette - self.silhouette_null_mean
