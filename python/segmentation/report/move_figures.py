"""Figures of moves between the last two observed days, and of sizes over all of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd

from segmentation.engine.sql import text_literal
from segmentation.published.customer_history import HISTORY
from segmentation.published.read_marts import Marts
from segmentation.published.segment_moves import (
    MIGRATIONS,
    ONE_DAY,
    SegmentMoves,
    read_segment_moves,
)
from segmentation.report import charts, theme
from segmentation.report.charts import FlowEnd
from segmentation.report.content import Column, Figure, Picture, Table
from segmentation.report.flow_ends import MOST_RIBBONS, flow_ends
from segmentation.report.formats import COUNT, DATE, MONEY, SHARE, count, date, share

# More days are too narrow to read.
MOST_DAYS = 24

# The ends of ribbons for customers who came into the data, and for those who left it.
_BEFORE = FlowEnd("not yet", "not in the data yet", theme.QUIET)
_AFTER = FlowEnd("no longer", "no longer in the data", theme.QUIET)


def move_figures(marts: Marts, segmentation: str) -> list[Figure]:
    """Return the moves of a segmentation, and the sizes of its segments.

    Parameters
    ----------
    marts : Marts
    segmentation : str

    Returns
    -------
    list of Figure
        With fewer than two observed days, one figure that says what to do.
    """
    name = f"{segmentation}-moves"
    mart = MIGRATIONS if HISTORY in marts.descriptions else HISTORY
    moves = (read_segment_moves(marts) or {}).get(segmentation)
    if moves is None or moves.previous_as_of is None:
        why = "No day was observed." if moves is None else f"{moves.sentence}. {ONE_DAY}"
        return [Figure(name, "Who moved", mart, absent_because=why)]
    rows = marts.frame(
        f"""
        select *
        from {MIGRATIONS}
        where segmentation = {text_literal(segmentation)}
        order by as_of, customers desc, from_segment_slug, to_segment_slug
        """
    )
    ends = flow_ends(marts, segmentation, _names(rows))
    last = rows[rows["as_of"] == rows["as_of"].max()]
    return [
        _last_moves(name, last, ends, moves),
        _sizes(
            f"{segmentation}-sizes-over-time",
            _sizes_of_days(rows),
            ends,
            rows[rows["migration"] == "renamed"],
        ),
    ]


def _names(rows: pd.DataFrame) -> dict[str, str]:
    """Return the segments that customers came from or went to, and their first names."""
    named: dict[str, str] = {}
    for side in ("from", "to"):
        for slug, name in zip(
            rows[f"{side}_segment_slug"], rows[f"{side}_segment_name"], strict=True
        ):
            if pd.notna(slug):
                named.setdefault(slug, slug if pd.isna(name) else name)
    return named


def _last_moves(
    name: str, rows: pd.DataFrame, ends: Sequence[FlowEnd], moves: SegmentMoves
) -> Figure:
    is_moved = rows["migration"].isin(["moved", "joined", "left"])
    # The rows come by their customers: the smallest are left out, and those who stayed go last.
    is_drawn = np.arange(len(rows)) < MOST_RIBBONS
    every = rows.assign(is_moved=is_moved, is_drawn=is_drawn)
    every = every.sort_values("is_moved", ascending=False, kind="stable")
    shown = every[every["is_drawn"]]
    flows = pd.DataFrame(
        {
            "from_key": every["from_segment_slug"].fillna(_BEFORE.key),
            "to_key": every["to_segment_slug"].fillna(_AFTER.key),
            "customers": every["customers"].astype(int),
            "is_moved": every["is_moved"],
            "is_drawn": every["is_drawn"],
        }
    )
    picture = charts.alluvial(
        flows,
        [*ends, _BEFORE, _AFTER],
        (date(moves.previous_as_of), date(moves.as_of)),
    )
    return Figure(
        name,
        moves.sentence,
        MIGRATIONS,
        [Picture(picture)],
        Table(
            [
                Column("migration", "what happened"),
                Column("from_segment_name", "from"),
                Column("to_segment_name", "to"),
                Column("customers", "customers", COUNT),
                Column("share_of_from", "share of those before", SHARE),
                Column("revenue", "revenue in the window", MONEY),
            ],
            shown,
        ),
        note=_note(moves, len(rows)),
    )


def _note(moves: SegmentMoves, rows: int) -> str:
    """Return how to read the chart, who came and left, and what else can have moved customers."""
    parts = ["Pale ribbons are customers who stayed."]
    for number, what in (
        (moves.joined, "came into the data"),
        (moves.left, "left it"),
        (moves.renamed, "are in a segment with another name than before"),
    ):
        if number:
            parts.append(f"{count(number)} {what}.")
    if moves.is_new_model:
        parts.append(
            "Another model was fitted in between: it can have moved customers who changed little."
        )
    if rows > MOST_RIBBONS:
        parts.append(f"The {MOST_RIBBONS} largest of {rows:,} moves are shown.")
    parts.append("Between two observed days nothing is known.")
    return " ".join(parts)


def _sizes_of_days(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how many customers were in each segment on each observed day, the first day first."""
    came = rows[rows["to_segment_slug"].notna()]
    first = rows[(rows["as_of"] == rows["as_of"].min()) & rows["from_segment_slug"].notna()]
    both = pd.concat(
        [
            came[["as_of", "to_segment_slug", "customers"]].set_axis(
                ["as_of", "segment_slug", "customers"], axis=1
            ),
            first[["previous_as_of", "from_segment_slug", "customers"]].set_axis(
                ["as_of", "segment_slug", "customers"], axis=1
            ),
        ]
    )
    sizes = both.groupby(["as_of", "segment_slug"], as_index=False)["customers"].sum()
    sizes["share"] = sizes["customers"] / sizes.groupby("as_of")["customers"].transform("sum")
    return sizes


def _sizes(
    name: str, sizes: pd.DataFrame, ends: Sequence[FlowEnd], renamed: pd.DataFrame
) -> Figure:
    """Return the sizes of the segments; `renamed` are the rows of clusters with another name."""
    days = sorted(sizes["as_of"].unique())
    shown = sizes[sizes["as_of"].isin(days[-MOST_DAYS:])]
    there = [end for end in ends if end.key in set(shown["segment_slug"])]
    places = {end.key: place for place, end in enumerate(there)}
    names = {end.key: end.name for end in there}
    shown = shown.assign(
        segment=shown["segment_slug"].map(places), segment_name=shown["segment_slug"].map(names)
    ).sort_values(["as_of", "segment"], kind="stable")
    renamed = renamed[renamed["as_of"] > days[-MOST_DAYS:][0]]
    note = "Thin lines are the observed days; between them nothing is known."
    if len(renamed):
        note = f"{_renames_in_words(renamed)} {note}"
    if len(days) > MOST_DAYS:
        note = f"The last {MOST_DAYS} of {len(days):,} observed days. {note}"
    return Figure(
        name,
        _largest_change(shown, {*renamed["from_segment_slug"], *renamed["to_segment_slug"]}),
        MIGRATIONS,
        [Picture(charts.bands(shown, [e.name for e in there], [e.colour for e in there]))],
        Table(
            [
                Column("as_of", "observed day", DATE),
                Column("segment_name", "segment"),
                Column("customers", "customers", COUNT),
                Column("share", "share", SHARE),
            ],
            shown,
        ),
        note=note,
    )


def _renames_in_words(renamed: pd.DataFrame) -> str:
    """Say which customers got another name without moving, the most of them by name."""
    most = renamed.nlargest(1, "customers").iloc[0]
    return (
        f"Names changed without moves, most of all on {date(most['as_of'])}:"
        f" {count(most['customers'])} customers went from {most['from_segment_name']} to"
        f" {most['to_segment_name']} because their cluster was renamed."
    )


def _largest_change(shown: pd.DataFrame, renamed: Collection[str]) -> str:
    """Say which segment changed most from the first to the last day, by its share.

    Segments that a cluster was renamed from or to are left out: their sizes are not news about
    customers.
    """
    first, last = shown["as_of"].min(), shown["as_of"].max()
    kept = shown[~shown["segment_slug"].isin(renamed)]
    if kept.empty:
        return f"Since {date(first)}, names of all segments changed: compare moves, not sizes"
    by_day = kept.pivot_table(index="segment", columns="as_of", values="share").fillna(0.0)
    by_day = by_day.reindex(columns=[first, last], fill_value=0.0)
    change = (by_day[last] - by_day[first]).abs()
    place: Any = change.idxmax()
    before, now = share(by_day[first][place]), share(by_day[last][place])
    if before == now:
        kind = "segments that kept their names" if renamed else "segments"
        return f"The {kind} have the same shares as on {date(first)}"
    name = kept[kept["segment"] == place]["segment_name"].iloc[0]
    grew = "grew" if by_day[last][place] > by_day[first][place] else "shrank"
    return f"Since {date(first)}, {name} {grew} from {before} to {now} of the customers"
