"""Names that are promises: a segment has the name whose condition its typical customer meets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from segmentation.playbook.conditions import Condition
from segmentation.playbook.feature_words import FeatureWords, words_for
from segmentation.playbook.playbook import PlaybookRow
from segmentation.playbook.profile_keys import Profile
from segmentation.playbook.slugs import unique_slug

# An earlier name stays while its condition is missed by no more than this factor.
SLACK = 1.25


@dataclass(frozen=True)
class PromisedName:
    """The name of a segment, and whose condition it meets.

    Attributes
    ----------
    segment_slug, segment_name : str
    playbook_slug : str or None
        The row of the playbook whose condition holds, and whose strategy the segment has. Several
        segments may meet one condition: one of them has the plain name, the others have it with
        what sets them apart from that one. None where no condition holds.
    is_kept : bool
        Whether the segment had this name before.
    renamed_because : str or None
        Why an earlier name did not stay.
    """

    segment_slug: str
    segment_name: str
    playbook_slug: str | None
    is_kept: bool = False
    renamed_because: str | None = None


@dataclass(frozen=True)
class UnnamedSegment:
    """A segment that is to be named.

    Attributes
    ----------
    customers : int
    typical : mapping of str to float
        Column to the median of its customers.
    profile : Profile
        Feature to z-score.
    earlier : PromisedName or None
        What it was called before.
    """

    customers: int
    typical: Mapping[str, float]
    profile: Profile
    earlier: PromisedName | None = None


def promised_names(
    segments: Sequence[UnnamedSegment],
    rows: Sequence[PlaybookRow],
    thresholds: Mapping[str, float],
    words: Mapping[str, FeatureWords],
    retired: Set[str] = frozenset(),
) -> list[PromisedName | None]:
    """Name segments by conditions.

    An earlier name stays while its condition holds with slack, see :data:`SLACK`, and while the
    segment is empty. The others take the first row whose condition holds; of several
    segments with one row the one with the most customers has the plain name, of those the first.

    Parameters
    ----------
    segments : sequence of UnnamedSegment
    rows : sequence of PlaybookRow
        With conditions of segments, in their order.
    thresholds : mapping of str to float
    words : mapping
        Feature to its words.
    retired : set of str
        Slugs that stood for other customers. A segment that is named after a row and what sets it
        apart gets none of them.

    Returns
    -------
    list of PromisedName or None, one for each segment
        None where no condition holds. Slugs are unique.
    """
    names: dict[int, PromisedName] = {}
    kept: dict[int, PlaybookRow] = {}
    reasons: dict[int, str] = {}
    by_slug = {row.segment_slug: row for row in rows}
    for i, segment in enumerate(segments):
        earlier = segment.earlier
        if earlier is None or earlier.segment_slug in {n.segment_slug for n in names.values()}:
            continue
        row = by_slug.get(earlier.playbook_slug or "")
        if row is None or row.condition is None:
            reasons[i] = f"the playbook has no condition for {earlier.segment_name} any more"
            continue
        contradiction = _contradiction(row.condition, segments, i, thresholds)
        if segment.customers and contradiction:
            reasons[i] = contradiction
            continue
        kept[i] = row
        is_plain = earlier.segment_slug == row.segment_slug
        names[i] = PromisedName(
            earlier.segment_slug,
            row.segment_name if is_plain else earlier.segment_name,
            row.segment_slug,
            is_kept=True,
        )
    found = _first_conditions(segments, rows, thresholds, kept)
    for row in rows:
        members = [i for i in found if found[i] is row]
        for i in sorted(members, key=lambda i: (-segments[i].customers, i)):
            names[i] = _named_after(row, i, segments, names, words, retired)
    return [
        None if i not in names else replace(names[i], renamed_because=reasons.get(i))
        for i in range(len(segments))
    ]


def _first_conditions(
    segments: Sequence[UnnamedSegment],
    rows: Sequence[PlaybookRow],
    thresholds: Mapping[str, float],
    kept: Mapping[int, PlaybookRow],
) -> dict[int, PlaybookRow]:
    """Return the first row whose condition holds, for each segment without a name that has one.

    The highest is the highest of the segments that no earlier row names, also of those that keep
    their names.
    """
    found: dict[int, PlaybookRow] = {}
    left = set(range(len(segments))) - set(kept)
    compared = set(range(len(segments)))
    for row in rows:
        if row.condition is None:
            continue
        holding = [
            i
            for i in sorted(left)
            if not row.condition.broken(segments[i].typical, thresholds)
            and all(_is_highest(column, i, segments, compared) for column in row.condition.highest)
        ]
        if row.condition.highest:
            # One segment is the highest: of equal ones the first.
            holding = holding[:1]
        found |= dict.fromkeys(holding, row)
        left -= set(holding)
        compared -= {*holding, *(i for i in kept if kept[i] is row)}
    return found


def _is_highest(
    column: str, i: int, segments: Sequence[UnnamedSegment], among: set[int], slack: float = 1.0
) -> bool:
    value = segments[i].typical.get(column)
    # The only one that is left is higher than no other.
    if value is None or len(among) < 2:
        return False
    others = [segments[j].typical[column] for j in among if column in segments[j].typical]
    return max(value * slack, value) >= max(others, default=value)


def _contradiction(
    condition: Condition,
    segments: Sequence[UnnamedSegment],
    i: int,
    thresholds: Mapping[str, float],
) -> str | None:
    """Return what of a segment contradicts a condition, beyond the slack; None if nothing."""
    typical = segments[i].typical
    for comparison in condition.broken(typical, thresholds, SLACK):
        value = typical.get(comparison.column)
        seen = "not known" if value is None else f"{value:,.4g}"
        return (
            f"its median {comparison.column} is {seen}, and the name promises "
            f"{comparison.written(thresholds)}"
        )
    for column in condition.highest:
        if not _is_highest(column, i, segments, set(range(len(segments))), SLACK):
            return f"another segment has a higher {column}, and the name promises the highest"
    return None


def _named_after(
    row: PlaybookRow,
    i: int,
    segments: Sequence[UnnamedSegment],
    names: Mapping[int, PromisedName],
    words: Mapping[str, FeatureWords],
    retired: Set[str],
) -> PromisedName:
    taken = {name.segment_slug: j for j, name in names.items()}
    if row.segment_slug not in taken:
        return PromisedName(row.segment_slug, row.segment_name, row.segment_slug)
    plain = segments[taken[row.segment_slug]].profile
    apart = {name: z - plain.get(name, 0.0) for name, z in segments[i].profile.items()}
    numbers = [name for name in apart if isinstance(name, str)]
    text = row.segment_name
    if numbers:
        # Of equal ones the first.
        furthest = max(numbers, key=lambda name: abs(apart[name]))
        spoken = words_for(furthest, words)
        text += f": {spoken.high_words if apart[furthest] > 0 else spoken.low_words}"
    slug, number = unique_slug(text, set(taken) | retired)
    return PromisedName(slug, text if number == 1 else f"{text} {number}", row.segment_slug)
