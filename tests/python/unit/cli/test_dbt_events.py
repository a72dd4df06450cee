"""What is read from dbt's structured log."""

from __future__ import annotations

import json
from typing import Any

import pytest
from segmentation.cli.dbt_events import BuildProgress, stage_of, stage_totals


def event(name: str, level: str = "info", msg: str = "", **data: Any) -> str:
    return json.dumps({"info": {"name": name, "level": level, "msg": msg}, "data": data})


def node(name: str, path: str, kind: str = "model") -> dict[str, str]:
    return {"unique_id": f"{kind}.p.{name}", "node_path": path, "resource_type": kind}


@pytest.mark.parametrize(
    ("kind", "path", "stage"),
    [
        ("seed", "age_groups.csv", "seeds"),
        ("model", "staging/sample/stg_sample__orders.sql", "staging"),
        ("model", "intermediate/checked/int_checked_orders.sql", "checks"),
        ("model", "intermediate/customers/int_customers.sql", "customers"),
        ("model", "segmentation/value/value_model.py", "segments"),
        ("model", "marts/segments/dim_segments.sql", "marts"),
        ("model", "shop_orders.sql", "other models"),
        ("unit_test", "marts/segments/dim_segments.yml", "tests"),
    ],
)
def test_stages(kind: str, path: str, stage: str) -> None:
    assert stage_of(kind, path) == stage


def test_results_failures_and_reasons_are_counted() -> None:
    good, bad = node("a", "marts/a.sql"), node("b", "marts/b.sql")
    progress = BuildProgress()
    assert progress.take("no json") is None
    assert progress.take(event("ConcurrencyLine")) is None
    assert progress.began_to_run
    assert progress.take(event("LogStartLine", node_info=good)) is None
    assert progress.running == {"model.p.a": "marts"}
    done = event("LogModelResult", status="OK", execution_time=1.5, node_info=good)
    assert progress.take(done) == "marts"
    assert progress.running == {}
    progress.take(event("LogModelResult", "error", status="ERROR", node_info=bad))
    progress.take(event("SkippingDetails", node_info=node("c", "marts/c.sql")))
    progress.take(event("LogTestResult", status="fail", node_info=node("t", "t.sql", "test")))
    progress.take(event("RunResultError", "error", "  Runtime Error in model b\n"))
    progress.take(event("LogTestResult", "warn", "WARN 3 rows", node_info=node("t", "", "test")))
    assert (progress.done["marts"], progress.failed["marts"], progress.skipped["marts"]) == (
        2,
        1,
        1,
    )
    assert (progress.done["tests"], progress.failed["tests"]) == (2, 1)
    assert progress.seconds["marts"] == 1.5
    assert progress.reasons == ["Runtime Error in model b"]
    assert progress.warnings == ["WARN 3 rows"]


def test_totals_of_a_whole_build() -> None:
    nodes = [("model", "marts/a.sql"), ("test", "t.sql"), ("seed", "s.csv"), ("operation", "h.sql")]
    manifest = {
        "nodes": {str(i): {"resource_type": k, "path": p} for i, (k, p) in enumerate(nodes)},
        "unit_tests": {"u": {}},
    }
    assert stage_totals(manifest, unit_tests=False) == {"marts": 1, "tests": 1, "seeds": 1}
    assert stage_totals(manifest, unit_tests=True)["tests"] == 2


def test_counts_are_said_as_counts() -> None:
    """Not as the seconds that stand before them, and without what failed."""
    progress = BuildProgress()
    assert progress.counts_in_words == ""
    progress.done.update({"seeds": 8, "staging": 1, "tests": 1})
    assert progress.counts_in_words == "8 seeds, 1 model (1 staging), 1 test"
    progress.done.update({"marts": 3, "tests": 1203, "other models": 2})
    progress.failed.update({"marts": 1, "tests": 4, "staging": 1})
    assert progress.counts_in_words == "8 seeds, 4 models (2 marts, 2 other), 1,200 tests"
