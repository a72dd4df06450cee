"""Marts of refits and of a model that waits, as the page reads them, with few rows each."""

from __future__ import annotations

from collections.abc import Sequence

from report_marts import AS_OF, ReportMarts, slug

CURRENT, CHALLENGER = "value-0001-a", "value-0002-b"
FIT = {"segmentation": "value", "dataset": "sample", "variant": "default"}
# The model in force, in rpt_model_history.
CURRENT_FIT = {
    **FIT,
    "model_version": CURRENT,
    "became": "champion",
    "is_in_force": True,
    "chosen_by": "newest champion",
}


def add_events(
    marts: ReportMarts,
    *events: tuple[str, str | None, str | None, int],
    version: str = CURRENT,
    segmentation: str = "value",
    as_of: str = "2025-10-31",
) -> None:
    """Add what became of segments of 100 customers at a refit.

    Parameters
    ----------
    marts : ReportMarts
    *events : tuple of (str, str or None, str or None, int)
        The kind, the segment before, the segment after, and how many customers are in both; of a
        segment that emerged, how many it has.
    version, segmentation, as_of : str
        Of the model that was fitted.
    """
    for kind, before, after, customers in events:
        has_both = before is not None and after is not None
        marts.add(
            "fct_segment_events",
            {
                "segmentation": segmentation,
                "model_version": version,
                "previous_version": f"{segmentation}-0000-z",
                "as_of": as_of,
                "event_kind": kind,
                "from_segment_slug": None if before is None else slug(before),
                "from_segment_name": before,
                "to_segment_slug": None if after is None else slug(after),
                "to_segment_name": after,
                "keeps_slug": before == after if has_both else None,
                "shared_customers": customers if has_both else None,
                "customers_before": None if before is None else 100,
                "customers_after": None if after is None else max(customers, 1),
                "share_of_from": customers / 100 if has_both else None,
            },
        )


def add_challenger(
    marts: ReportMarts,
    names: Sequence[str],
    *gates: tuple[str, float, float],
    became: str = "challenger",
) -> None:
    """Add a model that waits beside CURRENT_FIT.

    Of each segment but the last, 5 customers would go to the next one.

    Parameters
    ----------
    marts : ReportMarts
    names : sequence of str
        Of the segments of value; 20 customers of each would stay.
    *gates : tuple of (str, float, float)
        Gates that it failed, with its figure and the least that passes.
    became : str
        What the fit became.
    """
    of_fit = {**FIT, "model_version": CHALLENGER, "became": became, "is_in_force": False}
    fitted = {"as_of": AS_OF, "fitted_at": "2026-01-01 09:00:00", "k": len(names)}
    marts.add("rpt_model_history", {**of_fit, **fitted})
    for gate, value, least in gates:
        figures = {"gate": gate, "gate_value": value, "least_value": least, "is_passed": False}
        marts.add("rpt_model_gates", {**of_fit, **figures})
    for place, name in enumerate(names):
        pairs = [(name, 20)] if place == len(names) - 1 else [(name, 20), (names[place + 1], 5)]
        for after, customers in pairs:
            marts.add(
                "rpt_challenger_comparison",
                {
                    "segmentation": "value",
                    "champion_version": CURRENT,
                    "challenger_version": CHALLENGER,
                    "champion_slug": slug(name),
                    "champion_name": name,
                    "challenger_slug": slug(after),
                    "challenger_name": after,
                    "would_move": after != name,
                    "customers": customers,
                    "share": customers / (25 * len(names) - 5),
                    "revenue": 10 * customers,
                },
            )
