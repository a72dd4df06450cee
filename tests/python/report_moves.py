"""Marts of history, retention and drift, as the page reads them, with few rows each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from report_marts import AS_OF, ReportMarts, slug


def add_moves(
    marts: ReportMarts,
    names: Sequence[str],
    *,
    days: Sequence[str] = ("2025-08-31", "2025-10-31", AS_OF),
    segmentation: str = "value",
) -> None:
    """Add observed days: on each but the first, 5 customers of a segment go to the next one.

    Parameters
    ----------
    marts : ReportMarts
    names : sequence of str
        Of segments. Of each, 10 customers more than of the one after it stay; from the first to the
        last, on the last day, 7 go.
    days : sequence of str
    segmentation : str
    """
    of_last_day = {"segmentation": segmentation, "last_observed_on": days[-1]}
    marts.add(
        "fct_customer_segment_history",
        {**of_last_day, "customer_id": "C1", "valid_from": days[0], "entry": "first observed"},
    )
    for before, day in pairwise(days):
        of_day = {"segmentation": segmentation, "previous_as_of": before, "as_of": day}
        for place, name in enumerate(names):
            _add_move(marts, of_day, "stayed", (name, name), 10 * (len(names) - place))
            if place:
                _add_move(marts, of_day, "moved", (names[place - 1], name), 5)
        if day == days[-1] and len(names) > 1:
            _add_move(marts, of_day, "moved", (names[-1], names[0]), 7)
            _add_move(marts, of_day, "joined", (None, names[0]), 3)
            _add_move(marts, of_day, "left", (names[0], None), 2)


def _add_move(
    marts: ReportMarts,
    of_day: Mapping[str, Any],
    migration: str,
    ends: tuple[str | None, str | None],
    customers: int,
) -> None:
    sides = {}
    for side, name in zip(("from", "to"), ends, strict=True):
        sides[f"{side}_segment_slug"] = None if name is None else slug(name)
        sides[f"{side}_segment_name"] = name
    marts.add(
        "fct_segment_migrations",
        {**of_day, **sides, "migration": migration, "customers": customers, "share_of_from": 0.25},
    )


def add_retention_and_drift(marts: ReportMarts) -> None:
    # Who bought in the first month of the data counts as no new customer.
    for cohort, months in (("2025-08-01", 4), ("2025-09-01", 3), ("2025-10-01", 2)):
        for month in range(months + 1):
            marts.add(
                "rpt_retention",
                {
                    "cohort_month": cohort,
                    "months_since_first": month,
                    "customers": 40,
                    "buying_customers": 40 // (month + 1),
                    "share": 40 // (month + 1) / 40,
                    "is_whole_month": True,
                    "as_of": AS_OF,
                },
            )
    for place, (feature, kind) in enumerate(
        (("recency_days", "feature"), ("income", "missing values"), ("length_days", "feature"))
    ):
        marts.add(
            "rpt_drift",
            {
                "segmentation": "profile" if feature == "income" else "value",
                "subject_kind": kind,
                "feature": feature,
                "psi": 0.5 + place,
                "threshold": 0.1,
                "p_value": 0.0,
                "has_drifted": True,
                "is_alarm": True,
                "index_in_words": f"PSI {0.5 + place} above 0.100",
                "expected_to_drift": feature == "length_days",
                "moved_most": f"more customers with {feature} above 9: 10 % → 40 %",
                "share_at_fit": 0.1,
                "share_now": 0.4,
                "fitted_as_of": "2025-06-30",
                "as_of": AS_OF,
            },
        )
