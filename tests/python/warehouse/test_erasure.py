"""A customer is erased from a real build, its exports and its report, and does not come back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from builds import NO_TESTS, NO_UNIT_TESTS, QUICK, Warehouse
from segmentation.cli.app import app
from typer.testing import CliRunner, Result

# The sample's ids are short. This one is unique among the bytes of a file.
ORIGINAL, GONE = "C0016", "ZQX-ERASE-77"
REASON = ("--reason", "request of 2026-11-20")
OBSERVED = (
    "select segmentation, as_of::varchar, customers from segmentation.segment_log"
    " where row_kind = 'day' order by all"
)


class Shop:
    """A copy of the sample, with its published file."""

    def __init__(self, sample: Warehouse, folder: Path) -> None:
        self.warehouse = sample.copy(folder)
        shutil.copytree(sample.folder / "published", folder / "published")
        self.published = folder / "published" / "segments.duckdb"
        self.folder = folder

    @property
    def files(self) -> tuple[Path, Path]:
        return self.warehouse.path, self.published

    def run(self, *arguments: str) -> Result:
        environment = self.warehouse.environment()
        done = CliRunner().invoke(app, list(arguments), env=environment)
        assert done.exit_code == 0, done.output
        return done

    def export(self, name: str) -> None:
        with duckdb.connect(str(self.published), read_only=True) as connection:
            ((slug,),) = connection.execute(
                "select segment_slug from marts.fct_customer_segments"
                " where segmentation = 'value' and customer_id in ($1, $2)",
                [ORIGINAL, GONE],
            ).fetchall()
        to = self.folder / "audiences" / name
        to.parent.mkdir(exist_ok=True)
        segment = ("--segment", f"value/{slug}")
        self.run(*("export", *segment, "--to", str(to)), "--published", str(self.published))

    def erase(self, customer: str) -> Result:
        places = ("--audiences", str(self.folder / "audiences"))
        report = ("--report", str(self.folder / "report"))
        return self.run("erase", customer, *REASON, "--yes", *places, *report)

    def holding(self, word: bytes) -> set[str]:
        """Return the files below the folder in which a word stands."""
        return {
            str(path.relative_to(self.folder))
            for path in self.folder.rglob("*")
            if path.is_file() and word in path.read_bytes()
        }


def tables_of(file: Path) -> Iterator[tuple[str, list[str]]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        rows = connection.sql(
            "select schema_name || '.' || table_name, list(column_name order by column_index)"
            " from duckdb_columns() where not internal and table_name in"
            " (select table_name from duckdb_tables()) group by 1 order by 1"
        ).fetchall()
    yield from rows


def rename_customer(file: Path) -> None:
    """Replace the customer's id everywhere, in a new file that never held the old one."""
    written = file.with_suffix(".renamed")
    with duckdb.connect() as connection:
        connection.execute(f"attach '{file}' as {file.stem}")
        for table, columns in tables_of_attached(connection, file.stem):
            holding = {column: f"contains(\"{column}\", '{ORIGINAL}')" for column in columns}
            found = connection.execute(
                f"select {', '.join(f'bool_or({held})' for held in holding.values())}"
                f" from {file.stem}.{table}"
            ).fetchall()[0]
            # An update of a column takes long, and few tables hold the customer.
            for column in (column for column, held in zip(columns, found, strict=True) if held):
                connection.execute(
                    f'update {file.stem}.{table} set "{column}" ='
                    f" replace(\"{column}\", '{ORIGINAL}', '{GONE}') where {holding[column]}"
                )
        connection.execute(f"attach '{written}' as written")
        connection.execute(f"copy from database {file.stem} to written")
    written.replace(file)


def tables_of_attached(
    connection: duckdb.DuckDBPyConnection, database: str
) -> list[tuple[str, list[str]]]:
    return connection.execute(
        "select schema_name || '.' || table_name, list(column_name) from duckdb_columns()"
        " where database_name = $1 and data_type = 'VARCHAR' and (schema_name, table_name) in"
        " (select (schema_name, table_name) from duckdb_tables() where database_name = $1)"
        " group by 1 order by 1",
        [database],
    ).fetchall()


def hashes_of_others(file: Path, customer: str) -> dict[str, tuple[int, str]]:
    """Return the number and a hash of all rows of other customers, by table.

    The log of segments counts the customers of a day, who are then one fewer.
    """
    hashes = {}
    with duckdb.connect(str(file), read_only=True) as connection:
        for table, columns in tables_of(file):
            if table.endswith("publication_tables"):
                continue
            is_of_customers = "customer_id" in columns
            others = f"where customer_id is distinct from '{customer}'" if is_of_customers else ""
            counted = "exclude (customers) " if table.endswith("segment_log") else ""
            kept = f"{counted}from {table} {others}"
            ((count, hashed),) = connection.execute(
                "select count(*), md5(string_agg(to_json(kept)::varchar, chr(10)))"
                f" from (select * {kept}) as kept"
            ).fetchall()
            hashes[table] = (count, hashed)
    return hashes


@pytest.mark.long
def test_nothing_of_a_customer_is_left_in_any_file(sample: Warehouse, tmp_path: Path) -> None:
    shop = Shop(sample, tmp_path)
    for file in shop.files:
        rename_customer(file)
    shop.export("win_back.csv")
    shop.export("late.parquet")
    shop.run(
        *("report", "--published", str(shop.published)),
        *("--output", str(tmp_path / "report" / "page.html")),
    )
    logs = tmp_path / "logs" / "dbt.log"
    logs.parent.mkdir(exist_ok=True)
    logs.write_text(f"select '{GONE}'")
    # A killed build leaves the data that did not fit into memory.
    spilled = tmp_path / "warehouse.duckdb.tmp" / "block"
    spilled.parent.mkdir()
    spilled.write_bytes(GONE.encode())
    assert {
        *("warehouse.duckdb", "published/segments.duckdb", "audiences/win_back.csv"),
        *("audiences/win_back.state.parquet", "audiences/late.parquet", "logs/dbt.log"),
        *("audiences/assignments/win_back-0001.parquet", "warehouse.duckdb.tmp/block"),
    } <= shop.holding(GONE.encode())
    before = {file: hashes_of_others(file, GONE) for file in shop.files}
    observed = shop.warehouse.query(OBSERVED)
    modes = [file.stat().st_mode for file in shop.files]

    done = shop.erase(GONE)

    assert GONE not in done.output
    assert shop.holding(GONE.encode()) == set()
    for file in shop.files:
        # Compressed text is searched too: as DuckDB writes it where it may compress nothing.
        plain = tmp_path / "plain.duckdb"
        plain.unlink(missing_ok=True)
        with duckdb.connect() as connection:
            connection.execute("set force_compression = 'uncompressed'")
            connection.execute(f"attach '{file}' as {file.stem} (read_only)")
            connection.execute(f"attach '{plain}' as plain")
            connection.execute(f"copy from database {file.stem} to plain")
        assert GONE.encode() not in plain.read_bytes()
        assert b"C0017" in plain.read_bytes()
        # Others are as they were: every row, every value, and their order.
        assert hashes_of_others(file, GONE) == before[file]
    assert shop.warehouse.query(OBSERVED) == [(*day, customers - 1) for *day, customers in observed]
    assert [file.stat().st_mode for file in shop.files] == modes
    assert (tmp_path / "suppression.key").stat().st_mode & 0o777 == 0o600
    # Readers and people go on from there.
    shop.run("summary")
    with duckdb.connect(str(shop.published), read_only=True) as connection:
        assert connection.sql(
            "select count(*) from marts.publication_tables where table_name = 'dim_customers'"
            " and row_count = (select count(*) from marts.dim_customers)"
        ).fetchall() == [(1,)]


@pytest.mark.long
def test_a_build_does_not_bring_a_customer_back(sample: Warehouse, tmp_path: Path) -> None:
    shop = Shop(sample, tmp_path)
    warehouse = shop.warehouse
    shop.erase(ORIGINAL)
    of_others = (
        "select segmentation, customer_id, segment_slug, model_version"
        " from marts.fct_customer_segments order by all"
    )
    before = warehouse.query(of_others)
    said = warehouse.build(*NO_UNIT_TESTS, dataset="sample", **QUICK)
    assert "suppress" not in said
    with_source = {
        table
        for table, columns in tables_of(warehouse.path)
        if "customer_id" in columns
        and warehouse.query(f"select 1 from {table} where customer_id = '{ORIGINAL}'")
    }
    # The sample's seeds are its source, and dbt loads them as they are.
    assert {table.split(".")[0] for table in with_source} == {"source_sample"}
    assert warehouse.query(
        "select source_table, rows_read - rows_accepted - rows_rejected, rows_suppressed"
        " from marts.rpt_rows_read where rows_suppressed > 0 order by 1"
    ) == [("campaign_activity", 1, 1), ("customers", 1, 1), ("orders", 17, 17)]
    # The models are those before, and so are the segments of the others. Their reasons and expected
    # losses compare them with all customers, who are one fewer.
    assert warehouse.query(of_others) == before
    # Nor does a backfill, which computes a day in a copy of the file, in another folder.
    day = ("--from", "2025-12-15", "--to", "2025-12-15", "--yes")
    shop.run("backfill", *day, "--vars", json.dumps({"dataset": "sample", **QUICK}))
    log = "segmentation.segment_log"
    assert warehouse.query(f"select 1 from {log} where customer_id = '{ORIGINAL}'") == []
    assert warehouse.query(
        f"select as_of::varchar, customers from {log}"
        " where row_kind = 'day' and segmentation = 'value' order by 1"
    ) == [("2025-12-15", 499), ("2025-12-31", 499)]
    # Without the key nothing is built, so that the customer does not come back.
    (tmp_path / "suppression.key").unlink()
    done = warehouse.dbt("build", *NO_TESTS, dataset="sample", **QUICK)
    assert done.returncode != 0
    assert "and without its key they would come back" in " ".join(done.stdout.split())
