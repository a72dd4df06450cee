"""Where the numbers come from: what was read and rejected, which models, when and why."""

from __future__ import annotations

import math

import pandas as pd

from segmentation.published.read_marts import Marts
from segmentation.report import charts
from segmentation.report.content import Column, Figure, Picture, Section, Table
from segmentation.report.formats import (
    COUNT,
    DATE,
    MONEY,
    NUMBER,
    REASON,
    SHARE,
    count,
    date,
    share,
)
from segmentation.report.rows import where, with_value
from segmentation.report.segments import PROFILE, TITLES, VALUE

# What the fifth of the customers holds that is drawn by lot.
CHANCE = 0.2
SOURCE_ROWS = "rpt_source_rows"


def sources(marts: Marts) -> Section:
    """Return what was read, what was rejected and why, and the models."""
    return Section(
        name="sources",
        title="Data and models",
        figures=[
            *_source_rows(marts),
            _rows_read(marts),
            _reasons(marts),
            _models(marts),
            *(_algorithms(marts, segmentation) for segmentation in (VALUE, PROFILE)),
            _backtest(marts),
        ],
    )


def _source_rows(marts: Marts) -> list[Figure]:
    """Return what became of the rows of one's own files; nothing where there are none."""
    mart = SOURCE_ROWS
    rows = marts.table(mart)
    if rows.empty:
        return []
    total = int(rows["source_rows"].sum())
    left_out = _left_out(marts)
    return [
        Figure(
            "source-rows",
            (
                f"Of {count(total)} rows of your files, the mapping left out {count(left_out)}"
                if left_out
                else f"All {count(total)} rows of your files were accepted"
            ),
            mart,
            table=Table(
                [
                    Column("source_table", "file or table"),
                    Column("outcome", "outcome"),
                    Column("source_rows", "rows", COUNT),
                    Column("rows_read", "of all its rows", COUNT),
                ],
                rows,
            ),
            note="Orders and customers are made of accepted rows, and checked again below.",
        )
    ]


def _left_out(marts: Marts) -> int:
    """Return how many rows of one's own files the mapping left out."""
    rows = marts.table(SOURCE_ROWS)
    return int(rows["source_rows"][~rows["is_accepted"].astype(bool)].sum()) if len(rows) else 0


def _rows_read(marts: Marts) -> Figure:
    mart = "rpt_rows_read"
    rows = marts.table(mart)
    read = rows[rows["rows_read"] > 0] if len(rows) else rows
    if read.empty:
        return Figure("rows-read", "Rows read", mart, absent_because="The data has no rows.")
    rejected = int(read["rows_rejected"].sum())
    # An earlier version counted none.
    has_suppressed = "rows_suppressed" in read
    suppressed = int(read["rows_suppressed"].sum()) if has_suppressed else 0
    total = int(read["rows_read"].sum())
    left_out = _left_out(marts)
    all_accepted = not rejected and not suppressed
    shown = read.assign(
        name=read["source_table"].str.replace("_", " "),
        text=[
            f"{r:,} read, {x:,} rejected"
            for r, x in zip(read["rows_read"], read["rows_rejected"], strict=True)
        ],
    )
    return Figure(
        "rows-read",
        (
            _all_accepted(total, left_out)
            if all_accepted
            else _some_rejected(total, rejected, suppressed)
        ),
        mart,
        [
            Picture(
                charts.bars(
                    shown,
                    label="name",
                    value="rows_read",
                    text="text",
                    unit="rows read",
                )
            )
        ],
        Table(
            [
                Column("source_table", "table"),
                Column("rows_read", "rows read", COUNT),
                Column("rows_accepted", "accepted", COUNT),
                Column("rows_rejected", "rejected", COUNT),
                *(
                    [Column("rows_suppressed", "of erased customers", COUNT)]
                    if has_suppressed
                    else []
                ),
            ],
            rows,
        ),
        note=(
            f"The mapping had left out {_rows_in_words(left_out)} of your files before: they are"
            f" not among these {count(total)}."
            if left_out and not all_accepted
            else ""
        ),
    )


def _rows_in_words(rows: int) -> str:
    return f"{count(rows)} row{'' if rows == 1 else 's'}"


def _all_accepted(total: int, left_out: int) -> str:
    if not left_out:
        return f"All {count(total)} rows that were read were accepted"
    return (
        f"All {count(total)} rows made of your files were accepted; the mapping had left out"
        f" {count(left_out)} before"
    )


def _some_rejected(total: int, rejected: int, suppressed: int) -> str:
    of_erased = f", and {count(suppressed)} are of erased customers" if suppressed else ""
    return f"Of {count(total)} rows read, {count(rejected)} were rejected{of_erased}"


def _reasons(marts: Marts) -> Figure:
    mart = "rpt_reject_reasons"
    rows = marts.table(mart)
    if rows.empty:
        left_out = _left_out(marts)
        return Figure(
            "reject-reasons",
            "Why rows were rejected",
            mart,
            absent_because=(
                f"No row was rejected after the mapping. The rows that the mapping left out"
                f" ({count(left_out)}) stand above with their reasons."
                if left_out
                else "No row was rejected."
            ),
        )
    top = rows.sort_values(["rows_rejected", "reason"], ascending=[False, True]).iloc[0]
    return Figure(
        "reject-reasons",
        f"{count(top['rows_rejected'])} {top['source_table']} were rejected: {top['reason']}",
        mart,
        table=Table(
            [
                Column("source_table", "table"),
                Column("reason", "reason"),
                Column("rows_rejected", "rows", COUNT),
                Column("example", "example"),
            ],
            rows,
        ),
    )


def _models(marts: Marts) -> Figure:
    mart = "rpt_model_history"
    rows = marts.table(mart)
    current = rows[rows["is_in_force"]] if len(rows) else rows
    if current.empty:
        return Figure("models", "Models", mart, absent_because="No model was fitted.")
    newest = pd.Timestamp(current["fitted_at"].max())
    return Figure(
        "models",
        f"{len(current)} models are current; the newest was fitted on {newest:%Y-%m-%d}",
        mart,
        table=Table(
            [
                Column("segmentation", "segmentation"),
                Column("model_version", "model"),
                Column("fitted_at", "fitted on", DATE),
                Column("as_of", "with data up to", DATE),
                Column("fit_reason", "why it was fitted", REASON),
                Column("algorithm", "algorithm"),
                Column("k", "segments", COUNT),
                Column("customers", "customers it was fitted to", COUNT),
                Column("features_used", "features"),
                Column("features_dropped", "features left out, and why"),
            ],
            current,
        ),
    )


def _algorithms(marts: Marts, segmentation: str) -> Figure:
    mart = "rpt_algorithm_comparison"
    name = f"{segmentation}-algorithms"
    title = TITLES[segmentation][0]
    rows = marts.table(mart)
    known = with_value(where(rows, segmentation=segmentation), "silhouette")
    if known.empty:
        return Figure(
            name,
            f"{title}: comparison of algorithms",
            mart,
            absent_because="No other algorithms were fitted to compare with.",
        )
    known = known.sort_values(["silhouette", "algorithm"], ascending=[False, True], kind="stable")
    shown = known.assign(
        label=[
            algorithm.replace("_", " ") + (" (in use)" if chosen else "")
            for algorithm, chosen in zip(known["algorithm"], known["is_chosen"], strict=True)
        ],
        text=[
            f"{silhouette:.2f}, {segments:,} segments"
            for silhouette, segments in zip(known["silhouette"], known["segments"], strict=True)
        ],
    )
    return Figure(
        name,
        f"{title}: {_place_of_algorithm(known)}",
        mart,
        [
            Picture(
                charts.bars(
                    shown,
                    label="label",
                    value="silhouette",
                    text="text",
                    unit="silhouette",
                    axis=".1f",
                )
            )
        ],
        Table(
            [
                Column("algorithm", "algorithm"),
                Column("segments", "segments", COUNT),
                Column("silhouette", "silhouette", NUMBER),
                Column("calinski_harabasz", "Calinski-Harabasz", NUMBER),
                Column("davies_bouldin", "Davies-Bouldin", NUMBER),
                Column("stability_mean", "stability", NUMBER),
                Column("noise_share", "share in no dense group", SHARE),
                Column("is_chosen", "in use"),
            ],
            known,
        ),
        note="Fewer segments and noise raise a silhouette: it alone does not decide.",
    )


def _place_of_algorithm(known: pd.DataFrame) -> str:
    """Return which place the algorithm in use has among those ordered by silhouette."""
    chosen = known[known["is_chosen"]]
    if chosen.empty:
        return "algorithms by silhouette"
    place = list(known["is_chosen"]).index(True) + 1
    return (
        f"{chosen['algorithm'].iloc[0].replace('_', ' ')} is in use; by silhouette it is number "
        f"{place} of {len(known)}"
    )


def _backtest(marts: Marts) -> Figure:
    mart = "rpt_expected_loss_backtest"
    rows = marts.table(mart)
    if rows.empty or not rows["share_of_actual_loss"].notna().any():
        return Figure(
            "loss-backtest",
            "Expected loss, tested on the past",
            mart,
            absent_because="The data does not reach back far enough to test the forecast.",
        )
    ordered = rows.sort_values("fifth")
    shown = pd.concat(
        [
            pd.DataFrame(
                {
                    "name": [f"fifth {int(fifth)}" for fifth in ordered["fifth"]],
                    "ranked": ranked,
                    "held": ordered[column].astype(float),
                    "text": ordered[column].map(share),
                }
            )
            for ranked, column in (
                ("by expected loss", "share_of_actual_loss"),
                ("by spend alone", "share_by_run_rate"),
            )
        ]
    ).dropna()
    return Figure(
        "loss-backtest",
        _what_the_first_fifth_held(ordered.iloc[0], _forecast_day(ordered)),
        mart,
        [
            Picture(
                charts.grouped_bars(
                    shown,
                    charts.BarColumns("name", group="ranked", value="held", text="text"),
                    unit="share of the actual loss",
                    axis=".0%",
                )
            )
        ],
        Table(
            [
                Column("fifth", "fifth by expected loss", COUNT),
                Column("customers", "customers", COUNT),
                Column("expected_loss", "expected loss", MONEY),
                Column("actual_loss", "actual loss", MONEY),
                Column("share_of_actual_loss", "share of the actual loss", SHARE),
                Column("share_by_run_rate", "if ranked by spend alone", SHARE),
                Column("largest_possible_share", "largest possible", SHARE),
            ],
            ordered,
        ),
        note=_which_losses(ordered, _forecast_day(ordered)),
    )


def _forecast_day(rows: pd.DataFrame) -> str:
    """Return the day as of which losses were expected; nothing where the file does not say."""
    known = with_value(rows, "forecast_as_of")
    return date(known["forecast_as_of"].iloc[0]) if len(known) else ""


def _which_losses(rows: pd.DataFrame, day: str) -> str:
    """Say how these losses differ from those that the part about lifetime value speaks of."""
    by = with_value(rows, "expected_loss_by")
    if by.empty or not day:
        return ""
    if by["expected_loss_by"].iloc[0] == "forecast":
        return (
            f"Only the losses expected as of {day}, the newest day whose outcome is known."
            " The shares under Lifetime value are averages over all days of which the forecast was"
            " tested."
        )
    return (
        f"Losses expected as of {day} from each customer's own rhythm, as today's are. The shares"
        " under Lifetime value are of the forecast, which does not set today's expected losses."
    )


def _what_the_first_fifth_held(top: pd.Series, day: str) -> str:
    title = (
        f"{f'After {day}, the' if day else 'The'} fifth with the highest expected loss held"
        f" {share(top['share_of_actual_loss'])} of what was lost"
    )
    by_spend = float(top["share_by_run_rate"])
    if math.isfinite(by_spend):
        title += f"; the fifth that spends most held {share(by_spend)}"
    # NaN compares as False.
    if top["share_of_actual_loss"] <= CHANCE or top["share_of_actual_loss"] < by_spend:
        title = f"Do not rely on the expected loss. {title}"
    return title
