"""What names are given by, and a segment with its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from segmentation.clustering.model import (
    SegmentationModel,
)
from segmentation.clustering.naming_options import NamingOptions
from segmentation.clustering.typical_values import TypicalValue, read_typical_values
from segmentation.playbook.conditions import Condition, read_condition
from segmentation.playbook.feature_words import FeatureWords
from segmentation.playbook.playbook import (
    PlaybookRow,
)


@dataclass(frozen=True)
class NamingInputs:
    """What segments are called after.

    Attributes
    ----------
    playbook : mapping of int to sequence of PlaybookRow
        k to its vocabulary.
    words : mapping of str to FeatureWords
        Feature to its words.
    limits : NamingOptions
        How near a segment has to be to what it is called after.
    earlier : SegmentationModel or None
        The model before, whose segments hand their slugs on to those of a new one.
    columns : frozenset of str
        Numeric columns of the feature table, which conditions may look at.
    """

    playbook: Mapping[int, Sequence[PlaybookRow]] = field(default_factory=dict)
    words: Mapping[str, FeatureWords] = field(default_factory=dict)
    limits: NamingOptions = field(default_factory=NamingOptions)
    earlier: SegmentationModel | None = None
    columns: frozenset[str] = frozenset()


@dataclass(frozen=True)
class NamedSegment:
    """A segment as it is called on the day of a build.

    Attributes
    ----------
    segment_id : int
        A cluster's number, or that of a state, see
        :data:`segmentation.clustering.states.STATE_IDS_FROM`.
    segment_slug, segment_name : str
    named_by : str
        ``"state"``, ``"condition"``, or as :class:`segmentation.playbook.matching.SegmentName` has
        it.
    row : PlaybookRow or None
        What describes the segment to readers.
    condition : Condition or None
        What its name promises.
    values : tuple of TypicalValue
        What is typical of it today; empty where it has no customers.
    naming_distance : float or None
    slug_at_fit : str or None
        None of a state.
    renamed_because : str or None
        Why the name that it had before did not stay.
    """

    segment_id: int
    segment_slug: str
    segment_name: str
    named_by: str
    row: PlaybookRow | None
    condition: Condition | None
    values: tuple[TypicalValue, ...]
    naming_distance: float | None = None
    slug_at_fit: str | None = None
    renamed_because: str | None = None


def read_segments(records: Iterable[Mapping[str, Any]]) -> list[NamedSegment]:
    """Read the segments of a clustering from the table: clusters first, then states in order.

    What people read of a segment, besides its name, is left out.
    """
    return [
        NamedSegment(
            segment_id=record["segment_id"],
            segment_slug=record["segment_slug"],
            segment_name=record["segment_name"],
            named_by=record["named_by"],
            condition=read_condition(record["condition"], record["segment_slug"])
            if record["condition"]
            else None,
            row=None,
            values=read_typical_values(record["typical_values"]),
        )
        for record in sorted(records, key=lambda record: record["segment_id"])
    ]
