"""Names for clusters: from the previous model, from the playbook, or a description."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

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


def name_segments(
    profiles: Sequence[Profile],
    vocabulary: Sequence[PlaybookRow],
    words: Mapping[str, FeatureWords],
    *,
    limit: float,
    carry_over_limit: float = 0.0,
    earlier: Sequence[EarlierSegment] = (),
    kept: Mapping[int, SegmentName] | None = None,
    told: Sequence[Profile] | None = None,
) -> list[SegmentName]:
    """Name clusters.

    First, clusters near a segment of the previous model take its slug, so that a slug means the
    same thing from refit to refit. Then the others are matched to the remaining rows of the
    playbook. A cluster that is near neither is named after the features that set it apart.

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
    carry_over_limit : float
        The same for a match with a segment of the previous model, over the features of both.
    earlier : sequence of EarlierSegment
        Segments of the previous model.
    kept : mapping of int to SegmentName, optional
        Clusters whose names are already known.
    told : sequence of mapping, optional
        As `profiles`, what a description may tell of each cluster; without, all of `profiles`.

    Returns
    -------
    list of SegmentName, length k
        Slugs are unique.
    """
    names: dict[int, SegmentName] = dict(kept or {})
    written = {row.segment_slug: row.segment_name for row in vocabulary}

    def assign(
        candidates: Sequence[EarlierSegment] | Sequence[PlaybookRow],
        targets: Callable[[EarlierSegment | PlaybookRow], Profile | Mapping[str, float]],
        named_by: str,
        within: float,
    ) -> None:
        taken = {name.segment_slug for name in names.values()}
        free = [c for c in candidates if c.segment_slug not in taken]
        nameless = [i for i in range(len(profiles)) if i not in names]
        if not free or not nameless:
            return
        costs = np.array(
            [[profile_distance(profiles[i], targets(c)) for c in free] for i in nameless]
        )
        for i, row, column in zip(nameless, costs, match(costs, within), strict=True):
            if column is not None:
                slug = free[column].segment_slug
                name = written.get(slug, free[column].segment_name)
                names[i] = SegmentName(slug, name, named_by, float(row[column]))

    def profile_of(candidate: EarlierSegment | PlaybookRow) -> Profile | Mapping[str, float]:
        return candidate.profile if isinstance(candidate, EarlierSegment) else candidate.targets

    assign(earlier, profile_of, EARLIER_MODEL, carry_over_limit)
    assign(vocabulary, profile_of, PLAYBOOK, limit)
    for i, profile in enumerate(told or profiles):
        if i not in names:
            taken = {name.segment_slug for name in names.values()} | set(written)
            names[i] = described_name(profile, words, taken)
    return [names[i] for i in range(len(profiles))]


def continued_segments(
    profiles: Sequence[Profile], earlier: Sequence[EarlierSegment], limit: float
) -> list[tuple[int, float] | None]:
    """Return which segment of the previous model each cluster continues, and how near it lies.

    Parameters
    ----------
    profiles : sequence of mapping, length k
        Feature to z-score of each cluster's centroid.
    earlier : sequence of EarlierSegment
    limit : float
        Largest root mean square difference in z-scores.

    Returns
    -------
    list of (position in `earlier`, distance) or None, length k
    """
    if not earlier:
        return [None] * len(profiles)
    costs = np.array([[profile_distance(p, e.profile) for e in earlier] for p in profiles])
    return [
        None if column is None else (column, float(costs[i, column]))
        for i, column in enumerate(match(costs, limit))
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
