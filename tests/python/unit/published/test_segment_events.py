"""What became of segments at refits: sentences, the summary and its JSON, files without it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from published_forecasts import NOT_ASKED_FOR
from report_marts import ReportMarts
from report_moves import add_moves
from report_refits import CHALLENGER, CURRENT_FIT, add_challenger, add_events
from segmentation.cli.app import app
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.published.segment_events import Refit, read_refits
from typer.testing import CliRunner

NAMES = ["Loyal", "At Risk", "New"]


@pytest.fixture
def marts(tmp_path: Path) -> ReportMarts:
    marts = ReportMarts(tmp_path / "segments.duckdb", without=NOT_ASKED_FOR)
    marts.add_segments(NAMES)
    return marts


def refits(marts: ReportMarts) -> list[Refit]:
    with marts.opened() as opened:
        found = read_refits(DuckDBEngine(opened.connection), opened.descriptions)
    assert found is not None
    return found


def summary(marts: ReportMarts, *options: str) -> str:
    marts.close()
    command = ["summary", "--warehouse", str(marts.path), *options]
    result = CliRunner().invoke(app, command, env={"COLUMNS": "300"})
    assert result.exit_code == 0, result.output
    return result.output


def test_what_became_of_each_segment_is_a_sentence(marts: ReportMarts) -> None:
    add_events(
        marts,
        ("survived", "Lost", "Lost", 95),
        ("survived", "Rare", "Seldom", 80),
        ("merged", "Early", "Keen", 75),
        ("merged", "Young", "Keen", 90),
        ("split", "Loyal", "Champions", 35),
        ("split", "Loyal", "Loyal", 60),
        ("vanished", "Late", None, 0),
        ("emerged", None, "Fresh", 1234),
    )
    (refit,) = refits(marts)
    assert refit.news == [
        "Loyal split in two: 60.0% stayed Loyal and 35.0% are now Champions",
        "90.0% of Young and 75.0% of Early merged into Keen",
        "Late vanished: its 100 customers are spread over other segments",
        "Fresh emerged, with 1,234 customers",
        "80.0% of Rare are now called Seldom",
    ]
    assert refit.sentence == (
        "At the refit of 2025-10-31, Loyal split in two: 60.0% stayed Loyal and 35.0% are now"
        " Champions; 4 more changes; 1 segment survived"
    )
    assert refit.news_of("Young") == refit.news[1]
    assert refit.news_of("Lost") is None
    assert refit.news_of("New") is None


def test_a_segment_without_customers_vanishes(marts: ReportMarts) -> None:
    add_events(marts, ("vanished", "Late", None, 0))
    marts.run("update marts.fct_segment_events set customers_before = 0")
    assert refits(marts)[0].news == ["Late, which had no customers, vanished"]


def test_segments_that_survive_are_no_news(marts: ReportMarts) -> None:
    add_events(marts, ("survived", "Lost", "Lost", 95), ("survived", "Loyal", "Loyal", 95))
    (refit,) = refits(marts)
    assert refit.news == []
    assert refit.sentence == "The refit of 2025-10-31 kept all 2 segments"


def test_a_challenger_has_no_events_until_it_is_in_force(marts: ReportMarts) -> None:
    add_challenger(marts, NAMES)
    add_events(marts, ("vanished", "Late", None, 0), version=CHALLENGER)
    assert refits(marts) == []
    marts.run("update marts.rpt_model_history set is_in_force = true")
    assert len(refits(marts)) == 1


@pytest.mark.long
def test_the_refit_that_moved_customers_is_in_the_summary(marts: ReportMarts) -> None:
    add_moves(marts, NAMES)
    add_events(marts, ("vanished", "Early", None, 0), as_of="2025-10-31", version="value-0000-y")
    add_events(marts, ("vanished", "Late", None, 0), as_of="2025-12-31")
    marts.add("rpt_model_history", CURRENT_FIT)
    # No customer was moved by it.
    assert "At the refit" not in summary(marts)
    marts.run(
        "update marts.fct_customer_segment_history set is_new_model = true,"
        " valid_from = last_observed_on"
    )
    assert (
        "can have moved them. At the refit of 2025-12-31, Late vanished: its 100 customers are"
        " spread over other segments; no segment survived." in summary(marts)
    )
    assert "Early" not in summary(marts)
    marts.run("update marts.rpt_model_history set chosen_by = 'promoted'")
    assert "At the refit" not in summary(marts)
    first, second = json.loads(summary(marts, "--json"))["refits"]
    assert (first["as_of"], second["as_of"]) == ("2025-12-31", "2025-10-31")
    assert first["events"][0]["kind"] == "vanished"


def test_files_of_a_version_without_events(tmp_path: Path) -> None:
    without = ("fct_segment_events", "rpt_challenger_comparison", *NOT_ASKED_FOR)
    marts = ReportMarts(tmp_path / "segments.duckdb", without=without)
    marts.add_segments(NAMES)
    facts = json.loads(summary(marts, "--json"))
    assert (facts["refits"], facts["waiting_models"]) == (None, None)
