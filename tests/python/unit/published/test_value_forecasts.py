"""What readers are told of lifetime value: of all customers, of one, and of files without it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from published_forecasts import NOT_ASKED_FOR, add_customer, forecast_marts
from report_marts import ReportMarts
from segmentation.cli.app import app
from segmentation.published.value_forecasts import ValueForecast, read_value_forecast
from typer.testing import CliRunner


@pytest.fixture
def marts(tmp_path: Path) -> ReportMarts:
    """Return a file with two customers: one who comes back, one who has left."""
    return forecast_marts(tmp_path / "segments.duckdb")


def read(marts: ReportMarts) -> ValueForecast | None:
    with marts.opened() as opened:
        return read_value_forecast(opened)


def summary(marts: ReportMarts, *options: str) -> str:
    marts.close()
    command = ["summary", "--warehouse", str(marts.path), *options]
    result = CliRunner().invoke(app, command, env={"COLUMNS": "300"})
    assert result.exit_code == 0, result.output
    return result.output


def test_what_is_expected_of_all(marts: ReportMarts) -> None:
    found = read(marts)
    assert found is not None
    assert (found.customers, found.active) == (2, 1.0)
    assert (found.expected_revenue, found.last_revenue) == (300.5, 410.0)
    assert (found.expected_revenue_of_year, found.lifetime_value) == (1200.0, 3000.0)
    assert found.sentence == (
        "1 of 2 customers are expected to be customers still; the next 90 days are expected to"
        " bring 300, and the last 90 brought 410."
    )
    said = " ".join(summary(marts).split())
    assert f"Lifetime value: {found.sentence} {found.verdict}" in said
    assert json.loads(summary(marts, "--json"))["lifetime_value"]["expected_revenue"] == 300.5


@pytest.mark.parametrize(
    ("ranks", "words"), [("true", "segments follow it"), ("false", "do not follow it")]
)
def test_the_verdict_says_whether_priorities_follow(
    marts: ReportMarts, ranks: str, words: str
) -> None:
    marts.run(f"update marts.rpt_lifetime_value_model set ranks_customers = {ranks}")
    found = read(marts)
    assert found is not None
    assert words in found.verdict


def test_a_forecast_that_loses_is_said_and_no_figure(marts: ReportMarts) -> None:
    marts.run("update marts.rpt_lifetime_value_model set loses_to_last_period = true")
    said = " ".join(summary(marts).split())
    assert "Lifetime value: Do not rely on the forecast of lifetime value: over past" in said
    assert "are expected to be customers still" not in said


def test_a_forecast_that_was_never_tested(marts: ReportMarts) -> None:
    marts.run("update marts.rpt_lifetime_value_model set loses_to_last_period = null")
    found = read(marts)
    assert found is not None
    assert found.verdict.startswith("No earlier quarter could be forecast to test it")


def test_why_there_is_no_forecast(marts: ReportMarts) -> None:
    marts.run("delete from marts.fct_customer_value_forecast")
    marts.run("update marts.rpt_lifetime_value_model set why_none = 'Too few [customers].'")
    found = read(marts)
    assert found is not None
    assert found.sentence == found.verdict == "Too few [customers]."
    assert "Lifetime value: Too few [customers].\n" in summary(marts)


def test_revenue_that_is_not_forecast(marts: ReportMarts) -> None:
    marts.run(
        "update marts.fct_customer_value_forecast set expected_revenue_90_days = null,"
        " expected_revenue_365_days = null, lifetime_value = null"
    )
    found = read(marts)
    assert found is not None
    assert found.expected_revenue is None
    assert found.sentence.endswith("expected to bring 4 purchases, and the last 90 brought 6.")


@pytest.mark.parametrize("mart", ["fct_customer_value_forecast", "rpt_lifetime_value_model"])
def test_a_file_of_an_earlier_version(tmp_path: Path, mart: str) -> None:
    marts = ReportMarts(tmp_path / "older.duckdb", without=[mart, *NOT_ASKED_FOR])
    add_customer(marts, "C1", probability_active=0.5)
    assert read(marts) is None
    assert "Lifetime value" not in summary(marts)
    assert json.loads(summary(marts, "--json"))["lifetime_value"] is None


def test_nobody_ever_bought(tmp_path: Path) -> None:
    assert read(ReportMarts(tmp_path / "empty.duckdb")) is None
