"""Runs of a part of the project: emptied ones, selections, the job of a pull request."""

from __future__ import annotations

from pathlib import Path

import pytest
from builds import QUICK, Warehouse, project_copy

WITHOUT_TESTS = ("--exclude-resource-type", "test", "unit_test")
# What has rows after an emptied run: counts of nothing, the run itself, and that there is nobody.
COUNTING = {
    "marts.rpt_builds",
    "marts.rpt_rows_read",
    "marts.rpt_shared_identities",
    "marts.rpt_warnings",
}


def rows(warehouse: Warehouse, *schemas: str) -> dict[str, int]:
    return {
        table: warehouse.query(f"select count(*) from {table}")[0][0]
        for table in warehouse.tables()
        if table.startswith(tuple(f"{schema}." for schema in schemas))
    }


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (
            ("build", "--select", "marts"),
            "needs: dbt build --select +marts --indirect-selection buildable.",
        ),
        # It reads them through models without tables.
        (("run", "--select", "rpt_warnings"), "needs: dbt build --select +rpt_warnings."),
        (("run",), "Load the seeds first: dbt seed;"),
        (
            ("run", "--empty", "--select", "+fct_customer_segments", "--exclude", "staging"),
            "Build everything once: dbt build; or what is selected and all that it needs: ",
        ),
    ],
)
def test_a_selection_that_reads_what_is_not_there(
    fresh: Warehouse, arguments: tuple[str, ...], advice: str
) -> None:
    done = fresh.dbt(*arguments, dataset="sample")
    assert done.returncode != 0
    assert done.stdout.count(f"neither selected nor in {fresh.path}: ") == 1
    assert advice in done.stdout
    assert "Catalog Error" not in done.stdout
    assert not [name for name in fresh.tables() if not name.startswith(("seeds.", "source_"))]


@pytest.mark.long
def test_an_emptied_run_of_a_file_without_seeds(fresh: Warehouse) -> None:
    done = fresh.dbt("run", "--empty", dataset="sample")
    assert done.returncode == 0, done.stdout[-3000:]
    found = rows(fresh, "marts")
    assert len(found) >= 17
    assert {mart for mart, count in found.items() if count} == COUNTING
    assert rows(fresh, "segmentation")["segmentation.value_model"] == 0
    # Seeds are read as dbt seed would have read them.
    types = "select table_name, column_name, data_type from information_schema.columns order by all"
    loaded, columns = rows(fresh, "seeds", "source_sample"), fresh.query(types)
    assert loaded["seeds.rfm_grid"] == 10
    assert fresh.dbt("seed", dataset="sample").returncode == 0
    after = rows(fresh, "seeds", "source_sample")
    assert {table: after[table] for table in loaded} == loaded
    assert set(columns) <= set(fresh.query(types))


@pytest.mark.long
def test_an_emptied_build_of_a_built_file(fresh: Warehouse) -> None:
    """Marts are emptied all together, models stay, and the next build is as if nothing had been."""
    fresh.build(*WITHOUT_TESTS, dataset="sample", **QUICK)
    undisturbed, tables = fresh.mart_hashes(), fresh.tables()

    refused = fresh.dbt("run", "--empty", "--select", "int_customers", dataset="sample", **QUICK)
    assert "marts of an earlier run (dim_customers, ...) would stand beside" in refused.stdout
    assert fresh.mart_hashes() == undisturbed

    # So does one that is refused because of what it reads.
    rest = [f"path:models/{folder}" for folder in ("intermediate", "segmentation", "marts")]
    refused = fresh.dbt("run", "--empty", "--select", *rest, dataset="members")
    assert "This run reads 5 tables neither selected nor in" in refused.stdout
    assert fresh.mart_hashes() == undisturbed

    # A run that stops in the middle leaves no mart of another run beside emptied ones.
    broken = Warehouse(fresh.folder, project_copy(fresh.folder / "project"))
    customers = broken.project / "models" / "intermediate" / "customers" / "int_customers.sql"
    customers.write_text("select nothing")
    stopped = broken.dbt("run", "--empty", dataset="sample", **QUICK)
    assert "ERROR creating sql table model intermediate.int_customers" in stopped.stdout
    assert not {mart for mart, count in rows(fresh, "marts").items() if count} - COUNTING

    # Other options, and a fit that is asked for: both are reasons to fit where there is anybody.
    fresh.build("--empty", "--exclude-resource-type", "unit_test", dataset="sample", refit=True)
    assert {mart for mart, count in rows(fresh, "marts").items() if count} == COUNTING
    fits = rows(fresh, "segmentation")
    assert [fits[f"segmentation.{name}_model"] for name in ("value", "profile", "prospects")] == [
        1,
        1,
        1,
    ]

    fresh.build(*WITHOUT_TESTS, dataset="sample", **QUICK)
    assert fresh.mart_hashes() == undisturbed
    assert fresh.tables() == tables


@pytest.mark.long
def test_the_job_of_a_pull_request(sample: Warehouse, tmp_path: Path) -> None:
    """What a change concerns is built in a file of its own beside main's tables, which stay."""
    before = sample.mart_hashes()
    project = project_copy(tmp_path / "project")
    for changed in (
        "models/marts/segments/rpt_segment_value.sql",
        "models/segmentation/value/value_segments.py",
    ):
        path = project / changed
        mark = "#" if path.suffix == ".py" else "--"
        path.write_text(f"{path.read_text()}\n{mark} A change.\n")
    job = Warehouse(tmp_path, project)
    state = ("--state", str(sample.folder / "target"))
    modified = ("--select", "state:modified+", "--exclude-resource-type", "unit_test")

    job.path = tmp_path / "pull_request.duckdb"
    lost = job.dbt("build", *modified, "--defer", *state, dataset="sample", **QUICK)
    assert "With --defer they are read where the manifest of --state says" in lost.stdout
    assert "Catalog Error" not in lost.stdout

    job.state = sample.path
    job.build(*modified, "--defer", *state, "--target", "pull_request", dataset="sample", **QUICK)
    built = job.tables()
    assert "marts.rpt_segment_value" in built
    assert "segmentation.value_segments" in built
    # Not modified, and downstream of nothing that is.
    assert "segmentation.value_model" not in built
    assert "marts.dim_customers" not in built
    value = "select * from marts.rpt_segment_value order by all"
    assert job.query(value) == sample.query(value)
    assert sample.mart_hashes() == before
