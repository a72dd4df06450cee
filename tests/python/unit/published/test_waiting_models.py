"""The model that waits beside the one in force: sentences, the summary and its JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from published_forecasts import NOT_ASKED_FOR
from report_marts import ReportMarts
from report_refits import CHALLENGER, CURRENT, CURRENT_FIT, add_challenger
from segmentation.cli.app import app
from segmentation.published.waiting_models import FailedGate, WaitingModel, read_waiting_models
from typer.testing import CliRunner

NAMES = ["Loyal", "At Risk", "New"]


@pytest.fixture
def marts(tmp_path: Path) -> ReportMarts:
    marts = ReportMarts(tmp_path / "segments.duckdb", without=NOT_ASKED_FOR)
    marts.add_segments(NAMES)
    marts.add("rpt_model_history", CURRENT_FIT)
    of_others = {"dataset": "members", "model_version": "value-0009-m"}
    marts.add("rpt_model_history", {**CURRENT_FIT, **of_others})
    return marts


def waiting(marts: ReportMarts) -> list[WaitingModel]:
    with marts.opened() as opened:
        found = read_waiting_models(opened)
    assert found is not None
    return found


def test_a_challenger_waits(marts: ReportMarts) -> None:
    add_challenger(marts, NAMES, ("smallest share", 0.004, 0.01), ("silhouette", 0.25, 0.3))
    (model,) = waiting(marts)
    assert model.sentence == (
        "A newer model of value, fitted as of 2025-12-31, is not used: with it, 10 of 70 customers"
        " would move"
    )
    assert model.because == (
        "It failed 2 gates: its mean silhouette is 0.250 (gate: 0.300); its smallest segment has"
        " 0.4% of the customers in clusters (gate: 1.0%)."
    )
    assert model.advice == (
        f'To use it: segmentation promote {CHALLENGER} --reason "...", then build.'
    )


def test_a_pin_keeps_out_a_fit(marts: ReportMarts) -> None:
    add_challenger(marts, NAMES, became="champion")
    marts.run("update marts.rpt_model_history set chosen_by = 'pinned' where is_in_force")
    (model,) = waiting(marts)
    assert model.because == f"{CURRENT} is pinned."


def test_no_model_waits(marts: ReportMarts) -> None:
    assert waiting(marts) == []


@pytest.mark.parametrize(
    ("gate", "sentence"),
    [
        (
            FailedGate("agreement", 0.9496, 0.95),
            "94.96% of the customers would keep their segment (gate: 95.00%)",
        ),
        (
            FailedGate("stability", 0.55, 0.6),
            "its clusters agree with those of resamples by 0.550 (adjusted Rand index)"
            " (gate: 0.600)",
        ),
        (FailedGate("of a later version", 1.0, 2.0), "its of a later version is 1.000 (gate: 2.0"),
    ],
)
def test_figures_are_written_until_they_look_different(gate: FailedGate, sentence: str) -> None:
    assert gate.sentence.startswith(sentence)


def test_the_summary_has_a_sentence_and_the_json_has_all(marts: ReportMarts) -> None:
    add_challenger(marts, NAMES, ("agreement", 0.8, 0.9))
    marts.close()
    command = ["summary", "--warehouse", str(marts.path)]
    shown = CliRunner().invoke(app, command, env={"COLUMNS": "300"}).output
    assert "is not used: with it, 10 of 70 customers would move. " in shown
    (fact,) = json.loads(CliRunner().invoke(app, [*command, "--json"]).output)["waiting_models"]
    assert fact["model_version"] == CHALLENGER
    assert fact["failed_gates"] == [{"gate": "agreement", "value": 0.8, "least": 0.9}]
