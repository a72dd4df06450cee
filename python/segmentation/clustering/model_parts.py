"""The parts of a fitted clustering: features, categories, prototypes, segments, figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from segmentation.features.categories import PreparedCategory
from segmentation.features.numbers import PreparedFeature
from segmentation.playbook.headlines import share_z_score
from segmentation.playbook.profile_keys import Category, ProfileKey


@dataclass(frozen=True)
class ModelFeature:
    """A feature of a fitted model.

    Attributes
    ----------
    prepared : PreparedFeature
        How a raw value becomes a scaled one.
    mean, standard_deviation : float
        Of the scaled values of the sample; they turn a centroid into z-scores.
    typical : float
        Median over all customers, in the feature's own unit.
    missing_share : float
        Share of the sample that had no value.
    """

    prepared: PreparedFeature
    mean: float
    standard_deviation: float
    typical: float
    missing_share: float


@dataclass(frozen=True)
class ModelCategory:
    """A column of categories of a fitted model.

    Attributes
    ----------
    name : str
    categories : list of str
        Those that the model knows; the code of a category is its place.
    fill : str
        What stands for null.
    missing_share : float
        Share of all customers that had none.
    shares : list of float, length n_categories
        Of each category among all customers whose category is known.
    segment_shares : list of list of float, of shape (k, n_categories)
        The same among the customers of each segment.
    """

    name: str
    categories: list[str]
    fill: str
    missing_share: float
    shares: list[float]
    segment_shares: list[list[float]]

    @property
    def prepared(self) -> PreparedCategory:
        """How a category becomes a code."""
        return PreparedCategory(self.name, self.categories, self.fill)


@dataclass(frozen=True)
class ModelPrototype:
    """A point that rows are compared with, see :class:`Prototypes`.

    Attributes
    ----------
    segment_id : int
    center : list of float, length n_numbers
    weights : list of float or None
    offset : float
    reach : float or None
    category_costs : list of list of float
        For each column of categories the cost of each, and of one that is not known.
    """

    segment_id: int
    center: list[float]
    weights: list[float] | None
    offset: float
    reach: float | None
    category_costs: list[list[float]]


@dataclass(frozen=True)
class ModelSegment:
    """A segment of a fitted model.

    Attributes
    ----------
    segment_id : int
        From 0, largest segment first at the time of the fit; of equal ones, the one whose
        centroid is lower on the first feature on which they differ, categories after numbers.
    segment_slug, segment_name : str
        As named at the fit.
    named_by : str
        See :class:`segmentation.playbook.matching.SegmentName`.
    naming_distance : float or None
        In z-scores.
    customers : int
        At the time of the fit.
    centroid : list of float, length n_features
        Mean of the numbers, in scaled units.
    profile : list of float, length n_features
        The centroid in z-scores.
    typical : list of float, length n_features
        Median over the customers of the segment, in the features' own units.
    """

    segment_id: int
    segment_slug: str
    segment_name: str
    named_by: str
    naming_distance: float | None
    customers: int
    centroid: list[float]
    profile: list[float]
    typical: list[float]


@dataclass(frozen=True)
class Threshold:
    """What conditions compare with, as measured when the model was fitted.

    Attributes
    ----------
    name : str
        See :func:`segmentation.clustering.states.measured_thresholds`.
    value : float
    """

    name: str
    value: float


@dataclass(frozen=True)
class Promise:
    """The condition that a segment was named by when the model was fitted.

    Attributes
    ----------
    playbook_slug : str or None
        The row of the playbook; None where no condition held.
    earlier_slug : str or None
        The slug of the segment of the model before that it continues.
    renamed_because : str or None
        Why it does not have that slug.
    """

    playbook_slug: str | None
    earlier_slug: str | None
    renamed_because: str | None


@dataclass(frozen=True)
class FitMetrics:
    """How a fit went.

    Attributes
    ----------
    inertia : float
        Sum of dissimilarities over all customers, in squared scaled units: the inertia of
        K-Means, the cost of K-Prototypes.
    customers : int
        Customers that the refinement read.
    sample_customers : int
        Customers that Python read.
    passes : int
        Lloyd passes over all customers.
    converged : bool
        Whether the last pass moved nothing beyond the tolerance.
    """

    inertia: float
    customers: int
    sample_customers: int
    passes: int
    converged: bool


def z_scores(
    features: Sequence[ModelFeature], centroid: Mapping[str, float]
) -> dict[ProfileKey, float]:
    """Return a centroid, in scaled units, in z-scores of the features of a model."""
    return {
        f.prepared.name: (float(centroid[f.prepared.name]) - f.mean) / f.standard_deviation
        for f in features
        if f.prepared.name in centroid
    }


def category_profile(categories: Sequence[ModelCategory], segment: int) -> dict[ProfileKey, float]:
    """Return each category to the z-score of the segment's share.

    The unit is the standard deviation of the 0/1 indicator of the category over all customers.
    """
    profile: dict[ProfileKey, float] = {}
    for feature in categories:
        for code, category in enumerate(feature.categories):
            profile[Category(feature.name, category)] = share_z_score(
                feature.segment_shares[segment][code], feature.shares[code]
            )
    return profile
