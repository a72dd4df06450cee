"""The history of segments: the same whatever the order of builds, and lost by none."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from builds import NO_TESTS, QUICK, Warehouse
from segmentation.published.read_marts import Marts
from segmentation.published.segment_moves import read_segment_moves
from segmentation.report.move_figures import move_figures

pytestmark = pytest.mark.long

FIRST, SECOND, THIRD = "2025-06-30", "2025-08-31", "2025-10-31"

# The classifier of prospects is fitted anew where a day has another horizon, and which days it is
# fitted on depends on the order. The two other models are kept.
OBSERVED = (
    *("--select", "+fct_customer_segment_history", "fct_segment_migrations"),
    "fct_customer_segments",
    *("--exclude", "path:models/segmentation/prospects", "path:models/segmentation/lifetime_value"),
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


def test_the_order_of_builds_does_not_matter(sample: Warehouse, tmp_path: Path) -> None:
    """Then the last day once more, and runs that observe nothing: nothing changes either."""
    in_order = without_history(sample, tmp_path / "in order")
    for day in (FIRST, SECOND, THIRD):
        observe(in_order, day)
    expected = marts(in_order)
    assert all(expected.values())
    assert_readers_tell_it(in_order, THIRD)

    other = without_history(sample, tmp_path / "other order")
    for day in (FIRST, THIRD, SECOND):
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


def test_the_history_grows_with_changes(sample: Warehouse, tmp_path: Path) -> None:
    """A day on which nobody has changed adds a row to the log for each segmentation, no more."""
    once = sample.copy(tmp_path)
    rows = "select count(*) from segmentation.segment_log where row_kind <> 'unchanged'"
    ((before,),) = once.query(rows)
    observe(once, "2025-12-31")
    assert once.query(rows) == [(before,)]
    with duckdb.connect(str(once.path)) as connection:
        # As if the same segments had been those of a day before.
        connection.execute("update segmentation.segment_log set as_of = '2025-12-30'")
    observe(once, "2025-12-31")
    assert once.query(rows) == [(before + 2,)]
