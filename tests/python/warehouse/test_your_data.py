"""The commands of docs/your_data.md, run as they stand there, on files as shops export them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from builds import PROJECT, QUICK
from story_shop import CUSTOMERS, TEST_CUSTOMER, Planted, write_shop

pytestmark = pytest.mark.long

PAGE = PROJECT / "docs" / "your_data.md"


def blocks(language: str) -> list[str]:
    """Return the blocks of the page that are written in a language."""
    return re.findall(
        rf"^```{language}\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )


def environment() -> dict[str, str]:
    """Return the environment of somebody who has set nothing."""
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DBT_", "SEGMENTATION_"))
    }
    return own | {"NO_COLOR": "1"}


class Story:
    """What was run, what it said, and the warehouse that it left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.planted: Planted = write_shop(folder)
        self.said: dict[str, str] = {}
        here = folder
        for line in "".join(blocks("sh")).splitlines():
            words = shlex.split(line)
            if words[0] == "cd":
                here = here / words[1]
                continue
            command = [sys.executable, "-m", *words]
            if words[1] == "build":
                # What surrounds the fits is looked at here, not the fits.
                command += ["--vars", yaml.safe_dump(QUICK)]
            done = subprocess.run(
                command, cwd=here, env=environment(), capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{line}\n{done.stdout[-6000:]}{done.stderr[-3000:]}"
            self.said[line] = done.stdout
        self.project = here

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.project / "warehouse.duckdb"), read_only=True) as connection:
            return connection.sql(sql).fetchall()


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return Story(tmp_path_factory.mktemp("story"))


def test_the_page_shows_the_mapping_that_is_proposed(story: Story) -> None:
    assert (story.folder / "mapping.yml").read_text("utf-8") == blocks("yaml")[0]


def test_every_row_of_the_files_is_accepted_or_rejected_by_name(story: Story) -> None:
    planted = story.planted
    read = {
        "rechnungen_2023": planted.lines["2023"],
        "rechnungen_2024": planted.lines["2024"],
        "kunden": CUSTOMERS + 1,
    }
    counted = story.query("select * from staging.nordlicht_rows_read")
    assert {table: rows for table, rows, _, _ in counted} == read
    assert all(rows == accepted + rejected for _, rows, accepted, rejected in counted)
    assert dict(
        story.query(
            "select rejected_because, count(*) from staging.nordlicht_rejected_rows group by all"
        )
    ) == {
        "cancelled": planted.cancelled,
        "guest order": planted.without_customer,
        "not a row of the table": planted.cut_off,
        "repeats an earlier row": planted.repeated,
        "test or internal": 1,
    }


def test_the_marts_the_summary_and_the_page_account_for_every_row(story: Story) -> None:
    planted = story.planted
    added = story.query(
        "select source_table, sum(source_rows), max(rows_read) from marts.rpt_source_rows"
        " group by all order by all"
    )
    rows = {"kunden": CUSTOMERS + 1}
    rows |= {f"rechnungen_{year}": planted.lines[year] for year in ("2023", "2024")}
    assert added == [(table, read, read) for table, read in rows.items()]
    said = story.said["segmentation build"]
    for table, read in rows.items():
        assert f"  {table}: read {read:,}, accepted" in said
    assert "guest order (" in said
    page = (story.project / "report" / "segments.html").read_text("utf-8")
    assert f"Of {sum(rows.values()):,} rows of your files, the mapping left out" in page


def test_orders_hold_what_the_accepted_lines_hold(story: Story) -> None:
    """Counted from the files again, by other means than the models."""
    expected: dict[str, Decimal] = {}
    for year, encoding in (("2023", "utf-8-sig"), ("2024", "cp1252")):
        text = (story.folder / f"rechnungen_{year}.csv").read_text(encoding)
        lines = dict.fromkeys(text.splitlines()[1:])
        for cells in (re.sub('".*?"', "", line).split(";") for line in lines):
            if len(cells) == 8 and cells[1] and cells[7] != "storniert":
                price = Decimal(cells[6].replace(".", "").replace(",", "."))
                order = f"{cells[1]} {cells[0]}"
                expected[order] = expected.get(order, Decimal(0)) + int(cells[5]) * price
    found = story.query(
        "select customer_id || ' ' || order_id, revenue from staging.stg_nordlicht__orders"
    )
    assert dict(found) == expected
    assert min(expected.values()) < 0


def test_the_package_counts_on(story: Story) -> None:
    rows = {
        table: (read, accepted, rejected)
        for table, read, accepted, rejected in story.query(
            "select source_table, rows_read, rows_accepted, rows_rejected from marts.rpt_rows_read"
        )
    }
    (orders,) = story.query("select count(*) from staging.stg_nordlicht__orders")
    assert rows["customers"] == (CUSTOMERS, CUSTOMERS, 0)
    assert rows["orders"][0] == orders[0]
    assert all(read == accepted + rejected for read, accepted, rejected in rows.values())
    assert story.query(
        "select distinct reason from marts.rpt_reject_reasons where source_table = 'orders'"
    ) == [(f"customer '{TEST_CUSTOMER}' is not among the accepted customers",)]


def test_segments_and_the_report_are_there(story: Story) -> None:
    ((customers,),) = story.query(
        "select sum(customers) from marts.dim_segments where segmentation = 'value'"
    )
    assert customers == CUSTOMERS
    assert "Segments of nordlicht as of 2024-06-30" in story.said["segmentation build"]
    page = (story.project / "report" / "segments.html").read_text("utf-8")
    assert "Loyal" in page
    for name in ("Kundin 1000", "@post.example", "Test Kasse"):
        assert name not in page


def test_names_of_people_reach_no_table(story: Story) -> None:
    tables = story.query(
        "select table_schema || '.' || table_name from information_schema.tables"
        " where table_type = 'BASE TABLE'"
    )
    named = "select 1 from {} as t where to_json(t)::varchar like '%Kundin 1%'"
    with duckdb.connect(str(story.project / "warehouse.duckdb"), read_only=True) as connection:
        for (table,) in tables:
            assert not connection.sql(named.format(table)).fetchall(), table
