"""Which model is in force, from build to build: a challenger waits, people promote and pin."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from builds import NO_TESTS, QUICK, Warehouse, project_copy

# A refit must not move any customer, and must forecast as well as a model that saw the outcome.
LATER: dict[str, Any] = {"dataset": "sample", "as_of": "2026-02-28", **QUICK}
REFIT = LATER | {
    "refit_after_days": 30,
    "value_options": {**QUICK["value_options"], "gate_agreement": 1.0, "gate_silhouette_loss": 0},
    "lifetime_value_options": {**QUICK["lifetime_value_options"], "gate_skill_loss": 0},
}
# Tables that depend on the current model of value.
APPLIED = (
    *("--select", "model_promotions", "value_segments", "value_assignments", "value_projection"),
    *("value_challenger_assignments", "all_segments", "all_assignments", "fct_customer_segments"),
    *("dim_segments", "rpt_segment_projection", "rpt_model_history", "rpt_challenger_comparison"),
    *("all_models", "rpt_model_gates", "rpt_warnings", "all_scoring_rules"),
)
# And the fits, and what a challenger is compared by; other segmentations are those of the sample.
REFITTED = (
    *(*APPLIED, "value_model", "current_models", "rpt_fit_decisions"),
    *("+dim_customers", "+int_refunds_without_purchase", "fct_customer_measures"),
    *("+lifetime_value_forecast", "fct_customer_value_forecast"),
)
OF_VALUE = "where segmentation = 'value'"
FORECAST = (
    "--select",
    "model_promotions",
    "lifetime_value_forecast",
    "fct_customer_value_forecast",
)


@pytest.fixture(scope="module")
def challenged(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Build the sample two months later, without a refit and with one that fails a gate."""
    folder = tmp_path_factory.mktemp("challenged")
    warehouse = sample.copy(folder)
    warehouse.project = project_copy(folder / "project")
    warehouse.build(*NO_TESTS, "--select", "+value_assignments", **LATER)
    (folder / "before.txt").write_text(segments(warehouse), encoding="utf-8")
    said = warehouse.build(*REFITTED, *NO_TESTS, **REFIT)
    (folder / "said.txt").write_text(said, encoding="utf-8")
    return warehouse


def segments(warehouse: Warehouse) -> str:
    """Return a hash of what the current model says of every customer."""
    ((digest,),) = warehouse.query(
        "select md5(string_agg(to_json(named)::varchar, '' order by customer_id)) "
        "from (select * from segmentation.value_assignments inner join segmentation.value_segments "
        "using (segment_id, model_version)) as named"
    )
    return str(digest)


def versions(warehouse: Warehouse, segmentation: str = "value") -> tuple[str, str]:
    """Return the first fit of a segmentation and the second."""
    first, second = warehouse.query(
        "select model_version from marts.rpt_model_history "
        f"where segmentation = '{segmentation}' order by model_number"
    )
    return first[0], second[0]


def in_force(warehouse: Warehouse) -> set[tuple[str, ...]]:
    """Return the version that each table of value is of."""
    found = set()
    for table in (
        f"marts.fct_customer_segments {OF_VALUE} and model_version is not null",
        f"marts.dim_segments {OF_VALUE} and model_version is not null",
        f"marts.rpt_segment_projection {OF_VALUE}",
        f"marts.rpt_model_history {OF_VALUE} and is_in_force",
        f"segmentation.current_models {OF_VALUE}",
    ):
        found |= set(warehouse.query(f"select distinct model_version from {table}"))
    return found


def promote(warehouse: Warehouse, *arguments: str) -> str:
    """Call the command ``segmentation promote``."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("segmentation")), "promote", *arguments],
        cwd=warehouse.folder,
        env=warehouse.environment() | {"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.long
def test_a_refit_that_fails_a_gate_changes_no_segment(challenged: Warehouse) -> None:
    champion, challenger = versions(challenged)
    assert in_force(challenged) == {(champion,)}
    assert segments(challenged) == (challenged.folder / "before.txt").read_text(encoding="utf-8")
    assert challenged.query(
        "select model_version, became, chosen_by "
        f"from marts.rpt_model_history {OF_VALUE} order by model_version"
    ) == [(champion, "champion", "newest champion"), (challenger, "challenger", None)]
    ((reason,),) = challenged.query(
        "select reason from marts.rpt_fit_decisions where segmentation = 'value' "
        f"and became = 'challenger' and champion_version = '{champion}'"
    )
    assert reason.startswith("the last model is older than 30 days; it failed gates (")
    said = (challenged.folder / "said.txt").read_text(encoding="utf-8")
    assert f"Warning: {challenger}, fitted as of 2026-02-28 because the last model" in said


@pytest.mark.long
def test_the_comparison_is_of_all_customers(challenged: Warehouse) -> None:
    ((customers, revenue, share, kept, kept_share),) = challenged.query(
        "select sum(customers), sum(revenue), sum(share), "
        "sum(customers) filter (where not would_move), max(kept_share) "
        f"from marts.rpt_challenger_comparison {OF_VALUE}"
    )
    assert [(customers, revenue)] == challenged.query(
        "select count(*), sum(measures.revenue) from marts.fct_customer_segments as segments "
        "inner join marts.fct_customer_measures as measures using (customer_id) "
        f"{OF_VALUE} and segment_slug <> 'unassigned'"
    )
    assert share == pytest.approx(1)
    assert kept / customers == pytest.approx(kept_share)
    # The customers of each pair are listed.
    assert challenged.query(
        "select count(*) from segmentation.value_challenger_assignments as challengers "
        f"inner join marts.fct_customer_segments as segments using (customer_id) {OF_VALUE} "
        "and challengers.segment_slug <> segments.segment_slug"
    ) == [(customers - kept,)]


@pytest.mark.long
def test_people_promote_a_challenger_and_roll_back(challenged: Warehouse, tmp_path: Path) -> None:
    # In the project of the fixture: seeds are read when a build begins.
    warehouse = challenged.copy(tmp_path)
    first, second = versions(warehouse)
    expected = warehouse.query(
        "select customer_id, segment_slug from segmentation.value_challenger_assignments order by 1"
    )
    shown = promote(warehouse, second, "--reason", "they did change", "--decided-by", "Ada")
    assert "customers would keep their segment" in shown
    warehouse.build(*NO_TESTS, *APPLIED, **LATER)
    assert in_force(warehouse) == {(second,)}
    slugs = f"select customer_id, segment_slug from marts.fct_customer_segments {OF_VALUE}"
    found = warehouse.query(f"{slugs} and segment_slug <> 'unassigned' order by 1")
    assert found == expected
    assert warehouse.query(f"from marts.rpt_challenger_comparison {OF_VALUE}") == []

    # An older one, pinned, takes the place of that decision.
    promote(warehouse, first, "--pin", "--reason", "too soon")
    seed = warehouse.project / "seeds" / "model_promotions.csv"
    assert seed.read_text(encoding="utf-8").count("\n") == 2
    said = warehouse.build(*NO_TESTS, *APPLIED, **LATER)
    assert in_force(warehouse) == {(first,)}
    assert segments(warehouse) == (challenged.folder / "before.txt").read_text(encoding="utf-8")
    assert f"Warning: {first} is pinned and keeps out {second}" in said

    # What is written by hand is checked before anything is built.
    seed.write_text(seed.read_text(encoding="utf-8").replace(first, "value-0009-x"))
    done = warehouse.dbt("build", *NO_TESTS, *APPLIED, **LATER)
    assert done.returncode != 0
    assert (
        "seeds/model_promotions.csv, line 2: there is no model value-0009-x of value for sample. "
        f"The models are: {second} (as of 2026-02-28), {first} (as of 2025-12-31)."
    ) in " ".join((done.stdout + done.stderr).split())


@pytest.mark.long
def test_a_forecast_that_fails_a_gate_waits_until_people_promote_it(
    challenged: Warehouse, tmp_path: Path
) -> None:
    warehouse = challenged.copy(tmp_path)
    warehouse.project = project_copy(tmp_path / "project")
    first, second = versions(warehouse, "lifetime_value")

    def forecasts() -> list[tuple[Any, ...]]:
        return warehouse.query(
            "select model_version, sum(expected_purchases_90_days) "
            "from marts.fct_customer_value_forecast group by model_version"
        )

    ((version, expected),) = forecasts()
    assert version == first
    assert warehouse.query(
        "select gate from marts.rpt_model_gates "
        f"where model_version = '{second}' and became = 'challenger' and not is_passed"
    ) == [("skill",)]
    ((message, what_to_do),) = warehouse.query(
        "select message, what_to_do from marts.rpt_warnings "
        "where topic = 'challenger' and subject = 'lifetime_value'"
    )
    assert message.endswith(f"and waits; {first} stays in force.")
    assert what_to_do.startswith("See rpt_model_gates.")

    promote(warehouse, second, "--reason", "the shop did change")
    warehouse.build(*NO_TESTS, *FORECAST, **LATER)
    ((version, other),) = forecasts()
    assert version == second
    assert other != expected
    promote(warehouse, first, "--pin", "--reason", "too soon")
    warehouse.build(*NO_TESTS, *FORECAST, **LATER)
    assert forecasts() == [(first, expected)]
