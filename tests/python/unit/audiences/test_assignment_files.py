"""Files of assignments: added, never changed, and checked before a build."""

from __future__ import annotations

import ast
import datetime as dt
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from segmentation.audiences.assignment_files import (
    SCHEMA,
    add_assignments,
    assignment_problems,
    new_assignments,
    read_assignments,
)
from segmentation.audiences.audience import Audience, AudienceError

PROJECT = Path(__file__).parents[4]
AUDIENCE = Audience("a", "shop", "value", "at_risk", "s", 0.5)


def rows(*customers: str, on: str = "2025-12-31", known: tuple[str, ...] = ()) -> pa.Table:
    people = [{"customer_id": customer, "responses": None} for customer in customers]
    return new_assignments(AUDIENCE, people, known, dt.date.fromisoformat(on))


def test_the_macro_has_the_same_columns() -> None:
    text = (PROJECT / "macros" / "assignments.sql").read_text(encoding="utf-8")
    found = re.search(r"return\((\{.*?\})\)", text, re.DOTALL)
    assert found
    types = {"varchar": pa.string(), "date": pa.date32(), "double": pa.float64()}
    columns = {
        name: types.get(kind, pa.int64()) for name, kind in ast.literal_eval(found[1]).items()
    }
    assert columns == {field.name: field.type for field in SCHEMA}


def test_customers_with_an_assignment_get_no_other(tmp_path: Path) -> None:
    assert rows("C1", "C2", known=("C1",))["customer_id"].to_pylist() == ["C2"]
    assert add_assignments(tmp_path / "new" / "folder", "a", rows()) is None
    first = add_assignments(tmp_path, "a", rows("C1"))
    second = add_assignments(tmp_path, "a", rows("C2", on="2026-01-31"))
    assert first is not None
    assert second is not None
    assert (first.name, second.name) == ("a-0001.parquet", "a-0002.parquet")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-0001.parquet", "a-0002.parquet"]
    assert read_assignments(tmp_path, "a")["customer_id"].to_pylist() == ["C1", "C2"]
    assert len(read_assignments(tmp_path, "b")) == 0
    assert len(read_assignments(tmp_path / "none", "a")) == 0


def test_the_first_of_two_assignments_stands(tmp_path: Path) -> None:
    """Copied together by hand: the same rule as in int_holdout_assignments."""
    later = rows("C1", "C2", on="2026-01-31")
    earlier = rows("C1", on="2025-12-31")
    add_assignments(tmp_path, "a", later)
    add_assignments(tmp_path, "a", earlier)
    found = read_assignments(tmp_path, "a").to_pylist()
    assert [(row["customer_id"], str(row["assigned_on"])) for row in found] == [
        ("C1", "2025-12-31"),
        ("C2", "2026-01-31"),
    ]


def test_other_files_of_the_folder_are_named(tmp_path: Path) -> None:
    assert assignment_problems(tmp_path / "none") == []
    add_assignments(tmp_path, "a", rows("C1"))
    (tmp_path / "notes.txt").write_text("not looked at")
    assert assignment_problems(tmp_path) == []
    (tmp_path / "b.parquet").write_bytes(b"no")
    pq.write_table(pa.table({"audience": ["a"], "bucket": ["x"]}), tmp_path / "c.parquet")
    damaged, other = assignment_problems(tmp_path)
    assert "b.parquet is no Parquet file that can be read" in damaged
    assert "c.parquet is no file of assignments: dataset, customer_id" in other
    assert "bucket" in other
    with pytest.raises(AudienceError, match=r"b\.parquet is no Parquet file"):
        read_assignments(tmp_path, "a")


def test_a_file_of_a_later_version_may_have_more(tmp_path: Path) -> None:
    pq.write_table(rows("C1").append_column("more", pa.array([1])), tmp_path / "a.parquet")
    assert assignment_problems(tmp_path) == []
    assert read_assignments(tmp_path, "a").column_names == SCHEMA.names
