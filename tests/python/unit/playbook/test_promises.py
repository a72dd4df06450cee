"""Names that are promises: which segment gets which name, and which name stays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from segmentation.playbook.feature_words import FeatureWords
from segmentation.playbook.playbook import PlaybookRow, conditions_of, read_playbook
from segmentation.playbook.promises import PromisedName, UnnamedSegment, promised_names

THRESHOLDS = {"typical_monetary": 100.0, "typical_frequency": 10.0}
WORDS = {"length": FeatureWords("length", "shorter history", "longer history", "{} days", 0)}
CONDITIONS = [
    ("late", "overdue > 2"),
    (
        "loyal",
        "monetary >= 1.5 * typical_monetary and monetary is highest and frequency is highest",
    ),
    ("potential", "monetary >= typical_monetary and frequency >= typical_frequency"),
    ("occasional", "overdue <= 2"),
]


@pytest.fixture
def rows() -> list[PlaybookRow]:
    records: list[dict[str, Any]] = [
        {
            "segmentation": "value",
            "k": None,
            "segment_slug": slug,
            "segment_name": slug.capitalize(),
            "target_z_scores": None,
            "condition": condition,
            "condition_of": "segment",
            "condition_order": order,
            "description": "",
            "strategy": "",
            "channel": "",
            "priority": "",
        }
        for order, (slug, condition) in enumerate(CONDITIONS, start=1)
    ]
    return conditions_of(read_playbook(records, "value"), "segment")


def segment(
    monetary: float,
    frequency: float,
    overdue: float = 1.0,
    customers: int = 10,
    length: float = 0.0,
    earlier: str | None = None,
) -> UnnamedSegment:
    return UnnamedSegment(
        customers,
        {"monetary": monetary, "frequency": frequency, "overdue": overdue},
        {"length": length},
        PromisedName(earlier, earlier.capitalize(), earlier) if earlier else None,
    )


def slugs(segments: list[UnnamedSegment], rows: list[PlaybookRow]) -> list[str | None]:
    names = promised_names(segments, rows, THRESHOLDS, WORDS)
    return [name.segment_slug if name else None for name in names]


def test_the_first_condition_that_holds_names(rows: list[PlaybookRow]) -> None:
    found = slugs([segment(50, 5), segment(500, 50), segment(120, 12), segment(900, 90, 3)], rows)
    # The late one is no longer left when the highest is looked for.
    assert found == ["occasional", "loyal", "potential", "late"]


def test_only_one_is_the_highest_and_of_equal_ones_the_first(rows: list[PlaybookRow]) -> None:
    assert slugs([segment(500, 50), segment(500, 50)], rows) == ["loyal", "potential"]
    # Another comes more often: no segment is the highest in both.
    found = slugs([segment(500, 50), segment(300, 60, length=1.0)], rows)
    assert found == ["potential", "potential_longer_history"]


def test_the_only_segment_is_not_the_highest(rows: list[PlaybookRow]) -> None:
    assert slugs([segment(500, 50)], rows) == ["potential"]
    # Nor is the only one that earlier conditions leave.
    assert slugs([segment(500, 50), segment(900, 90, 3)], rows) == ["potential", "late"]


def test_several_of_one_condition_are_told_apart(rows: list[PlaybookRow]) -> None:
    segments = [
        segment(50, 5, customers=5, length=1.0),
        segment(40, 5, customers=9, length=0.0),
        segment(30, 5, customers=7, length=-0.5),
    ]
    names = promised_names(segments, rows, THRESHOLDS, WORDS)
    assert [name.segment_name for name in names if name] == [
        "Occasional: longer history",
        "Occasional",
        "Occasional: shorter history",
    ]
    assert {name.playbook_slug for name in names if name} == {"occasional"}


def test_an_earlier_name_stays_within_the_slack(rows: list[PlaybookRow]) -> None:
    kept = segment(85, 9, earlier="potential")
    lost = segment(60, 9, earlier="potential")
    names = promised_names([kept], rows, THRESHOLDS, WORDS)
    assert names[0] is not None
    assert (names[0].segment_slug, names[0].is_kept, names[0].renamed_because) == (
        "potential", True, None,
    )  # fmt: skip
    names = promised_names([lost], rows, THRESHOLDS, WORDS)
    assert names[0] is not None
    assert (names[0].segment_slug, names[0].is_kept) == ("occasional", False)
    assert names[0].renamed_because == (
        "its median monetary is 60, and the name promises monetary >= 100 (typical_monetary)"
    )


def test_a_row_with_another_slug_names_the_segment_that_it_named(rows: list[PlaybookRow]) -> None:
    """The highest of all is the highest, although the others keep their names."""
    rows = [
        replace(row, segment_slug="best") if row.segment_slug == "loyal" else row for row in rows
    ]
    known = [
        segment(400, 40, earlier="loyal"),
        segment(50, 5, earlier="occasional"),
        segment(50, 5, overdue=3, earlier="late"),
    ]
    fresh = [replace(one, earlier=None) for one in known]
    for segments in (known, fresh):
        names = promised_names(segments, rows, THRESHOLDS, WORDS)
        assert [name and name.segment_slug for name in names] == ["best", "occasional", "late"]


def test_who_is_lower_than_a_kept_name_is_not_the_highest(rows: list[PlaybookRow]) -> None:
    segments = [
        segment(400, 40, earlier="loyal"),
        segment(200, 20),
        segment(50, 5),
    ]
    names = promised_names(segments, rows, THRESHOLDS, WORDS)
    assert [name and name.segment_slug for name in names] == ["loyal", "potential", "occasional"]


def test_a_segment_without_customers_keeps_its_name(rows: list[PlaybookRow]) -> None:
    nobody = UnnamedSegment(0, {}, {}, PromisedName("loyal", "Loyal", "loyal"))
    assert slugs([nobody, segment(120, 12)], rows) == ["loyal", "potential"]


def test_where_no_condition_holds_there_is_no_name(rows: list[PlaybookRow]) -> None:
    unknown = UnnamedSegment(5, {"monetary": 1.0}, {})
    assert slugs([unknown], rows) == [None]
