"""What drifted since the models were fitted, as a table in words."""

from __future__ import annotations

from segmentation.published.drift_figures import ALARMS, DRIFT, Drift, read_drift
from segmentation.published.read_marts import Marts
from segmentation.report.content import Column, Figure, Table
from segmentation.report.formats import DATE, SHARE


def nothing_drifted(drift: Drift | None) -> str:
    """Return a sentence if nothing drifted; empty if something did, or if nothing was measured."""
    if drift is None or not drift.measured or drift.drifted:
        return ""
    return f"{drift.sentence}."


def drift_figure(marts: Marts) -> Figure | None:
    """Return what drifted, least explained by chance first; None where nothing did."""
    name = "drift"
    drift = read_drift(marts)
    if drift is None or not drift.measured:
        return Figure(
            name,
            "Drift",
            DRIFT,
            absent_because="The current models were fitted by a version that stored nothing to"
            " compare with, or there is no model; the next fit stores it.",
        )
    if not drift.drifted:
        return None
    rows = marts.frame(f"select * from {DRIFT} {ALARMS}")
    return Figure(
        name,
        drift.sentence,
        DRIFT,
        table=Table(
            [
                Column("feature", "what drifted"),
                Column("moved_most", "what changed most"),
                Column("subject_kind", "of the kind"),
                Column("segmentation", "segmentation"),
                Column("share_at_fit", "share at the fit", SHARE),
                Column("share_now", "share now", SHARE),
                Column("index_in_words", "index"),
                Column("expected_to_drift", "by construction"),
                Column("fitted_as_of", "fitted as of", DATE),
            ],
            rows,
        ),
        note=(
            "Without drift, a row is here in one of a hundred builds. Textbooks call a population"
            " stability index (PSI) below 0.1 small and one above 0.25 large. What drifts by"
            " construction counts a whole history, or a window longer than the shop is old."
        ),
    )
