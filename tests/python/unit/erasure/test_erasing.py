"""Erasing by the command, as a person calls it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from segmentation.cli.app import app
from segmentation.erasure.customers import Customers
from segmentation.erasure.erasing import Request, rewrite, suppress
from segmentation.erasure.erasure_error import ErasureError
from segmentation.erasure.places import Places
from segmentation.erasure.plan import make_plan
from segmentation.erasure.suppression_list import BEGUN, DONE, read_list
from segmentation.published.files import backfill_folder
from segmentation.published.turns import alone_in
from typer.testing import CliRunner, Result

REASON = ("--reason", "request of 2026-11-20")
# Of the warehouse in conftest.py; its members are others.
GONE = "C-STAYS"


class Shop:
    """A project folder with a small warehouse, a report and a log."""

    def __init__(self, folder: Path, warehouse: Path) -> None:
        self.folder, self.warehouse = folder, warehouse
        (folder / "dbt_project.yml").touch()
        for name, text in (("report/page.html", f"<td>{GONE}</td>"), ("logs/dbt.log", "all well")):
            (folder / name).parent.mkdir()
            (folder / name).write_text(text)
        (folder / "target").mkdir()
        (folder / "target" / "run.json").write_text(f'{{"id": "{GONE}1"}}')

    @property
    def environment(self) -> dict[str, str]:
        return {"SEGMENTATION_WAREHOUSE": str(self.warehouse)}

    @property
    def places(self) -> Places:
        return Places.of(self.folder, self.environment)

    def erase(self, *arguments: str, typed: str | None = None) -> Result:
        command = ["erase", *arguments, "--project", str(self.folder)]
        return CliRunner().invoke(app, command, env=self.environment, input=typed)

    def states(self) -> list[str]:
        return [entry.state for entry in read_list(self.places.suppression.listed)]

    def ids(self) -> list[Any]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            found = connection.sql("select customer_id from marts.dim_customers").fetchall()
        return [row[0] for row in found]


@pytest.fixture
def shop(tmp_path: Path, warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    for name in ("DBT_LOG_PATH", "DBT_TARGET_PATH", "SEGMENTATION_ASSIGNMENTS"):
        monkeypatch.delenv(name, raising=False)
    for name in ("SEGMENTATION_SUPPRESSED", "SEGMENTATION_SUPPRESSION_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("SEGMENTATION_PUBLISHED", raising=False)
    return Shop(tmp_path, warehouse)


def test_a_customer_is_erased_everywhere_and_put_on_the_list(shop: Shop) -> None:
    done = shop.erase(GONE, *REASON, "--yes")
    assert done.exit_code == 0, done.output
    assert shop.ids() == ["ZQX-77"]
    assert not (shop.folder / "report/page.html").exists()
    assert (shop.folder / "logs/dbt.log").exists()
    # A longer id is another one.
    assert (shop.folder / "target/run.json").exists()
    assert shop.states() == [DONE]
    # The person typed the id; what is printed does not repeat it.
    assert GONE not in done.output


def test_what_is_found_is_shown_and_nothing_is_changed(shop: Shop) -> None:
    before = shop.warehouse.read_bytes()
    done = shop.erase(GONE, "--dry-run")
    assert done.exit_code == 0, done.output
    assert "marts.dim_customers: 1" in done.output
    assert "page.html: contains an id" in done.output
    assert shop.warehouse.read_bytes() == before
    assert shop.states() == []
    assert not shop.places.suppression.key.exists()


@pytest.mark.long
def test_again_there_is_nothing_to_do(shop: Shop) -> None:
    shop.erase(GONE, *REASON, "--yes")
    before = shop.warehouse.stat()
    done = shop.erase(GONE, *REASON, "--yes")
    assert done.exit_code == 0, done.output
    assert "Erased already" in done.output
    assert shop.warehouse.stat() == before


@pytest.mark.long
@pytest.mark.parametrize("files", [0, 1])
def test_an_erasure_that_was_killed_is_taken_up(shop: Shop, files: int) -> None:
    """An erasure was killed after some files; a half-written one is beside the warehouse."""
    customers = Customers("sample", (GONE,))
    suppress(shop.places.suppression, customers, Request("asked", "2026-11-20"))
    for database in make_plan(shop.places, customers).databases[:files]:
        rewrite(database, customers)
    half = shop.folder / "warehouse.duckdb.erased"
    half.write_text(GONE)
    assert shop.states() == [BEGUN]
    done = shop.erase(GONE, *REASON, "--yes")
    assert done.exit_code == 0, done.output
    assert not half.exists()
    assert shop.ids() == ["ZQX-77"]
    (entry,) = read_list(shop.places.suppression.listed)
    assert (entry.state, entry.reason, entry.requested_on) == (DONE, "asked", "2026-11-20")


@pytest.mark.long
def test_ids_are_read_from_standard_input(shop: Shop) -> None:
    done = shop.erase("--file", "-", *REASON, "--yes", typed=f"{GONE}\n\nZQX-77\n")
    # ZQX-77 is also the beginning of another word, and the id of a member.
    assert done.exit_code == 0, done.output
    assert shop.ids() == []
    assert "ZQX" not in done.output


@pytest.mark.long
def test_an_unknown_id_changes_nothing_unless_it_is_asked_for(shop: Shop) -> None:
    before = shop.warehouse.read_bytes()
    done = shop.erase(GONE, "C-STAYED", *REASON, "--yes")
    assert done.exit_code == 1
    assert "1 of 2 ids are found nowhere" in done.output
    assert "number 2 of those" in done.output
    assert "C-STAY" not in done.output
    assert shop.warehouse.read_bytes() == before
    assert shop.states() == []
    done = shop.erase("C-STAYED", *REASON, "--yes", "--even-if-unknown")
    assert done.exit_code == 0, done.output
    assert shop.states() == [DONE]


@pytest.mark.long
def test_tables_of_somebody_else_remain_and_are_named(shop: Shop) -> None:
    with duckdb.connect(str(shop.warehouse)) as connection:
        connection.execute("insert into contract.orders values ('C-STAYS', null)")
    done = shop.erase(GONE, *REASON, "--yes")
    assert done.exit_code == 1
    assert "contract.orders.customer_id: 1 rows" in done.output
    assert "--schema contract" in done.output
    assert shop.states() == [BEGUN]
    done = shop.erase(GONE, *REASON, "--yes", "--schema", "contract")
    assert done.exit_code == 0, done.output
    assert shop.states() == [DONE]


@pytest.mark.long
def test_json_names_nobody(shop: Shop) -> None:
    done = shop.erase(GONE, *REASON, "--yes", "--json")
    found = json.loads(done.stdout)
    assert found["is_erased"] is True
    assert found["remaining"] == []
    assert {row["table"]: row["rows"] for row in found["tables"]}["marts.dim_customers"] == 1
    assert GONE not in done.output


@pytest.mark.long
def test_without_the_key_of_the_list_nothing_is_changed(shop: Shop) -> None:
    shop.erase(GONE, *REASON, "--yes")
    shop.places.suppression.key.unlink()
    before = shop.warehouse.read_bytes()
    done = shop.erase("ZQX-77", *REASON, "--yes")
    assert done.exit_code == 1
    assert "would come back" in " ".join(done.output.split())
    assert shop.warehouse.read_bytes() == before
    assert not shop.places.suppression.key.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((GONE, "--yes"), "Say why"),
        ((GONE, "--reason", f"{GONE} asked", "--yes"), "must hold no ids"),
        ((GONE, "--reason", "request of\n2026-11-20", "--yes"), "Write the reason in one line"),
        ((GONE, "--reason", "request\r", "--yes"), "Write the reason in one line"),
        ((GONE, *REASON), "add --yes"),
        ((*REASON, "--yes"), "No customer is named"),
        (("  ", *REASON, "--yes"), "is blank"),
        (("--file", "/nowhere/ids", *REASON, "--yes"), "cannot be read"),
        ((GONE, *REASON, "--yes", "--dataset", "members"), "found nowhere"),
    ],
)
def test_what_cannot_be_done_changes_nothing(
    shop: Shop, arguments: tuple[str, ...], said: str
) -> None:
    before = shop.warehouse.read_bytes()
    done = shop.erase(*arguments)
    assert done.exit_code == 1
    assert said in " ".join(done.output.split())
    assert shop.warehouse.read_bytes() == before
    assert shop.states() == []


def test_a_project_without_a_warehouse_asks_for_the_data_set(shop: Shop) -> None:
    shop.warehouse.unlink()
    done = shop.erase(GONE, *REASON, "--yes")
    assert done.exit_code == 1
    assert (
        f"There is no file {shop.warehouse}, and nothing is published. Name the warehouse with"
        " SEGMENTATION_WAREHOUSE" in " ".join(done.output.split())
    )
    done = shop.erase(GONE, *REASON, "--yes", "--dataset", "sample")
    assert f"There is no file {shop.warehouse}, and nothing" in " ".join(done.output.split())
    done = shop.erase(GONE, *REASON, "--yes", "--dataset", "sample", "--even-if-unknown")
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty: a process that made it was killed"),
        (b"no database" * 1000, "Restore it from a backup, or name the right file"),
    ],
)
def test_a_warehouse_that_cannot_be_read_is_named(shop: Shop, content: bytes, said: str) -> None:
    shop.warehouse.write_bytes(content)
    for named in ((), ("--dataset", "sample")):
        done = shop.erase(GONE, *REASON, "--yes", *named)
        assert done.exit_code == 1
        output = " ".join(done.output.split())
        assert str(shop.warehouse) in output
        assert said in output
    assert shop.warehouse.read_bytes() == content
    assert shop.states() == []


def test_a_warehouse_without_a_build_asks_for_another(shop: Shop) -> None:
    with duckdb.connect(str(shop.warehouse)) as connection:
        connection.execute("delete from segmentation.build_runs")
    done = shop.erase(GONE, *REASON, "--yes")
    assert done.exit_code == 1
    assert f"No build is in {shop.warehouse}." in " ".join(done.output.split())


@pytest.mark.long
def test_a_warehouse_that_does_not_say_its_data_set_is_of_the_named_one(shop: Shop) -> None:
    with duckdb.connect(str(shop.warehouse)) as connection:
        connection.execute("drop table segmentation.build_runs")
    done = shop.erase(GONE, *REASON, "--yes", "--dataset", "sample")
    assert done.exit_code == 0, done.output
    assert shop.ids() == ["ZQX-77"]


MANY_CUSTOMERS = """
create schema marts;
create table marts.fct_customer_segments as
    select 'C' || range as customer_id, md5(range::varchar) as reason from range(40000);
"""


def test_a_disk_without_room_leaves_the_warehouse_as_it_was(
    tmp_path: Path, small_disk: Path
) -> None:
    """The disk has room for the warehouse and not for a second one."""
    # Made elsewhere: what DuckDB writes beside a file while it makes it may not fit.
    with duckdb.connect(str(tmp_path / "made.duckdb")) as connection:
        connection.execute(MANY_CUSTOMERS)
    warehouse = small_disk / "warehouse.duckdb"
    shutil.copy(tmp_path / "made.duckdb", warehouse)
    before = warehouse.read_bytes()
    customers = Customers("sample", ("C17000",))
    places = Places.of(small_disk, {"SEGMENTATION_WAREHOUSE": str(warehouse)})
    (database,) = make_plan(places, customers).databases
    with pytest.raises(ErasureError, match="is as it was"):
        rewrite(database, customers)
    assert warehouse.read_bytes() == before
    assert [path.name for path in small_disk.iterdir()] == ["warehouse.duckdb"]


def test_a_disk_without_room_for_what_a_killed_build_left(tmp_path: Path, small_disk: Path) -> None:
    """What DuckDB wrote beside the file stays there, and nothing is lost."""
    made = tmp_path / "made.duckdb"
    with duckdb.connect(str(made)) as connection:
        connection.execute("pragma disable_checkpoint_on_shutdown")
        connection.execute(MANY_CUSTOMERS)
    warehouse = small_disk / "warehouse.duckdb"
    for end in ("", ".wal"):
        shutil.copy(f"{made}{end}", f"{warehouse}{end}")
    places = Places.of(small_disk, {"SEGMENTATION_WAREHOUSE": str(warehouse)})
    customers = Customers("sample", ("C17000",))
    (database,) = make_plan(places, customers).databases
    free = shutil.disk_usage(small_disk).free
    (small_disk / "others").write_bytes(bytes(free))
    with pytest.raises(ErasureError, match="could not be written, and is as it was"):
        rewrite(database, customers)
    (small_disk / "others").unlink()
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.sql("select count(*) from marts.fct_customer_segments").fetchall()
    assert rows == [(40_000,)]


@pytest.mark.long
def test_observed_days_count_those_who_stay(make_warehouse: Callable[..., Path]) -> None:
    """On the two days between, there was one customer less."""
    file = make_warehouse("C-GONE-1")
    plan = make_plan(
        Places.of(file.parent, {"SEGMENTATION_WAREHOUSE": str(file)}),
        Customers.of("sample", ["C-GONE-1"]),
        (),
    )
    rewrite(plan.databases[0], plan.customers)
    with duckdb.connect(str(file), read_only=True) as connection:
        days = connection.sql(
            "select dataset, customers from segmentation.segment_log where row_kind = 'day'"
            " order by dataset, as_of"
        ).fetchall()
    assert days == [("members", 9), *(("sample", customers) for customers in (5, 6, 7, 6))]


@pytest.mark.long
def test_a_backfill_at_work_is_waited_for(shop: Shop) -> None:
    folder = backfill_folder(shop.warehouse)
    folder.mkdir()
    (folder / "warehouse.duckdb").touch()
    with alone_in(folder):
        refused = shop.erase(GONE, *REASON, "--yes")
    assert refused.exit_code == 1
    assert "A backfill of" in refused.output
    assert GONE in shop.ids()
    assert shop.erase(f" {GONE} ", *REASON, "--yes").exit_code == 0
    assert GONE not in shop.ids()
    assert not folder.exists()


def test_a_dry_run_says_who_is_unknown(shop: Shop) -> None:
    found = shop.erase("C-NOBODY", *REASON, "--dry-run")
    assert "Nothing was changed (--dry-run). Found nowhere: 1 of the ids." in found.output


@pytest.mark.long
def test_a_page_that_names_a_short_id_is_removed(shop: Shop) -> None:
    page = shop.folder / "report" / "page.html"
    page.write_text("<td>C-17</td>")
    with duckdb.connect(str(shop.warehouse)) as connection:
        connection.execute("insert into marts.dim_customers values ('C-17', 'p')")
    assert shop.erase("C-17", *REASON, "--yes").exit_code == 0
    assert not page.exists()
