"""Names for clusters: from the previous model, from the playbook, or a description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

import numpy as np

from segmentation.features.arrays import Matrix
from segmentation.playbook.feature_words import FeatureWords, words_for
from segmentation.playbook.playbook import PlaybookRow
from segmentation.playbook.profile_keys import (
    Category,
    Profile,
    ProfileKey,
    column_of,
    key_of_target,
)
from segmentation.playbook.slugs import unique_slug

# Where a name comes from.
EARLIER_MODEL, PLAYBOOK, CONDITION, STATE, DESCRIPTION = (
    "earlier model",
    "playbook",
    "condition",
    "state",
    "description",
)

# A feature sets a segment apart if its mean differs by at least this many standard deviations.
NOTICEABLE_Z_SCORE = 0.3


@dataclass(frozen=True)
class SegmentName:
    """The name of a cluster and where it comes from.

    Attributes
    ----------
    segment_slug : str
    segment_name : str
    named_by : str
        ``"earlier model"``, ``"playbook"``, ``"condition"`` or ``"description"``.
    naming_distance : float or None
        Root mean square difference in z-scores to what it was matched with.
    """

    segment_slug: str
    segment_name: str
    named_by: str
    naming_distance: float | None


@dataclass(frozen=True)
class EarlierSegment:
    """A segment of the previous model.

    Attributes
    ----------
    segment_slug, segment_name : str
    profile : Profile
        Feature to z-score.
    playbook_slug : str or None
        The row of the playbook whose condition it was named by.
    """

    segment_slug: str
    segment_name: str
    profile: Profile
    playbook_slug: str | None = None


@dataclass(frozen=True)
class ContinuityLimits:
    """How similar a cluster must be to an earlier segment to take its slug.

    Attributes
    ----------
    share : float
        Least share of customers in both.
    distance : float
        Largest root mean square difference in z-scores, where distances decide.
    is_near_enough : bool
        Whether distances decide where too few customers are in both. If a name is a condition, a
        near segment that meets it holds customers of the same kind.
    """

    share: float
    distance: float
    is_near_enough: bool = False


@dataclass(frozen=True)
class Continuity:
    """The segments of the previous model, and which of them clusters continue.

    Attributes
    ----------
    earlier : sequence of EarlierSegment
    continued : sequence of (position in `earlier`, distance) or None, length k
        What each new cluster continues.
    empty : frozenset of str
        Slugs of the segments without customers.
    """

    earlier: Sequence[EarlierSegment]
    continued: Sequence[tuple[int, float] | None]
    empty: frozenset[str] = frozenset()

    @property
    def retired(self) -> frozenset[str]:
        """The slugs of the segments that have customers and that no cluster continues."""
        goes_on = {found[0] for found in self.continued if found is not None}
        gone = (e.segment_slug for i, e in enumerate(self.earlier) if i not in goes_on)
        return frozenset(gone) - self.empty

    def segment(self, i: int) -> EarlierSegment | None:
        """Return the segment that a new cluster continues."""
        found = self.continued[i]
        return None if found is None else self.earlier[found[0]]

    def names(self, written: Mapping[str, str]) -> dict[int, SegmentName]:
        """Return the names of the clusters that continue a segment.

        Parameters
        ----------
        written : mapping of str to str
            Slug to name, as the playbook has them today.
        """
        names = {}
        for i, found in enumerate(self.continued):
            if found is not None:
                place, distance = found
                slug = self.earlier[place].segment_slug
                name = written.get(slug, self.earlier[place].segment_name)
                names[i] = SegmentName(slug, name, EARLIER_MODEL, distance)
        return names


def match(costs: Matrix, limit: float) -> list[int | None]:
    """Match rows to columns one to one; a row without a near column stays unmatched.

    This is the assignment with the lowest total cost (Kuhn, 1955), in which an unmatched row costs
    `limit`.

    Parameters
    ----------
    costs : ndarray of shape (n_rows, n_columns)
        Not negative.
    limit : float
        Cost of an unmatched row.

    Returns
    -------
    list of int or None, length n_rows
        The column of each row; None for an unmatched row.
    """
    from scipy.optimize import linear_sum_assignment

    rows, columns = costs.shape
    padded = np.hstack([costs, np.full((rows, rows), limit)])
    _, matched = linear_sum_assignment(padded)
    return [int(column) if column < columns else None for column in matched]


@dataclass(frozen=True)
class TakenNames:
    """Names that are not free when clusters are named.

    Attributes
    ----------
    kept : mapping of int to SegmentName
        Clusters whose names are already known, such as those of :func:`continued_segments`.
    retired : set of str
        Slugs that no cluster gets: they stood for other customers.
    """

    kept: Mapping[int, SegmentName] = field(default_factory=dict)
    retired: Set[str] = frozenset()


def name_segments(
    profiles: Sequence[Profile],
    vocabulary: Sequence[PlaybookRow],
    words: Mapping[str, FeatureWords],
    *,
    limit: float,
    taken: TakenNames | None = None,
    told: Sequence[Profile] | None = None,
) -> list[SegmentName]:
    """Name clusters.

    Clusters without a name are matched to the remaining rows of the playbook. A cluster that is
    near none of them is named after the features that set it apart.

    Parameters
    ----------
    profiles : sequence of mapping, length k
        Feature to z-score of each cluster's centroid.
    vocabulary : sequence of PlaybookRow
        The playbook's rows for this k.
    words : mapping
        Feature to its words.
    limit : float
        Largest root mean square difference in z-scores of a match with the playbook, over the
        features that the row names.
    taken : TakenNames, optional
    told : sequence of mapping, optional
        As `profiles`, what a description may tell of each cluster; without, all of `profiles`.

    Returns
    -------
    list of SegmentName, length k
        Slugs are unique.
    """
    taken = taken or TakenNames()
    names: dict[int, SegmentName] = dict(taken.kept)
    free = _free(vocabulary, taken)
    nameless = [i for i in range(len(profiles)) if i not in names]
    if free and nameless:
        costs = np.array(
            [[profile_distance(profiles[i], row.targets) for row in free] for i in nameless]
        )
        for i, row, column in zip(nameless, costs, match(costs, limit), strict=True):
            if column is not None:
                found = free[column]
                names[i] = SegmentName(
                    found.segment_slug, found.segment_name, PLAYBOOK, float(row[column])
                )
    written = {row.segment_slug for row in vocabulary}
    for i, profile in enumerate(told or profiles):
        if i not in names:
            used = {name.segment_slug for name in names.values()} | written | taken.retired
            names[i] = described_name(profile, words, used)
    return [names[i] for i in range(len(profiles))]


def _free(vocabulary: Sequence[PlaybookRow], taken: TakenNames) -> list[PlaybookRow]:
    used = {name.segment_slug for name in taken.kept.values()} | taken.retired
    return [row for row in vocabulary if row.segment_slug not in used]


def continued_segments(
    profiles: Sequence[Profile],
    earlier: Sequence[EarlierSegment],
    limits: ContinuityLimits,
    shares: Sequence[Sequence[float]] | None = None,
) -> list[tuple[int, float] | None]:
    """Return which segment of the previous model each cluster continues, and how near it lies.

    A cluster continues the segment with which it shares customers: the one-to-one match with the
    largest total of `shares` (Hungarian method); equal totals are decided by the smaller total
    distance. Without shares, distances decide. With `limits.is_near_enough`, distances also match
    the segments that shares do not match.

    Parameters
    ----------
    profiles : sequence of mapping, length k
        Feature to z-score of each cluster's centroid.
    earlier : sequence of EarlierSegment
    limits : ContinuityLimits
    shares : sequence of sequence of float, of shape (k, n_earlier), optional
        Share of the customers of the two that are in both, from 0 to 1. None where the earlier
        model cannot be applied.

    Returns
    -------
    list of (position in `earlier`, distance) or None, length k
    """
    if not earlier:
        return [None] * len(profiles)
    distances = np.array([[profile_distance(p, e.profile) for e in earlier] for p in profiles])
    found: list[int | None] = [None] * len(profiles)
    if shares is not None:
        shared = np.array(shares, dtype=float)
        # Distances add small amounts to the costs: they decide between equal shares.
        costs = 1 - np.round(shared, 6) + 1e-9 * distances / (1 + distances)
        # Leaving two unmatched costs less than a match beyond the limits.
        found = match(np.where(shared >= limits.share, costs, 3.0), 1.0)
    if shares is None or limits.is_near_enough:
        rest = [i for i, column in enumerate(found) if column is None]
        free = [j for j in range(len(earlier)) if j not in found]
        if rest and free:
            near = match(distances[np.ix_(rest, free)], limits.distance)
            for i, column in zip(rest, near, strict=True):
                found[i] = None if column is None else free[column]
    return [
        None if column is None else (column, float(distances[i, column]))
        for i, column in enumerate(found)
    ]


def strongest_features(profile: Profile) -> list[str]:
    """Return the numbers that set a segment apart, strongest first, ties in given order."""
    noticeable = [
        (name, z)
        for name, z in profile.items()
        if isinstance(name, str) and abs(z) >= NOTICEABLE_Z_SCORE
    ]
    return [name for name, _ in sorted(noticeable, key=lambda found: -abs(found[1]))]


def strongest_categories(profile: Profile) -> list[Category]:
    """Return the categories that a segment has more of, strongest first, ties in given order."""
    noticeable = [
        (key, z)
        for key, z in profile.items()
        if isinstance(key, Category) and z >= NOTICEABLE_Z_SCORE
    ]
    return [key for key, _ in sorted(noticeable, key=lambda found: -found[1])]


def profile_distance(profile: Profile, targets: Profile | Mapping[str, float]) -> float:
    """Return the root mean square difference over features; a category column is one feature.

    Parameters
    ----------
    profile : Profile
    targets : Profile, or mapping of str to float
        Another profile, or targets as a playbook writes them.
    """
    squares: dict[str, list[float]] = {}
    for target, value in targets.items():
        key: ProfileKey | None = target
        if isinstance(target, str):
            key = key_of_target(target, profile.keys())
        if key is not None and key in profile:
            squares.setdefault(column_of(key), []).append((profile[key] - value) ** 2)
    if not squares:
        return float("1e300")
    return float(np.sqrt(np.mean([np.mean(of_feature) for of_feature in squares.values()])))


def described_name(
    profile: Profile, words: Mapping[str, FeatureWords], taken: set[str]
) -> SegmentName:
    """Return a name made of what sets a cluster apart, with a slug that is not taken."""
    phrases = []
    for feature in strongest_features(profile)[:2]:
        spoken = words_for(feature, words)
        phrases.append(spoken.high_words if profile[feature] > 0 else spoken.low_words)
    for column, category in strongest_categories(profile)[: 2 - len(phrases)]:
        phrases.append(f"mostly {category.strip() or 'empty ' + column.replace('_', ' ')}")
    name = ", ".join(phrases) or "close to average"
    name = name[0].upper() + name[1:]
    slug, number = unique_slug(name, taken)
    return SegmentName(slug, name if number == 1 else f"{name} {number}", DESCRIPTION, None)
