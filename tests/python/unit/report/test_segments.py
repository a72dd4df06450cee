"""The order of segments, and names of features."""

from __future__ import annotations

import pandas as pd
import pytest
from report_marts import ReportMarts
from segmentation.report.segments import feature_label, in_order, segments_of


def test_the_largest_first_and_unassigned_last(marts: ReportMarts) -> None:
    names = ["Unassigned", "Beta", "Alpha", "Gone", "Main"]
    marts.add_segments(names, customers=[90, 10, 10, 0, 50])
    marts.add_segments(["Other"], "profile")
    with marts.opened() as opened:
        assert list(segments_of(opened, "value")["segment_name"]) == [
            *("Main", "Alpha", "Beta", "Gone")
        ]
        everybody = segments_of(opened, "value", unassigned=True)
        assert everybody["segment_name"].iloc[-1] == "Unassigned"
        assert len(everybody) == 5
        assert segments_of(opened, "prospects").empty


def test_segments_of_prospects_are_in_the_order_of_what_is_expected(marts: ReportMarts) -> None:
    marts.add_segments(["Few", "Many"], "prospects", customers=[9, 1])
    marts.run("update marts.dim_segments set expected_customers = 10 - customers")
    with marts.opened() as opened:
        assert list(segments_of(opened, "prospects")["segment_name"]) == ["Many", "Few"]


def test_rows_in_the_order_of_segments() -> None:
    """Rows of a segment keep their order; others are left out."""
    segments = pd.DataFrame({"segment_slug": ["b", "a", "c"]})
    rows = pd.DataFrame({"segment_slug": ["a", "x", "b", "a", "b"], "n": range(5)})
    assert list(in_order(rows, segments)["n"]) == [2, 4, 0, 3]
    assert in_order(rows, segments[:0]).empty
    assert in_order(rows[:0], segments).empty


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("recency_days", "recency (days)"),
        ("usual_gap_days", "usual gap (days)"),
        ("age", "age"),
        ("marital_status", "marital status"),
        ("days_since", "days since"),
    ],
)
def test_names_of_features(name: str, label: str) -> None:
    assert feature_label(name) == label
