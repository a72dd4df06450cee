"""The history of segments: the same whatever the order of builds, and lost by none."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from builds import NO_TESTS, QUICK, Warehouse, project_copy
from segmentation.backfill.job import BackfillJob
from segmentation.backfill.planned_days import OBSERVED as SEGMENTATIONS
from segmentation.backfill.planned_days import PlannedDay
from segmentation.published.read_marts import Marts
from segmentation.published.segment_moves import read_segment_moves
from segmentation.report.move_figures import move_figures

pytestmark = pytest.mark.long

# 62 days apart.
FIRST, SECOND, THIRD = "2025-06-30", "2025-08-31", "2025-11-01"

# The classifier of prospects is fitted anew where a day has another horizon, and which days it is
# fitted on depends on the order. The two other models are kept.
OBSERVED = (
    *("--select", "+fct_customer_segment_history", "fct_segment_migrations"),
    "fct_customer_segments",
    *("--exclude", "prospects_model", "path:models/segmentation/lifetime_value"),
)
TABLES = (
    "marts.fct_customer_segment_history",
    "marts.fct_segment_migrations",
    "segmentation.segment_log",
)
RULES = (
    "history_has_the_segments_of_this_day",
    "migrations_balance",
    "periods_of_a_customer_follow_one_another",
)


def without_history(sample: Warehouse, folder: Path) -> Warehouse:
    """Return a copy of the sample, with its models, in which no day was observed yet."""
    folder.mkdir()
    copied = sample.copy(folder)
    with duckdb.connect(str(copied.path)) as connection:
        connection.execute("delete from segmentation.segment_log")
    return copied


def observe(warehouse: Warehouse, day: str, *arguments: str) -> None:
    warehouse.build(*OBSERVED, *NO_TESTS, *arguments, dataset="sample", as_of=day, **QUICK)


def marts(warehouse: Warehouse) -> dict[str, list[str]]:
    """Return the marts in stored order, and the log, whose rows have none, in one order."""
    rows = {
        table: warehouse.query(f"select to_json(rows)::varchar from (from {table}) as rows")
        for table in TABLES
    }
    lines = {table: [line for (line,) in lines] for table, lines in rows.items()}
    lines["segmentation.segment_log"].sort()
    return lines


def assert_readers_tell_it(warehouse: Warehouse, last: str) -> None:
    """Compare what the page and the summary say of the last day with the periods of customers."""
    with Marts(warehouse.path) as opened:
        found = (read_segment_moves(opened) or {})["value"]
        moves, sizes = move_figures(opened, "value")
    assert (str(found.as_of), found.customers_before) == (last, 500)
    assert warehouse.query(
        "select count(*) from marts.fct_customer_segment_history where segmentation = 'value'"
        f" and entry = 'moved' and valid_from = '{last}'"
    ) == [(found.moved,)]
    assert moves.title == found.sentence
    assert sizes.table is not None
    rows = sizes.table.rows
    of_last_day = rows[rows["as_of"] == rows["as_of"].max()]
    assert dict(zip(of_last_day["segment_slug"], of_last_day["customers"], strict=True)) == dict(
        warehouse.query(
            "select segment_slug, count(*) from marts.fct_customer_segment_history"
            " where segmentation = 'value' and is_current group by segment_slug"
        )
    )


@pytest.fixture(scope="module")
def first_day(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Build the first of three days."""
    built = without_history(sample, tmp_path_factory.mktemp("history") / "first day")
    observe(built, FIRST)
    return built


@pytest.fixture(scope="module")
def in_order(first_day: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Build the other two, one after the other."""
    built = first_day.copy(tmp_path_factory.mktemp("in order"))
    for day in (SECOND, THIRD):
        observe(built, day)
    return built


def test_the_order_of_builds_does_not_matter(
    first_day: Warehouse, in_order: Warehouse, tmp_path: Path
) -> None:
    """Then the last day once more, and runs that observe nothing: nothing changes either."""
    expected = marts(in_order)
    (tmp_path / "again").mkdir()
    in_order = in_order.copy(tmp_path / "again")
    assert all(expected.values())
    assert_readers_tell_it(in_order, THIRD)

    (tmp_path / "other order").mkdir()
    other = first_day.copy(tmp_path / "other order")
    for day in (THIRD, SECOND):
        observe(other, day)
    assert marts(other) == expected
    # The day between is the one that was built last, and its segments are in the history.
    tested = other.dbt("test", "--select", *RULES, dataset="sample", as_of=SECOND, **QUICK)
    assert tested.returncode == 0, tested.stdout[-3000:]
    assert all(f"PASS {rule}" in tested.stdout for rule in RULES)

    # Who was elsewhere on that day alone has a change on the third, with the reasons of that day.
    back_again = other.query(
        f"""
        select count(*), count(after.reason_1), count(after.revenue)
        from segmentation.segment_changes as before
        inner join segmentation.segment_changes as after using (segmentation, customer_id)
        where before.as_of = '{FIRST}' and after.as_of = '{THIRD}'
            and before.segment_slug = after.segment_slug
        """
    )
    assert back_again[0][0] >= 10
    assert len(set(back_again[0])) == 1

    observe(in_order, THIRD, "--full-refresh")
    assert marts(in_order) == expected
    # Another day, and nothing that was assigned as of it.
    marts_alone = ("--select", "segment_log+", *NO_TESTS)
    in_order.build(*marts_alone, dataset="sample", as_of="2025-11-30", **QUICK)
    assert marts(in_order) == expected
    in_order.build("--empty", *NO_TESTS, dataset="sample", as_of="2025-11-30", **QUICK)
    emptied = marts(in_order)
    assert emptied["segmentation.segment_log"] == expected["segmentation.segment_log"]
    assert emptied["marts.fct_customer_segment_history"] == []


def test_a_build_that_failed_is_observed_by_the_next_build(
    sample: Warehouse, tmp_path: Path
) -> None:
    """And not by `dbt retry`, which leaves the assignments as they are."""
    warehouse = without_history(sample, tmp_path / "failed")
    warehouse.project = project_copy(tmp_path / "project")
    log = warehouse.project / "models" / "segmentation" / "over_time" / "segment_log.sql"
    right = log.read_text(encoding="utf-8")
    log.write_text(right + "\nthis fails\n", encoding="utf-8")
    failed = warehouse.dbt("build", *OBSERVED, *NO_TESTS, dataset="sample", as_of=FIRST, **QUICK)
    assert failed.returncode == 1
    log.write_text(right, encoding="utf-8")

    observed = "select distinct as_of from segmentation.segment_log where row_kind = 'day'"
    retried = warehouse.dbt("retry", dataset="sample", as_of=FIRST, **QUICK)
    assert retried.returncode == 0, retried.stdout[-3000:]
    assert warehouse.query(observed) == []
    observe(warehouse, FIRST)
    assert warehouse.query(observed) == [(dt.date.fromisoformat(FIRST),)]


def test_the_history_grows_with_changes(sample: Warehouse, tmp_path: Path) -> None:
    """A day on which nobody has changed adds a row to the log for each segmentation, no more."""
    once = sample.copy(tmp_path)
    rows = "select count(*) from segmentation.segment_log where row_kind <> 'unchanged'"
    ((before,),) = once.query(rows)
    with duckdb.connect(str(once.path)) as connection:
        # As if the same segments had been those of a day before.
        connection.execute("update segmentation.segment_log set as_of = '2025-12-30'")
    observe(once, "2025-12-31")
    assert once.query(rows) == [(before + 3,)]


# Backfills: the same days, computed with the models of the sample and carried over.

# What they write to.
WRITTEN = {*TABLES, "segmentation.build_runs"}


def other_tables(warehouse: Warehouse) -> dict[str, str]:
    """Return a hash of the rows, in stored order, of each table that a backfill leaves alone."""
    tables = warehouse.query(
        "select schema_name || '.' || table_name from duckdb_tables() order by 1"
    )
    hashed = "select md5(string_agg(to_json(rows)::varchar, chr(10))) from (from {}) as rows"
    with warehouse.reading() as connection:
        return {
            table: connection.sql(hashed.format(table)).fetchall()[0][0]
            for (table,) in tables
            if table not in WRITTEN
        }


def killed(warehouse: Warehouse, days: list[str], *, at: str, after: float) -> None:
    """Start the process of a backfill, and kill it some seconds after it reports a day."""
    job = BackfillJob(
        warehouse=warehouse.path,
        published=None,
        variables={"dataset": "sample", **QUICK},
        days=tuple(PlannedDay(dt.date.fromisoformat(day), SEGMENTATIONS) for day in days),
    )
    file = warehouse.folder / "job.json"
    file.write_text(job.written())
    environment = warehouse.environment() | {"DBT_TARGET_PATH": str(job.folder / "target")}
    command = [sys.executable, "-m", "segmentation.backfill.process", str(file)]
    with subprocess.Popen(
        command,
        env=environment,
        cwd=warehouse.folder,
        # It ends when this pipe does.
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        said: list[dict[str, Any]] = []
        for line in process.stdout:
            with contextlib.suppress(ValueError):
                said.append(json.loads(line))
                if said[-1].get("backfill") == at and said[-1]["day"] == days[0]:
                    break
        else:
            pytest.fail(f"it ended before it was killed: {said}")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(after)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert job.copy.exists()


def backfill(warehouse: Warehouse, *arguments: str) -> str:
    """Run the command as people do, and return what it prints."""
    command = [sys.executable, "-m", "segmentation", "backfill", *arguments]
    done = subprocess.run(
        [*command, "--yes", "--vars", yaml.safe_dump(QUICK)],
        env=warehouse.environment(),
        cwd=warehouse.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_a_backfill_that_was_killed_twice_leaves_what_builds_leave(
    sample: Warehouse, in_order: Warehouse, tmp_path: Path
) -> None:
    """Killed between two days and within one; then the command goes on, and publishes."""
    warehouse = without_history(sample, tmp_path / "backfilled")
    shutil.copytree(sample.folder / "published", warehouse.folder / "published")
    before = other_tables(warehouse)
    days = "select distinct as_of::varchar from segmentation.segment_log order by 1"

    killed(warehouse, [FIRST, SECOND, THIRD], at="filled", after=0)
    assert warehouse.query(days) == [(FIRST,)]
    killed(warehouse, [SECOND, THIRD], at="begins", after=1)
    assert warehouse.query(days) == [(FIRST,)]

    said = backfill(warehouse, "--from", FIRST, "--to", THIRD, "--every", "62")
    assert "2 days to fill" in said
    assert "Published to" in said
    assert marts(warehouse) == marts(in_order)
    assert other_tables(warehouse) == before
    assert not (warehouse.folder / "warehouse.duckdb.backfill").exists()

    # Readers see the new history, as another version of the same build.
    ((last, command, is_complete),) = warehouse.query(
        "select run_id, command, is_complete from marts.rpt_builds where is_latest"
    )
    assert (command, is_complete) == ("backfill", True)
    with duckdb.connect(str(warehouse.folder / "published" / "segments.duckdb")) as connection:
        assert connection.sql("select run_id from marts.publication").fetchall() == [(last,)]
        history = (
            "select to_json(rows)::varchar from (from marts.fct_customer_segment_history) rows"
        )
        found = [line for (line,) in connection.sql(history).fetchall()]
    assert found == marts(warehouse)["marts.fct_customer_segment_history"]

    # All that the sample's models say of earlier days is hindsight.
    assert warehouse.query(
        "select distinct model_fitted_later from marts.fct_customer_segment_history"
        " where model_version is not null"
    ) == [(True,)]
    assert "Nothing to do" in backfill(warehouse, "--from", FIRST, "--to", THIRD, "--every", "62")
