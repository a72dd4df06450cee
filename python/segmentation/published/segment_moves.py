"""Moves between segments on the last two observed days, from the marts."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from segmentation.engine.duckdb import DuckDBEngine
from segmentation.published.customer_history import HISTORY
from segmentation.published.read_marts import Marts

MIGRATIONS = "fct_segment_migrations"

# What to do where only one day was observed.
ONE_DAY = (
    "Build another day, or backfill past ones with `segmentation backfill`, to see who moves from"
    " segment to segment."
)


@dataclass(frozen=True)
class LargestMove:
    """The most customers who went from one segment to another.

    Attributes
    ----------
    from_segment, to_segment : str
        Names.
    customers : int
    """

    from_segment: str
    to_segment: str
    customers: int


@dataclass(frozen=True)
class SegmentMoves:
    """How many customers of a segmentation moved between the last two observed days.

    Attributes
    ----------
    segmentation : str
    as_of : date
        The last observed day.
    previous_as_of : date or None
        The observed day before; None where only one day was observed, and all counts are then 0.
    customers_before : int
        Customers who were in a segment on the day before: those who stayed, moved, left, or whose
        segment got another name.
    stayed, moved, renamed, left, joined : int
        As the column migration of fct_segment_migrations tells them apart.
    largest : LargestMove or None
        Of the moves; of equal ones the first by slug.
    is_new_model : bool
        Whether another model was current on the day before, which can have moved customers who
        changed little.
    """

    segmentation: str
    as_of: datetime.date
    previous_as_of: datetime.date | None
    customers_before: int = 0
    stayed: int = 0
    moved: int = 0
    renamed: int = 0
    left: int = 0
    joined: int = 0
    largest: LargestMove | None = None
    is_new_model: bool = False

    @property
    def sentence(self) -> str:
        """The number of moves and the largest one, without a full stop.

        With only one observed day, it says so.
        """
        if self.previous_as_of is None:
            return f"Only {self.as_of} was observed"
        what = f"of {self.customers_before:,} customers moved since {self.previous_as_of}"
        if self.largest is None:
            return f"0 {what}"
        to = f"from {self.largest.from_segment} to {self.largest.to_segment}"
        if self.moved == self.largest.customers:
            return f"{self.moved:,} {what}, {'all ' if self.moved > 1 else ''}{to}"
        return f"{self.moved:,} {what}; most {to} ({self.largest.customers:,})"


def read_segment_moves(marts: Marts) -> dict[str, SegmentMoves] | None:
    """Return the moves by segmentation, or None where the file has none.

    Parameters
    ----------
    marts : Marts
        Of a published file or a warehouse.

    Returns
    -------
    dict of str to SegmentMoves, or None
        None where an earlier version built the file; empty where no day was observed.
    """
    if not {MIGRATIONS, HISTORY} <= set(marts.descriptions):
        return None
    engine = DuckDBEngine(marts.connection)
    days = engine.rows(
        f"""
        select
            segmentation,
            max(last_observed_on) as as_of,
            coalesce(bool_or(is_new_model) filter (valid_from = last_observed_on), false)
                as is_new_model
        from {HISTORY}
        group by segmentation
        order by segmentation
        """
    )
    counts = {
        (segmentation, migration): (previous, int(customers))
        for segmentation, previous, migration, customers in engine.rows(
            f"""
            select segmentation, max(previous_as_of), migration, sum(customers)
            from {MIGRATIONS}
            where as_of = (
                select max(as_of) from {MIGRATIONS} as days
                where days.segmentation = {MIGRATIONS}.segmentation
            )
            group by segmentation, migration
            """
        )
    }
    largest = _largest_moves(engine)
    return {
        segmentation: _moves_of(segmentation, as_of, is_new, counts, largest.get(segmentation))
        for segmentation, as_of, is_new in days
    }


def _moves_of(
    segmentation: str,
    as_of: datetime.date,
    is_new_model: bool,
    counts: dict[tuple[str, str], tuple[datetime.date, int]],
    largest: LargestMove | None,
) -> SegmentMoves:
    of = {kind: found for (name, kind), found in counts.items() if name == segmentation}
    customers = {kind: number for kind, (_, number) in of.items()}
    stayed, moved, renamed, left, joined = (
        customers.get(kind, 0) for kind in ("stayed", "moved", "renamed", "left", "joined")
    )
    return SegmentMoves(
        segmentation,
        as_of,
        next((previous for previous, _ in of.values()), None),
        stayed + moved + renamed + left,
        stayed,
        moved,
        renamed,
        left,
        joined,
        largest,
        bool(is_new_model),
    )


def _largest_moves(engine: DuckDBEngine) -> dict[str, LargestMove]:
    rows = engine.rows(
        f"""
        select segmentation, from_segment_name, to_segment_name, customers
        from {MIGRATIONS}
        where migration = 'moved'
            and as_of = (
                select max(as_of) from {MIGRATIONS} as days
                where days.segmentation = {MIGRATIONS}.segmentation
            )
        qualify row_number() over (
            partition by segmentation
            order by customers desc, from_segment_slug, to_segment_slug
        ) = 1
        """
    )
    return {str(name): LargestMove(str(a), str(b), int(count)) for name, a, b, count in rows}
