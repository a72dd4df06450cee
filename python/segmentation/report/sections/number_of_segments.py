"""How many segments: elbow and silhouette, the chosen number and why; the map of customers."""

from __future__ import annotations

import pandas as pd

from segmentation.engine.sql import text_literal
from segmentation.published.read_marts import Marts
from segmentation.report import charts
from segmentation.report.content import Column, Figure, Picture, Section, Table
from segmentation.report.formats import COUNT, NUMBER, SHARE, number, share
from segmentation.report.rows import largest, where, with_value
from segmentation.report.segments import PROFILE, TITLES, VALUE, inhabited, segments_of

MART = "rpt_k_selection"
MAP = "rpt_segment_projection"
NOT_COMPARED = "There is no model, or other numbers of segments were not compared."
AXES = ("number of segments", "inertia")
# So many customers stand on a map; more would hide one another.
POINTS = 450


def number_of_segments(marts: Marts) -> Section:
    """Return the criteria for the number of segments of `value` and `profile`."""
    rows = marts.table(MART)
    history = marts.table("rpt_model_history")
    figures = []
    for segmentation in (VALUE, PROFILE):
        found = where(rows, segmentation=segmentation)
        figures += [_elbow(found, history, segmentation), _silhouette(found, segmentation)]
    return Section(
        name="number-of-segments",
        title="How many segments",
        introduction=(
            "Inertia always falls with more segments; an elbow is where it begins to fall slowly. "
            "The silhouette says how well segments lie apart: 1 is perfect, 0 is none. "
            "A diamond marks the number that the model has."
        ),
        figures=figures,
    )


def segment_maps(marts: Marts) -> Section:
    """Return maps of customers and centroids."""
    return Section(
        name="maps",
        title="Maps of customers",
        introduction=(
            "Customers who are alike stand close together: the two directions in which they "
            "differ most. What overlaps here may differ in other features."
        ),
        figures=[_map(marts, segmentation) for segmentation in (VALUE, PROFILE)],
    )


def _elbow(rows: pd.DataFrame, history: pd.DataFrame, segmentation: str) -> Figure:
    name = f"{segmentation}-elbow"
    title = TITLES[segmentation][0]
    known = with_value(rows, "inertia")
    if known.empty:
        return Figure(
            name,
            f"{title}: elbow",
            MART,
            absent_because=NOT_COMPARED,
        )
    chosen = [int(k) for k in known["k"][known["is_chosen"]]]
    knee = [int(k) for k in known["k"][known["is_knee"]]]
    finding = f"{title}: inertia has its elbow at {knee[0]}" if knee else f"{title}: no elbow"
    if chosen:
        same = knee == chosen
        finding += " and the model has as many segments" if same else f"; the model has {chosen[0]}"
    return Figure(
        name,
        finding,
        MART,
        [Picture(charts.lines(known, x="k", y="inertia", units=AXES, marked=chosen))],
        _criteria(known),
        note=_why(history, segmentation),
    )


def _why(history: pd.DataFrame, segmentation: str) -> str:
    if history.empty:
        return ""
    current = history[(history["segmentation"] == segmentation) & history["is_in_force"]]
    if current.empty:
        return ""
    asked, made = str(current["k_asked"].iloc[0]), int(current["k"].iloc[0])
    if asked == "auto":
        return "The number follows from the data (k: auto)."
    why = f"The number is set in the options of the model (k: {asked})."
    if asked != str(made):
        why += (
            f" The model has {made}: clusters that were empty or smaller than min_segment_share "
            "were dissolved."
        )
    return why


def _silhouette(rows: pd.DataFrame, segmentation: str) -> Figure:
    name = f"{segmentation}-silhouette"
    title = TITLES[segmentation][0]
    known = with_value(rows, "silhouette")
    if known.empty:
        return Figure(
            name,
            f"{title}: silhouette",
            MART,
            absent_because=NOT_COMPARED,
        )
    chosen = [int(k) for k in known["k"][known["is_chosen"]]]
    best = largest(known, "silhouette")
    finding = f"{title}: the silhouette is best at {int(best['k'])} ({number(best['silhouette'])})"
    at_chosen = known[known["k"].isin(chosen)]
    if len(at_chosen) and chosen != [int(best["k"])]:
        at = at_chosen["silhouette"].iloc[0]
        finding += f"; the model's {chosen[0]} segments have {number(at)}"
    structure = known["structure"].dropna() if "structure" in known else pd.Series(dtype=str)
    note = ""
    if len(structure) and structure.iloc[0] == "continuum":
        note = (
            "The customers form a continuum: these segments are useful slices of it, not groups "
            "that lie apart."
        )
    elif len(structure):
        note = "The segments lie further apart than slices of a continuum would."
    return Figure(
        name,
        finding,
        MART,
        [
            Picture(
                charts.lines(
                    known,
                    x="k",
                    y="silhouette",
                    units=(AXES[0], "silhouette"),
                    marked=chosen,
                    axis=".2f",
                )
            )
        ],
        _criteria(known),
        note=note,
    )


def _criteria(rows: pd.DataFrame) -> Table:
    return Table(
        [
            Column("k", "segments", COUNT),
            Column("inertia", "inertia", NUMBER),
            Column("silhouette", "silhouette", NUMBER),
            Column("calinski_harabasz", "Calinski-Harabasz", NUMBER),
            Column("davies_bouldin", "Davies-Bouldin", NUMBER),
            Column("stability_mean", "stability, mean", NUMBER),
            Column("stability_p10", "stability, 10th percentile", NUMBER),
            Column("is_chosen", "of the model"),
        ],
        rows,
    )


def _map(marts: Marts, segmentation: str) -> Figure:
    name = f"{segmentation}-map"
    title = TITLES[segmentation][0]
    if MAP not in marts.descriptions:
        return Figure(name, f"{title}: map", MAP, absent_because="There are no coordinates.")
    centres, points = _centroids(marts, segmentation), _customers(marts, segmentation)
    if centres.empty or points.empty:
        return Figure(
            name,
            f"{title}: map",
            MAP,
            absent_because="There is no model, or its algorithm has no centroids to show.",
        )
    explained = (
        float(centres["x_explained_variance"].iloc[0]),
        float(centres["y_explained_variance"].iloc[0]),
    )
    # A state has no centroid: its customers are among the points all the same.
    shown = inhabited(segments_of(marts, segmentation))[["segment_slug", "segment_name"]]
    legend = shown.assign(place=range(len(shown))).merge(
        centres[["segment_slug", "x", "y"]], on="segment_slug", how="left"
    )
    drawn = points.drop(columns="segment_name").merge(
        shown, on="segment_slug", how="inner", validate="many_to_one"
    )
    return Figure(
        name,
        (
            f"{title}: two directions hold {share(sum(explained))} of the differences between "
            "customers"
        ),
        MAP,
        [
            Picture(
                charts.point_map(
                    drawn,
                    legend,
                    (f"first direction ({share(explained[0])})", f"second ({share(explained[1])})"),
                )
            )
        ],
        Table(
            [
                Column("segment_name", "segment"),
                Column("customers", "customers", COUNT),
                Column("share", "share", SHARE),
                Column("x", "centroid, first direction", NUMBER),
                Column("y", "centroid, second direction", NUMBER),
            ],
            centres,
        ),
        note=(
            f"{len(drawn):,} of {int(points['of_all'].iloc[0]):,} customers of the mart; the "
            "table has the centroids."
        ),
    )


def _centroids(marts: Marts, segmentation: str) -> pd.DataFrame:
    return marts.frame(
        "select p.segment_slug, p.segment_name, p.x, p.y, p.x_explained_variance,"
        f" p.y_explained_variance, s.customers, s.share from {MAP} as p"
        " left join dim_segments as s on p.segmentation = s.segmentation"
        f" and p.segment_slug = s.segment_slug where p.segmentation = {text_literal(segmentation)}"
        " and p.point_kind = 'centroid' order by s.customers desc nulls last, p.segment_slug"
    )


def _customers(marts: Marts, segmentation: str) -> pd.DataFrame:
    """Return every n-th customer, in the order of the mart: the same ones at every run."""
    return marts.frame(
        "with customers as (select *, row_number() over (order by segment_slug, customer_id)"
        f" as place, count(*) over () as of_all from {MAP}"
        f" where segmentation = {text_literal(segmentation)} and point_kind = 'customer')"
        " select segment_slug, segment_name, x, y, of_all from customers"
        f" where place % greatest(1, cast(ceil(of_all / {POINTS}.0) as bigint)) = 0"
        " order by place"
    )
