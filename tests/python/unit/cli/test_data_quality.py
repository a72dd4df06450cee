"""The lines of the summary about rows, warnings and the latest run."""

from __future__ import annotations

import duckdb
import pytest
from segmentation.cli.data_quality import data_quality


@pytest.fixture
def marts(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    connection.execute(
        """
        create schema marts;
        create table marts.rpt_rows_read as select * from (values
            ('orders', 8000, 6500, 1500), ('customers', 1, 1, 0), ('product_activity', 0, 0, 0))
            as t (source_table, rows_read, rows_accepted, rows_rejected);
        create table marts.rpt_reject_reasons as select * from (values
            ('orders', 1, 'impossible [age] ...', 1200), ('orders', 2, 'no order_id', 298),
            ('orders', 3, 'b', 1), ('orders', 4, 'c', 1))
            as t (source_table, reason_rank, reason, rows_rejected);
        create table marts.rpt_warnings as select * from (values
            (2, 'Second.', 'Do that.'), (1, 'First.', 'Do this.'))
            as t (warning_number, message, what_to_do);
        create table marts.rpt_builds as select * from (values
            (1, false, 'not ended', timestamp '2026-01-01 08:00', null, 9),
            (2, true, 'complete', timestamp '2026-01-02 08:00', 9, 9))
            as t (run_number, is_latest, outcome, started_at, models_built, models);
        use marts
        """
    )
    return connection


def test_rows_read_and_warnings(marts: duckdb.DuckDBPyConnection) -> None:
    """Each table that was read has a line, with its most frequent reasons."""
    assert data_quality(marts) == [
        "",
        "What was read:",
        "  customers: read 1, accepted 1, rejected 0",
        "  orders: read 8,000, accepted 6,500, rejected 1,500 (18.8%): impossible [age] ..."
        " (1,200); no order_id (298); b (1); 1 more in rpt_reject_reasons",
        "",
        "Warnings:",
        "  First. Do this.",
        "  Second. Do that.",
    ]


def test_rows_of_erased_customers_are_counted(marts: duckdb.DuckDBPyConnection) -> None:
    marts.execute("alter table marts.rpt_rows_read add column rows_suppressed bigint default 0")
    marts.execute("update marts.rpt_rows_read set rows_suppressed = 2 where rows_read = 1")
    lines = data_quality(marts)
    assert "  customers: read 1, accepted 1, rejected 0, of erased customers 2" in lines
    assert not any("erased" in line for line in lines if "orders" in line)


def test_rows_of_ones_own_files_come_first(marts: duckdb.DuckDBPyConnection) -> None:
    """Accepted and rejected rows are all that a file has; every reason is named."""
    marts.execute(
        """
        create table marts.rpt_source_rows as select * from (values
            ('orders_2024', 1, true, 'accepted', 8000, 8015),
            ('orders_2024', 2, false, 'guest order', 12, 8015),
            ('orders_2024', 3, false, 'row of sums', 3, 8015),
            ('people', 1, true, 'accepted', 5, 5))
            as t (source_table, outcome_rank, is_accepted, outcome, source_rows, rows_read)
        """
    )
    assert data_quality(marts)[:5] == [
        "",
        "Rows of your files and tables:",
        "  orders_2024: read 8,015, accepted 8,000, rejected 15 (0.2%): guest order (12); row of"
        " sums (3)",
        "  people: read 5, accepted 5, rejected 0",
        "",
    ]
    marts.execute("delete from marts.rpt_source_rows")
    assert data_quality(marts)[1] == "What was read:"


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("not ended", "did not end"),
        ("failed", "failed in parts"),
        ("emptied", "was made with --empty"),
        ("selection", "built 2 of 9 models"),
    ],
)
def test_marts_that_are_not_of_one_run(
    marts: duckdb.DuckDBPyConnection, outcome: str, said: str
) -> None:
    marts.execute(
        f"update marts.rpt_builds set outcome = '{outcome}', models_built = 2 where is_latest"
    )
    assert data_quality(marts)[-1] == (
        f"The marts are not of one run: run 2, begun 2026-01-02 08:00 UTC, {said}."
        " Build again; rpt_builds lists the runs."
    )


def test_a_backfill_leaves_the_marts_of_one_run(marts: duckdb.DuckDBPyConnection) -> None:
    before = data_quality(marts)
    marts.execute(
        "update marts.rpt_builds set is_latest = false;"
        "insert into marts.rpt_builds by name select 3 as run_number, true as is_latest,"
        " 'backfill' as outcome"
    )
    assert data_quality(marts) == before


def test_nothing_read_and_nothing_to_warn_of(marts: duckdb.DuckDBPyConnection) -> None:
    marts.execute("delete from marts.rpt_rows_read; delete from marts.rpt_warnings")
    assert data_quality(marts) == ["", "What was read:", "  no rows at all"]


def test_marts_of_an_earlier_version(connection: duckdb.DuckDBPyConnection) -> None:
    assert data_quality(connection) == []
