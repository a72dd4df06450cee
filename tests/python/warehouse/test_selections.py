"""Runs of a part of the project: emptied ones, selections, the job of a pull request."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from builds import NO_TESTS, NO_UNIT_TESTS, QUICK, Warehouse, project_copy

pytestmark = pytest.mark.long

# Of a run of the sample, as a shell reads them.
SAMPLE = {"dataset": "sample", **QUICK}
VARS = f"--vars '{json.dumps(SAMPLE, sort_keys=True)}'"
# What has rows after an emptied run: counts of nothing, and the run itself.
COUNTING = {
    # Why there is no forecast.
    "marts.rpt_lifetime_value_model",
    "marts.rpt_builds",
    "marts.rpt_fit_decisions",
    "marts.rpt_rows_read",
    "marts.rpt_shared_identities",
}


def rows(warehouse: Warehouse, *schemas: str) -> dict[str, int]:
    within = tuple(f"{schema}." for schema in schemas)
    tables = [table for table in warehouse.tables() if table.startswith(within)]
    with warehouse.reading() as connection:
        return {
            table: connection.sql(f"select count(*) from {table}").fetchall()[0][0]
            for table in tables
        }


def change_models(warehouse: Warehouse, k: str) -> None:
    """Change a value in every stored model, so that its digest is that of another row."""
    with duckdb.connect(str(warehouse.path)) as connection:
        for segmentation in ("value", "profile", "prospects"):
            connection.execute(f"update segmentation.{segmentation}_model set k = {k}")


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (
            ("build", "--select", "marts"),
            f"needs: dbt build --select +marts --indirect-selection buildable {VARS}\n",
        ),
        # It reads them through models without tables.
        pytest.param(
            ("run", "--select", "rpt_warnings"),
            f"needs: dbt build --select +rpt_warnings {VARS}\n",
            marks=pytest.mark.long,
        ),
        (("run",), f"Load the seeds first: dbt seed {VARS}\n"),
        pytest.param(
            ("test",), f"Build everything once: dbt build {VARS}\n", marks=pytest.mark.long
        ),
        pytest.param(
            ("run", "--empty", "--select", "+fct_customer_segments", "--exclude", "staging"),
            f"Build everything once: dbt build {VARS}; or what is selected and all that it needs: "
            f"dbt build --select +fct_customer_segments {VARS}\n",
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_selection_that_reads_what_is_not_there(
    fresh: Warehouse, arguments: tuple[str, ...], advice: str
) -> None:
    done = fresh.dbt(*arguments, **SAMPLE)
    assert done.returncode != 0
    assert done.stdout.count(f"neither selected nor in {fresh.path}: ") == 1
    assert advice in done.stdout
    assert "Catalog Error" not in done.stdout
    assert not [name for name in fresh.tables() if not name.startswith(("seeds.", "source_"))]


def test_an_emptied_run_of_a_file_without_seeds(fresh: Warehouse) -> None:
    done = fresh.dbt("run", "--empty", **SAMPLE)
    assert done.returncode == 0, done.stdout[-3000:]
    found = rows(fresh, "marts")
    assert len(found) >= 17
    assert {mart for mart, count in found.items() if count} == COUNTING
    assert rows(fresh, "segmentation")["segmentation.value_model"] == 0
    # Seeds are read as dbt seed would have read them.
    types = "select table_name, column_name, data_type from information_schema.columns order by all"
    loaded, columns = rows(fresh, "seeds", "source_sample"), fresh.query(types)
    assert loaded["seeds.rfm_grid"] == 10
    assert fresh.dbt("seed", **SAMPLE).returncode == 0
    after = rows(fresh, "seeds", "source_sample")
    assert {table: after[table] for table in loaded} == loaded
    assert set(columns) <= set(fresh.query(types))


def test_an_emptied_build_of_a_built_file(sample: Warehouse, tmp_path: Path) -> None:
    """Marts are emptied all together, models stay, and the next build is as if nothing had been."""
    built = sample.copy(tmp_path)
    undisturbed, tables = built.mart_hashes(), built.tables()

    refused = built.dbt("run", "--empty", "--select", "int_customers", dataset="sample", **QUICK)
    assert "marts of an earlier run (dim_customers, ...) would stand beside" in refused.stdout
    assert built.mart_hashes() == undisturbed

    # So does one that is refused because of what it reads.
    rest = [f"path:models/{folder}" for folder in ("intermediate", "segmentation", "marts")]
    refused = built.dbt("run", "--empty", "--select", *rest, dataset="members", **QUICK)
    assert "This run reads 5 tables neither selected nor in" in refused.stdout
    assert built.mart_hashes() == undisturbed

    # A run that stops in the middle leaves no mart of another run beside emptied ones.
    broken = Warehouse(built.folder, project_copy(built.folder / "project"))
    customers = broken.project / "models" / "intermediate" / "customers" / "int_customers.sql"
    customers.write_text("select nothing")
    stopped = broken.dbt("run", "--empty", dataset="sample", **QUICK)
    assert "ERROR creating sql table model intermediate.int_customers" in stopped.stdout
    assert not {mart for mart, count in rows(built, "marts").items() if count} - COUNTING

    # Other options, a fit that is asked for and damaged models: reasons to fit where there is
    # anybody.
    change_models(built, "k + 1")
    built.build("--empty", *NO_UNIT_TESTS, dataset="sample", refit=True)
    change_models(built, "k - 1")
    assert {mart for mart, count in rows(built, "marts").items() if count} == COUNTING
    fits = rows(built, "segmentation")
    assert [fits[f"segmentation.{name}_model"] for name in ("value", "profile", "prospects")] == [
        1,
        1,
        1,
    ]

    built.build(*NO_TESTS, dataset="sample", **QUICK)
    assert built.mart_hashes() == undisturbed
    assert built.tables() == tables
    # Nor did any of these runs publish anything: emptied ones, and one without data tests.
    assert not (tmp_path / "published").exists()


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
    modified = ("--select", "state:modified+", *NO_UNIT_TESTS)

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
