"""Who moved and what drifted: sentences, the summary and its JSON, files without it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from published_forecasts import NOT_ASKED_FOR
from report_marts import ReportMarts
from report_moves import add_moves
from segmentation.cli.app import app
from segmentation.published.drift_figures import Drift, DriftFigure, read_drift
from segmentation.published.segment_moves import ONE_DAY, SegmentMoves, read_segment_moves
from typer.testing import CliRunner

NAMES = ["Loyal", "At Risk", "New"]


@pytest.fixture
def marts(tmp_path: Path) -> ReportMarts:
    """Return a file with segments, of which no day was observed."""
    marts = ReportMarts(tmp_path / "segments.duckdb", without=NOT_ASKED_FOR)
    marts.add_segments(NAMES)
    return marts


def moves(marts: ReportMarts, segmentation: str = "value") -> SegmentMoves:
    with marts.opened() as opened:
        found = read_segment_moves(opened)
    assert found is not None
    return found[segmentation]


def summary(marts: ReportMarts, *options: str) -> str:
    marts.close()
    command = ["summary", "--warehouse", str(marts.path), *options]
    result = CliRunner().invoke(app, command, env={"COLUMNS": "300"})
    assert result.exit_code == 0, result.output
    return result.output


def line(marts: ReportMarts) -> str:
    """Return the line of the summary about time."""
    (found,) = [text for text in summary(marts).splitlines() if text.startswith("Over time: ")]
    return found


def test_moves_between_the_last_two_days(marts: ReportMarts) -> None:
    add_moves(marts, NAMES)
    add_moves(marts, NAMES[:2], segmentation="profile")
    found = moves(marts)
    assert (found.stayed, found.moved, found.joined, found.left) == (60, 17, 3, 2)
    assert found.customers_before == 60 + 17 + 2
    assert found.sentence == (
        "17 of 79 customers moved since 2025-10-31; most from New to Loyal (7)"
    )
    assert line(marts).startswith(
        "Over time: by value, 17 of 79 customers moved since 2025-10-31; most from New to Loyal"
        " (7). By profile, 12 moved. Drift was not measured"
    )
    facts = json.loads(summary(marts, "--json"))["segment_moves"]["value"]
    assert facts["previous_as_of"] == "2025-10-31"
    assert facts["largest"] == {"from_segment": "New", "to_segment": "Loyal", "customers": 7}
    assert facts["sentence"] == f"{found.sentence}."


def test_of_equal_moves_the_first_by_slug_is_named(marts: ReportMarts) -> None:
    add_moves(marts, NAMES)
    marts.run("update marts.fct_segment_migrations set customers = 5 where migration = 'moved'")
    assert moves(marts).sentence.endswith("; most from At Risk to New (5)")


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("false", "0 of 62 customers moved since 2025-10-31"),
        ("customers = 7", "7 of 69 customers moved since 2025-10-31, all from New to Loyal"),
    ],
)
def test_one_move_and_none(marts: ReportMarts, where: str, words: str) -> None:
    add_moves(marts, NAMES)
    marts.run(
        f"delete from marts.fct_segment_migrations where migration = 'moved' and not ({where})"
    )
    assert moves(marts).sentence == words


def test_another_model_can_have_moved_them(marts: ReportMarts) -> None:
    """It is another one than on the day before: that of an earlier day does not matter."""
    add_moves(marts, NAMES)
    insert = "insert into marts.fct_customer_segment_history (segmentation, customer_id, valid_from"
    change = ", last_observed_on, is_new_model) values ('value', 'C2', '{}', '2025-12-31', true)"
    marts.run(insert + change.format("2025-10-31"))
    assert not moves(marts).is_new_model
    marts.run(insert + change.format("2025-12-31"))
    assert moves(marts).is_new_model
    assert "Another model was fitted in between" in line(marts)


def test_one_observed_day(marts: ReportMarts) -> None:
    add_moves(marts, NAMES, days=("2025-12-31",))
    found = moves(marts)
    assert found.previous_as_of is None
    assert line(marts).startswith(f"Over time: only 2025-12-31 was observed. {ONE_DAY}")


def test_files_that_say_nothing_of_time(tmp_path: Path) -> None:
    """An earlier version built them."""
    without = ("fct_customer_segment_history", "rpt_drift", *NOT_ASKED_FOR)
    marts = ReportMarts(tmp_path / "segments.duckdb", without=without)
    marts.add_segments(NAMES)
    assert "Over time" not in summary(marts)
    facts = json.loads(summary(marts, "--json"))
    assert (facts["segment_moves"], facts["drift"]) == (None, None)


def add_figures(marts: ReportMarts, *figures: tuple[str, float, bool, bool]) -> None:
    for feature, psi, drifted, expected in figures:
        marts.add(
            "rpt_drift",
            {
                "segmentation": "value",
                "subject_kind": "missing values" if feature == "income" else "feature",
                "feature": feature,
                "psi": psi,
                "threshold": 0.1,
                "p_value": 0.0,
                "has_drifted": True,
                "is_alarm": drifted,
                "index_in_words": f"PSI {psi} above 0.100",
                "expected_to_drift": expected,
            },
        )


def drift(marts: ReportMarts) -> Drift:
    with marts.opened() as opened:
        found = read_drift(opened)
    assert found is not None
    return found


def test_nothing_drifted(marts: ReportMarts) -> None:
    add_figures(marts, ("age", 0.0, False, False), ("income", 0.09, False, False))
    assert drift(marts).sentence == "Nothing drifted: 2 figures measured, none beyond chance"


def test_what_drifts_by_construction_is_no_news(marts: ReportMarts) -> None:
    add_figures(marts, ("age", 0.0, False, False), ("length_days", 9.0, True, True))
    assert drift(marts).sentence == (
        "Nothing drifted but what does by construction: 1 of 2 figures, most of all length_days"
        " (value)"
    )


def test_what_drifted_most_is_named_first(marts: ReportMarts) -> None:
    figures = [("age", 0.2), ("income", 0.4), ("monetary", 0.3), ("visits", 0.15)]
    add_figures(marts, *((name, psi, True, False) for name, psi in figures))
    add_figures(marts, ("length_days", 9.0, True, True))
    found = drift(marts)
    assert [figure.feature for figure in found.drifted] == [
        *("income", "monetary", "age", "visits", "length_days")
    ]
    assert found.sentence == (
        "4 of 5 figures drifted, most of all missing values of income (value), monetary (value),"
        " age (value); 1 more by construction"
    )
    assert json.loads(summary(marts, "--json"))["drift"]["drifted"][0]["feature"] == "income"


def test_one_figure_that_drifted() -> None:
    figure = DriftFigure("profile", "segments", "segments", 0.5, None, "PSI 0.5", False, None)
    assert Drift(1, (figure,)).sentence == "1 of 1 figure drifted: segments (profile)"
    forecast = DriftFigure(
        "lifetime_value", "forecast error", "revenue", None, -0.5, "50 % less", False, None
    )
    assert Drift(2, (forecast,)).sentence == "1 of 2 figures drifted: forecast of revenue"
