"""Figures about models: what became of segments at refits, and the models that wait."""

from __future__ import annotations

import pandas as pd

from segmentation.engine.duckdb import DuckDBEngine
from segmentation.engine.sql import text_literal
from segmentation.published.read_marts import Marts
from segmentation.published.segment_events import EVENTS, USED_MODELS, Refit, read_refits
from segmentation.published.waiting_models import COMPARISON, WaitingModel, read_waiting_models
from segmentation.report import charts
from segmentation.report.content import Column, Figure, Picture, Table
from segmentation.report.flow_ends import MOST_RIBBONS, flow_ends
from segmentation.report.formats import COUNT, DATE, MONEY, SHARE

# The mart has the earlier refits of a segmentation.
MOST_REFITS = 6
# A picture of more segments, of both models together, is large and hard to read.
MOST_SEGMENTS = 20


def refits_without_events(marts: Marts) -> str:
    """Return a sentence for each segmentation whose shown refits kept all segments."""
    return " ".join(
        f"{_title(refits[0])}." for refits in _shown_refits(marts).values() if not _has_news(refits)
    )


def event_figures(marts: Marts) -> list[Figure]:
    """Return what became of the segments at refits, for each segmentation that did not keep all."""
    return [_events(marts, refits) for refits in _shown_refits(marts).values() if _has_news(refits)]


def _shown_refits(marts: Marts) -> dict[str, list[Refit]]:
    """Return the last refits by segmentation, the newest first; value comes first."""
    refits = read_refits(DuckDBEngine(marts.connection), marts.descriptions) or []
    names = sorted({refit.segmentation for refit in refits}, reverse=True)
    return {
        name: [refit for refit in refits if refit.segmentation == name][:MOST_REFITS]
        for name in names
    }


def _has_news(refits: list[Refit]) -> bool:
    return any(refit.news for refit in refits)


def _title(refit: Refit) -> str:
    sentence = refit.sentence
    return f"{refit.segmentation.capitalize()}: {sentence[:1].lower()}{sentence[1:]}"


def _events(marts: Marts, refits: list[Refit]) -> Figure:
    last, segmentation = refits[0], refits[0].segmentation
    versions = ", ".join(text_literal(refit.model_version) for refit in refits)
    rows = marts.frame(
        f"""
        select *
        from {EVENTS}
        {USED_MODELS}
            and segmentation = {text_literal(segmentation)}
            and model_version in ({versions})
        order by
            as_of desc, model_version desc, from_segment_slug nulls last, to_segment_slug nulls last
        """
    )
    notes = [f"{sentence}." for sentence in last.news[1:]]
    notes.append(
        "The model before and the new one are applied to the same customers, of the day of the fit."
    )
    return Figure(
        f"{segmentation}-events",
        _title(last),
        EVENTS,
        table=Table(
            [
                Column("from_segment_name", "segment before"),
                Column("event_kind", "what became of it"),
                Column("to_segment_name", "segment after"),
                Column("as_of", "refit as of", DATE),
                Column("customers_before", "customers before", COUNT),
                Column("customers_after", "customers after", COUNT),
                Column("shared_customers", "in both", COUNT),
                Column("share_of_from", "share of those before", SHARE),
            ],
            rows,
        ),
        note=" ".join(notes),
    )


def challenger_figures(marts: Marts) -> list[Figure]:
    """Return who would move with each model that waits, value first."""
    return [_challenger(marts, model) for model in read_waiting_models(marts) or []]


def _challenger(marts: Marts, model: WaitingModel) -> Figure:
    rows = marts.frame(
        f"""
        select *
        from {COMPARISON}
        where segmentation = {text_literal(model.segmentation)}
        order by would_move desc, customers desc, champion_slug, challenger_slug
        """
    )
    named: dict[str, str] = {}
    for side in ("champion", "challenger"):
        for slug, name in zip(rows[f"{side}_slug"], rows[f"{side}_name"], strict=True):
            named.setdefault(slug, name)
    pictures = _would_move(marts, model, rows, named) if len(named) <= MOST_SEGMENTS else []
    how_to_read = "Pale ribbons are customers who would stay." if pictures else ""
    return Figure(
        f"{model.segmentation}-challenger",
        model.sentence,
        COMPARISON,
        pictures,
        Table(
            [
                Column("champion_name", "segment now"),
                Column("challenger_name", "with the newer model"),
                Column("customers", "customers", COUNT),
                Column("share", "share of all", SHARE),
                Column("revenue", "revenue of all days", MONEY),
            ],
            rows,
        ),
        note=" ".join(part for part in (model.because, model.advice, how_to_read) if part),
    )


def _would_move(
    marts: Marts, model: WaitingModel, rows: pd.DataFrame, named: dict[str, str]
) -> list[Picture]:
    flows = pd.DataFrame(
        {
            "from_key": rows["champion_slug"],
            "to_key": rows["challenger_slug"],
            "customers": rows["customers"].astype(int),
            "is_moved": rows["would_move"].astype(bool),
            "is_drawn": rows["customers"].rank(method="first", ascending=False) <= MOST_RIBBONS,
        }
    )
    ends = flow_ends(marts, model.segmentation, named)
    return [Picture(charts.alluvial(flows, ends, ("in force", "newer model")))]
