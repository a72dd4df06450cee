"""Delimited files: however they are written, every row is read, or the error says what is wrong."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from segmentation.dbt_plugins.delimited_files import (
    SourceColumn,
    SourceFileError,
    read_delimited,
    source_columns,
)

COLUMNS = [
    SourceColumn("customer_id", ("ID", "ID_Pelanggan"), required=True),
    SourceColumn("income", ("Income", "Pendapatan"), required=True),
    SourceColumn("note", ("Note",), required=False),
]
EXPECTED = [
    {"source_row": 1, "customer_id": "7", "income": "10.5", "note": None, "malformed": None},
    {"source_row": 2, "customer_id": "O'Neil é", "income": None, "note": None, "malformed": None},
]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("ID,Income\n7,10.5\nO'Neil é,\n", id="comma"),
        pytest.param("ID\tIncome\n7\t10.5\nO'Neil é\t\n", id="tab"),
        pytest.param("ID;Income\n7;10.5\nO'Neil é;\n", id="semicolon"),
        pytest.param("ID,Income\r\n7,10.5\r\nO'Neil é,\r\n", id="CRLF"),
        pytest.param("\ufeffID,Income\n7,10.5\nO'Neil é,\n", id="byte order mark"),
        pytest.param("ID,Income\n7,10.5\nO'Neil é,", id="no line end at the end"),
        pytest.param('"ID","Income"\n"7","10.5"\n"O\'Neil é",""\n', id="quoted"),
        pytest.param("Income,ID\n10.5,7\n,O'Neil é\n", id="reordered"),
        pytest.param(",ID,Extra,Income\n0,7,x,10.5\n1,O'Neil é,y,\n", id="index and extra columns"),
        pytest.param("id pelanggan,PENDAPATAN\n7,10.5\nO'Neil é,\n", id="another language"),
        pytest.param("ID,Income\n\n7, 10.5 \n\nO'Neil é,  \n", id="blank lines and spaces"),
    ],
)
def test_the_same_rows_however_they_are_written(tmp_path: Path, content: str) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(content.encode())
    assert read_delimited(path, COLUMNS).to_pylist() == EXPECTED


def test_a_row_that_does_not_fit_is_kept_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("ID,Income\n7\n8,1,2\n9,3\n")
    rows = read_delimited(path, COLUMNS).to_pylist()
    assert [row["malformed"] for row in rows] == ["7", "8,1,2", None]
    assert [row["customer_id"] for row in rows] == [None, None, "9"]


def test_a_file_of_a_header_has_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("ID,Income\n")
    table = read_delimited(path, COLUMNS)
    assert table.num_rows == 0
    assert table.column_names == ["source_row", "customer_id", "income", "note", "malformed"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "It has: no header at all"),
        (b"ID,Incme\n1,2\n", "lacks 1 of the columns that are needed: income (called Income or"),
        (b"ID,Incme\n1,2\n", "It has: ID, Incme. If a column goes by another name, add it to"),
        ("ID,Income\né,1\n".encode("latin-1"), "is not UTF-8 text: the byte at 10"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    with pytest.raises(SourceFileError) as raised:
        read_delimited(path, COLUMNS)
    assert message in str(raised.value)


def test_a_file_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("x")
    with pytest.raises(SourceFileError, match=r"In its folder there are: other\.csv"):
        read_delimited(tmp_path / "people.csv", COLUMNS)
    with pytest.raises(SourceFileError, match="empty or not there either"):
        read_delimited(tmp_path / "nowhere" / "people.csv", COLUMNS)


def test_the_seed_of_headers_is_read() -> None:
    path = Path(__file__).parents[3] / "seeds" / "source_headers.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        columns = {c.name: c for c in source_columns(csv.DictReader(lines), "marketing_campaign")}
    assert columns["spend_drinks"].headers == ("MntWines", "MntCoke")
    assert all(column.required for column in columns.values())
    assert len(columns) == 26


def test_segments_are_needed_of_labelled_people_and_not_read_of_prospects() -> None:
    path = Path(__file__).parents[3] / "seeds" / "source_headers.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    labelled = source_columns(rows, "market_survey")
    prospects = source_columns(rows, "market_survey prospects")
    assert labelled[-1] == SourceColumn("segmentation", ("Segmentation",), required=True)
    assert prospects == labelled[:-1]
