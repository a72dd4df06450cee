"""What became of the segments when a model was fitted anew, from the marts."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import groupby

from segmentation.engine.duckdb import DuckDBEngine

EVENTS = "fct_segment_events"
MODELS = "rpt_model_history"

# Of a challenger, which is fitted and not used, nothing became of the segments.
USED_MODELS = f"""
    where not exists (
        select 1
        from {MODELS} as models
        where
            models.segmentation = {EVENTS}.segmentation
            and models.model_version = {EVENTS}.model_version
            and models.became = 'challenger'
            and not models.is_in_force
    )
"""

# Events other than survivals, in the order in which they are reported.
_NEWS = ("split", "merged", "vanished", "emerged", "renamed")
# Numbers of segments up to this one are written as words.
_WORDS = {2: "two", 3: "three"}


@dataclass(frozen=True)
class SegmentEvent:
    """What became of a segment: a row of fct_segment_events.

    Attributes
    ----------
    kind : str
        survived, merged, split, vanished or emerged.
    from_segment, to_segment : str or None
        Names; the first is None of a segment that emerged, the second of one that vanished.
    keeps_slug : bool or None
        Whether both have the same slug.
    share : float or None
        The customers in both, as a share of the segment before.
    customers : int
        Of the segment before; of one that emerged, its own.
    """

    kind: str
    from_segment: str | None
    to_segment: str | None
    keeps_slug: bool | None
    share: float | None
    customers: int


@dataclass(frozen=True)
class Refit:
    """A model that was fitted anew and used, and what became of the segments.

    Attributes
    ----------
    segmentation : str
    model_version : str
    as_of : date
    is_newest_champion : bool
        Whether it is in force because it took over, and not because it was promoted.
    events : tuple of SegmentEvent
        One at least.
    """

    segmentation: str
    model_version: str
    as_of: datetime.date
    is_newest_champion: bool
    events: tuple[SegmentEvent, ...]

    @property
    def news(self) -> list[str]:
        """What became of the segments that did not just survive, a sentence each.

        Splits come first, then merges, segments that vanished, that emerged, and that survived
        under another name; of each kind, those of most customers first. Without full stops.
        """
        told = [
            (_NEWS.index(kind), -_customers_of(events), _told(kind, events))
            for kind, events in self._grouped()
        ]
        return [sentence for _, _, sentence in sorted(told)]

    @property
    def survived(self) -> int:
        """Number of segments that survived under the same slug."""
        return sum(_is_survival(event) for event in self.events)

    @property
    def sentence(self) -> str:
        """The first of the news and how many segments survived, without a full stop."""
        if not self.news:
            every = f"all {self.survived:,} segments" if self.survived > 1 else "the only segment"
            return f"The refit of {self.as_of} kept {every}"
        first, *others = self.news
        more = f"; {len(others):,} more change{'' if len(others) == 1 else 's'}" if others else ""
        survived = f"{self.survived or 'no'} segment{'s' if self.survived > 1 else ''} survived"
        return f"At the refit of {self.as_of}, {first}{more}; {survived}"

    def news_of(self, segment: str) -> str | None:
        """Return what became of a segment, by its name before; None if it just survived."""
        for kind, events in self._grouped():
            if segment in {event.from_segment for event in events}:
                return _told(kind, events)
        return None

    def _grouped(self) -> Iterable[tuple[str, list[SegmentEvent]]]:
        """Yield events that are told together: the parts of a split, what merged into one."""

        def key(event: SegmentEvent) -> tuple[str, str]:
            kind = "renamed" if event.kind == "survived" else event.kind
            told_by = event.to_segment if kind in {"merged", "emerged"} else event.from_segment
            return kind, str(told_by)

        changed = [event for event in self.events if not _is_survival(event)]
        for (kind, _), events in groupby(sorted(changed, key=key), key):
            yield kind, sorted(events, key=lambda event: -(event.share or 0.0))


def read_refits(engine: DuckDBEngine, marts: Collection[str]) -> list[Refit] | None:
    """Return the refits with events, the newest first; None where the file has no such mart.

    Parameters
    ----------
    engine : DuckDBEngine
        In the schema of the marts.
    marts : collection of str
        The marts of the file.
    """
    if not {EVENTS, MODELS} <= set(marts):
        return None
    rows = engine.rows(
        f"""
        select
            segmentation, model_version, as_of,
            exists (
                select 1
                from {MODELS} as models
                where
                    models.segmentation = {EVENTS}.segmentation
                    and models.model_version = {EVENTS}.model_version
                    and models.chosen_by = 'newest champion'
            ),
            event_kind, from_segment_name, to_segment_name, keeps_slug, share_of_from,
            coalesce(customers_before, customers_after, 0)
        from {EVENTS}
        {USED_MODELS}
        order by
            as_of desc, segmentation, model_version desc,
            from_segment_slug nulls last, to_segment_slug nulls last
        """
    )
    return [
        Refit(segmentation, version, as_of, is_newest, tuple(SegmentEvent(*r[4:]) for r in events))
        for (segmentation, version, as_of, is_newest), events in groupby(rows, lambda row: row[:4])
    ]


def _is_survival(event: SegmentEvent) -> bool:
    """Return whether a segment goes on under its slug, which is no news."""
    return event.kind == "survived" and bool(event.keeps_slug)


def _customers_of(events: list[SegmentEvent]) -> int:
    """Return how many customers events are about; those of a split segment count once."""
    return sum({event.from_segment: event.customers for event in events}.values())


def _told(kind: str, events: list[SegmentEvent]) -> str:
    first = events[0]
    if kind == "split":
        into = _WORDS.get(len(events), str(len(events)))
        return f"{first.from_segment} split in {into}: {_listed(_part(e) for e in events)}"
    if kind == "merged":
        before = _listed(f"{_of(e.share)} of {e.from_segment}" for e in events)
        return f"{before} merged into {first.to_segment}"
    if kind == "vanished":
        if not first.customers:
            return f"{first.from_segment}, which had no customers, vanished"
        return (
            f"{first.from_segment} vanished: its {first.customers:,} customers are spread over"
            " other segments"
        )
    if kind == "emerged":
        return f"{first.to_segment} emerged, with {first.customers:,} customers"
    return f"{_of(first.share)} of {first.from_segment} are now called {first.to_segment}"


def _part(event: SegmentEvent) -> str:
    verb = "stayed" if event.keeps_slug else "are now"
    return f"{_of(event.share)} {verb} {event.to_segment}"


def _of(share: float | None) -> str:
    return f"{share or 0.0:.1%}"


def _listed(parts: Iterable[str]) -> str:
    *others, last = parts
    return f"{', '.join(others)} and {last}" if others else last
