"""DuckDB files without some customers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from segmentation.erasure.byte_search import holds_bytes
from segmentation.erasure.customer_tables import (
    customer_rows,
    dataset_of_last_build,
    known_ids,
    places_with_ids,
    shared_identities,
    values_containing_ids,
)
from segmentation.erasure.customers import Customers
from segmentation.erasure.erased_rows import Rows, Scope
from segmentation.erasure.erasure_error import ErasureError
from segmentation.erasure.rewriting import write_without

GONE = Customers("sample", ("ZQX-77",))
SAMPLE = Scope("sample")


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.sql(sql).fetchall()


def rewritten(path: Path, customers: Customers = GONE, scope: Scope = SAMPLE) -> Path:
    """Write the file anew; the new one gets its name, which views look for."""
    new = path.with_name("new.duckdb")
    write_without(path, new, customers, scope, lambda: new.rename(path))
    return path


def test_rows_are_counted_in_each_table(warehouse: Path) -> None:
    assert dataset_of_last_build(warehouse) == "sample"
    assert customer_rows(warehouse, GONE, SAMPLE) == [
        Rows("intermediate.int_checked_customers", 1),
        Rows("intermediate.int_orders", 1),
        Rows("marts.dim_customers", 1),
        Rows("marts.fct_customer_segments", 1),
        Rows("segmentation.segment_log", 2),
        Rows("staging.stg_sample__customers", 1),
    ]
    assert known_ids(warehouse, Customers("sample", ("ZQX-77", "ZQX-7")), SAMPLE) == {"ZQX-77"}


def test_a_customer_of_another_data_set_is_somebody_else(warehouse: Path) -> None:
    """Tables without a data set belong to the data set that was built last."""
    member = Customers("members", ("ZQX-77",))
    assert customer_rows(warehouse, member, SAMPLE) == [
        Rows("segmentation.segment_log", 1),
        Rows("staging.stg_members__customers", 1),
    ]
    rewritten(warehouse, member)
    assert customer_rows(warehouse, member, SAMPLE) == []
    assert len(customer_rows(warehouse, GONE, SAMPLE)) == 6


@pytest.mark.long
def test_nothing_of_a_customer_is_in_the_new_file(warehouse: Path) -> None:
    member = Customers("members", ("ZQX-77",))
    file = rewritten(rewritten(warehouse), member)
    assert places_with_ids(file, GONE, SAMPLE) == []
    # One text has the id as the beginning of another word.
    assert rows(file, "select example from marts.rpt_reject_reasons") == [
        ("customer '(erased)' is unknown",),
        ("customers (erased) ZQX-771 (erased), (erased)",),
        ("customer 'C-STAYS'",),
    ]
    assert values_containing_ids(file, GONE)
    with duckdb.connect(str(file)) as connection:
        connection.execute("delete from marts.rpt_reject_reasons")
    assert not values_containing_ids(file, GONE)


def test_the_bytes_of_an_id_are_not_in_the_new_file(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from marts.rpt_reject_reasons where reason = 'twice'")
        connection.execute("delete from staging.stg_members__customers")
        connection.execute("delete from segmentation.segment_log where dataset = 'members'")
    assert holds_bytes(warehouse, GONE)
    assert not holds_bytes(rewritten(warehouse), GONE)


@pytest.mark.long
def test_everything_else_is_as_it_was(warehouse: Path) -> None:
    """Order, comments, keys, checks, indexes, views and macros."""
    catalogue = (
        "select schema_name, table_name, sql, comment from duckdb_tables()",
        "select schema_name, view_name, sql, comment from duckdb_views() where not internal",
        "select table_name, constraint_type, constraint_text from duckdb_constraints()",
        "select schema_name, index_name, sql from duckdb_indexes()",
        "select table_name, column_name, data_type, comment from duckdb_columns()"
        " where not internal",
    )
    before = [sorted(rows(warehouse, sql), key=str) for sql in catalogue]
    file = rewritten(warehouse)
    assert [sorted(rows(file, sql), key=str) for sql in catalogue] == before
    ids = rows(file, "select customer_id from intermediate.int_checked_customers")
    assert ids == [(f"C-{n}",) for n in range(6)]
    assert rows(file, "from marts.rpt_segments") == [("C-STAYS", "Lost")]
    assert rows(file, "from marts.score(null)") == [(1,)]
    assert rows(
        file,
        "select dataset, row_kind, count(*), any_value(customer_id) from segmentation.segment_log"
        " group by all order by all",
    ) == [
        ("members", "change", 1, "ZQX-77"),
        ("members", "day", 1, None),
        ("sample", "day", 4, None),
    ]
    with duckdb.connect(str(file)) as connection, pytest.raises(duckdb.ConstraintException):
        connection.execute("insert into intermediate.int_orders values ('nobody', 1)")


def test_the_new_file_is_for_its_owner_alone_until_it_has_permissions(warehouse: Path) -> None:
    new = warehouse.with_name("new.duckdb")
    seen: list[int] = []
    write_without(warehouse, new, GONE, SAMPLE, lambda: seen.append(new.stat().st_mode & 0o777))
    assert seen == [0o600]


def test_numbers_are_ids_too(make_warehouse: Callable[..., Path]) -> None:
    file = make_warehouse("4711")
    with duckdb.connect(str(file)) as connection:
        connection.execute("insert into segmentation.value_assignments values (4711, 1), (1, 4711)")
    customers = Customers("sample", ("4711",))
    assert Rows("segmentation.value_assignments", 1) in customer_rows(file, customers, SAMPLE)
    rewritten(file, customers)
    assert rows(file, "from segmentation.value_assignments") == [(1, 4711)]
    # A short id is taken out of a text only where a message names it.
    examples = rows(file, "select example from marts.rpt_reject_reasons")
    assert examples[0] == ("customer '(erased)' is unknown",)
    assert examples[1] == ("customers 4711 47111 4711, 4711",)


@pytest.mark.long
def test_tables_of_somebody_else_are_left_alone_unless_they_are_named(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("insert into contract.orders values ('ZQX-77', 'for ZQX-77'), ('C', '')")
    assert Rows("contract.orders", 1, is_own=False) in customer_rows(warehouse, GONE, SAMPLE)
    rewritten(warehouse)
    assert places_with_ids(warehouse, GONE, SAMPLE) == [
        "contract.orders.customer_id: 1 rows",
        "contract.orders.note: 1 rows",
    ]
    named = Scope("sample", ("contract",))
    assert customer_rows(warehouse, GONE, named) == [Rows("contract.orders", 1)]
    rewritten(warehouse, scope=named)
    assert places_with_ids(warehouse, GONE, SAMPLE) == []
    assert rows(warehouse, "from contract.orders") == [("C", "")]


def test_the_schema_of_scoring_is_ours_in_a_published_file_alone(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema scoring")
        connection.execute("create table scoring.features as select 'ZQX-77' as customer_id")
    assert Rows("scoring.features", 1, is_own=False) in customer_rows(warehouse, GONE, SAMPLE)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table marts.publication as select 1 as run_number")
    assert Rows("scoring.features", 1) in customer_rows(warehouse, GONE, SAMPLE)


@pytest.mark.long
def test_an_id_that_another_customer_has_as_identity_is_found(warehouse: Path) -> None:
    assert shared_identities(warehouse, GONE) == 1
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update marts.dim_customers set identity_id = 'ZQX-77'")
    rewritten(warehouse)
    assert places_with_ids(warehouse, GONE, SAMPLE) == ["marts.dim_customers.identity_id: 1 rows"]


def test_a_view_over_what_is_no_longer_there_stays(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table marts.source as select 1; ")
        connection.execute("create view marts.over_source as from marts.source")
        connection.execute("drop table marts.source")
    file = rewritten(warehouse)
    found = rows(file, "select view_name from duckdb_views() where schema_name = 'marts'")
    assert ("over_source",) in found


def test_a_file_in_use_is_left_alone(warehouse: Path, tmp_path: Path) -> None:
    import subprocess
    import sys

    held = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True);"
        " sys.stdin.read()"
    )
    command = [sys.executable, "-c", held, str(warehouse)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(ErasureError, match=rf"open in another process.*PID {process.pid}"):
            customer_rows(warehouse, GONE, SAMPLE)
        process.communicate()
    (tmp_path / "text.duckdb").write_text("no database" * 9)
    with pytest.raises(ErasureError, match="cannot be opened"):
        dataset_of_last_build(tmp_path / "text.duckdb")


# Columns of own tables with ids that the contract reads as 7, and others beside them.
OWN_IDS = {
    "decimals": ("7.0::decimal(10, 1)", "70.0"),
    "floats": ("7::double", "'infinity'::double"),
    "large_floats": ("7::real", "'nan'::real"),
    "blanks": ("chr(160) || ' 7' || chr(9)", "'7 7'"),
    "fractions": ("' 7.00 '", "'7.01'"),
    "numbers": ("7::utinyint", "8::utinyint"),
    "others": ("'7'", "'007'"),
}


@pytest.mark.parametrize("kind", OWN_IDS)
def test_ids_of_own_tables_are_read_as_the_contract_reads_them(warehouse: Path, kind: str) -> None:
    """Whatever the type and the case of the column, and whatever columns are beside it."""
    gone, other = OWN_IDS[kind]
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "create table contract.people as select id as \"Customer_ID\", 'crm' as dataset,"
            f" 'call 7' as note from (values ({gone}), ({other}), (null)) as t (id)"
        )
    seven, named = Customers("sample", ("7",)), Scope("sample", ("contract",))
    assert customer_rows(warehouse, seven, SAMPLE) == [Rows("contract.people", 1, is_own=False)]
    assert known_ids(warehouse, seven, SAMPLE) == {"7"}
    assert places_with_ids(warehouse, seven, SAMPLE) == ["contract.people.Customer_ID: 1 rows"]
    file = rewritten(warehouse, seven, named)
    assert customer_rows(file, seven, named) == []
    assert places_with_ids(file, seven, named) == []
    assert len(rows(file, "from contract.people")) == 2


def test_own_tables_are_not_of_another_data_set(warehouse: Path) -> None:
    """They are of the data set that was built, whatever they are called."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("insert into contract.orders values ('ZQX-77', null)")
        connection.execute("create table contract.stg_members__calls as from contract.orders")
    assert [row for row in customer_rows(warehouse, GONE, SAMPLE) if not row.is_own] == [
        Rows("contract.orders", 1, is_own=False),
        Rows("contract.stg_members__calls", 1, is_own=False),
    ]
    member = Customers("members", ("ZQX-77",))
    assert all(row.is_own for row in customer_rows(warehouse, member, SAMPLE))
