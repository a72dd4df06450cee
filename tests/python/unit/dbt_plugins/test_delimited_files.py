"""Delimited files: every row is read, or the error says what is wrong."""

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
        pytest.param("ID,Income\r7,10.5\rO'Neil é,\r", id="CR"),
        pytest.param("ID,Income\r\r\n7,10.5\r\r\nO'Neil é,\r\r\n", id="CR before CRLF"),
        pytest.param("\n \t\nID,Income\n7,10.5\nO'Neil é,", id="blank lines before the header"),
        pytest.param(
            "\ufeff\u200bID,Income\xa0\n\u2003\u200b7\x1c,\x0b10.5\u200e\n"
            "\ufeffO'Neil é,\xa0\u2028",
            id="blanks of every kind",
        ),
        pytest.param("ID|Income\n7.00|10.5\nO'Neil é|\n", id="a whole number as a float"),
    ],
)
def test_the_same_rows_however_they_are_written(tmp_path: Path, content: str) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(content.encode())
    assert read_delimited(path, COLUMNS).to_pylist() == EXPECTED


@pytest.mark.parametrize("name", ["Name", "Income (old)", ""])
def test_a_line_that_does_not_fit_is_described_and_not_kept(tmp_path: Path, name: str) -> None:
    """A column that is not read may be personal."""
    path = tmp_path / "people.csv"
    path.write_text(f"ID,Income,{name}\n7\n8,1,Ida,2\n9,3,Budi\n")
    rows = read_delimited(path, COLUMNS).to_pylist()
    assert [row["malformed"] for row in rows] == [
        "cells that do not fit the header: line 2 (1 cell, the header has 3; 1 character)",
        "cells that do not fit the header: line 3 (4 cells, the header has 3; 9 characters)",
        None,
    ]
    assert [row["customer_id"] for row in rows] == [None, None, "9"]


def test_a_line_of_a_file_that_is_read_whole_is_kept_too(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("ID,Income\n7\n8,1,2\n9,\0\n" + "x," * 1000 + "\n9,3\n")
    malformed = [row["malformed"] for row in read_delimited(path, COLUMNS).to_pylist()]
    assert malformed[0] == (
        "cells that do not fit the header: line 2 (1 cell, the header has 2; 1 character): 7"
    )
    assert malformed[1].endswith("5 characters): 8,1,2")
    assert malformed[2] == (
        "a NUL character: line 4 (2 cells, the header has 2; 3 characters): 9,\N{SYMBOL FOR NULL}"
    )
    assert malformed[3].endswith(
        "(1001 cells, the header has 2; 2000 characters): " + "x," * 250 + "…"
    )
    assert malformed[4] is None


@pytest.mark.parametrize(
    "blank",
    [
        *("", " ", "\t", "\xa0", "\u2003", "\u200b", "\ufeff", "\x0c", "\u2028"),
        *("NaN", " nan ", "NAN", "-nan", "+Inf", "-INFINITY"),
    ],
)
def test_blank_and_nan_are_not_ids(tmp_path: Path, blank: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text(f"ID,Income\n{blank},1\n", encoding="utf-8")
    (row,) = read_delimited(path, COLUMNS).to_pylist()
    assert (row["customer_id"], row["income"], row["malformed"]) == (None, "1", None)


def test_other_ids_are_kept(tmp_path: Path) -> None:
    """Numbers that are not whole, values of other columns, and white space within an id."""
    path = tmp_path / "people.csv"
    ids = ["7.5", "007", "7.", "1.0.0", "Nancy", "a\xa0b", "\u0667.0", "-3.0"]
    path.write_text("ID,Income\n" + "".join(f"{i},nan\n" for i in ids), encoding="utf-8")
    rows = read_delimited(path, COLUMNS).to_pylist()
    assert [row["customer_id"] for row in rows] == [*ids[:-1], "-3"]
    assert {row["income"] for row in rows} == {"nan"}


def test_a_line_of_a_million_cells_is_one_reject(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("ID,Income\n" + "," * 1_000_000 + '\n"' + "," * 1_000_000 + "\n7,1\n8,1\n")
    rows = read_delimited(path, COLUMNS).to_pylist()
    assert [row["customer_id"] for row in rows] == [None, None, "7", "8"]
    assert "line 2 (1000001 cells, the header has 2; 1000000 characters)" in rows[0]["malformed"]
    assert "line 3 (1000001 cells, the header has 2; 1000001 characters)" in rows[1]["malformed"]


def test_a_header_of_many_cells_is_one_short_error(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("ID," + ",".join(f"c{i}" for i in range(100_000)) + "\n")
    with pytest.raises(SourceFileError, match="has 100,001 cells and 688,892 char") as raised:
        read_delimited(path, COLUMNS)
    assert len(str(raised.value)) < 1000


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
        (b"\n \r\n", "It has: no header at all"),
        (
            b"7,Ida\n8,Budi\n",
            "Line 1 has 2 cells and 5 characters, and none of its cells is a known header: the",
        ),
        (
            b"ID,Income,Note,Pendapatan\n",
            "more than one column for income ('Income' in cell 2, 'Pendapatan' in cell 4)",
        ),
        (b"ID,Income,id\n", "more than one column for customer_id ('ID' in cell 1, 'id' in"),
        (b'\nID,Income,"Name\n1,2,Ida\n', "a quote in its header, line 2, that does not close"),
        (b'"ID,Income" x,Note\n', "a quote in its header, line 1, that does not close"),
        ("ID,Income\n1,2\n".encode("utf-16-le"), "NUL characters in its header, line 1"),
        ("ID,Income\n1,2\n".encode("utf-16"), "the byte at 0, in line 1, cannot be read"),
        (b"ID,Incme\n1,2\n", "lacks 1 of the columns that are needed: income (called Income or"),
        (
            b"ID,Incme\n1,2\n",
            "Line 1 has 2 cells and 8 characters; the headers that are known in it: 'ID' (cell 1).",
        ),
        (
            "ID,Income\né,1\n".encode("latin-1"),
            "is not UTF-8 text: the byte at 10, in line 2, cannot be read",
        ),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    with pytest.raises(SourceFileError) as raised:
        read_delimited(path, COLUMNS)
    assert message in str(raised.value)


@pytest.mark.parametrize("end", ["\x85", "\u2028", "\x0b", "\\n", ""])
def test_no_person_is_named_where_lines_were_run_together(tmp_path: Path, end: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text(f"ID,Note,Income{end}7,Ida,1{end}8,Budi,2{end}", encoding="utf-8")
    with pytest.raises(SourceFileError, match="Line 1 has 7 cells and") as raised:
        read_delimited(path, COLUMNS)
    assert "Ida" not in str(raised.value)
    assert "Budi" not in str(raised.value)


def test_a_missing_file_is_an_error_that_names_the_others(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("x")
    with pytest.raises(SourceFileError, match=r"In its folder there are: other\.csv"):
        read_delimited(tmp_path / "people.csv", COLUMNS)
    with pytest.raises(SourceFileError, match="empty or not there either"):
        read_delimited(tmp_path / "nowhere" / "people.csv", COLUMNS)


def test_the_seed_of_headers_is_read() -> None:
    path = Path(__file__).parents[4] / "seeds" / "source_headers.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        columns = {c.name: c for c in source_columns(csv.DictReader(lines), "marketing_campaign")}
    assert columns["spend_drinks"].headers == ("MntWines", "MntCoke")
    assert all(column.required for column in columns.values())
    assert len(columns) == 26


def test_segments_are_needed_of_labelled_people_and_not_read_of_prospects() -> None:
    path = Path(__file__).parents[4] / "seeds" / "source_headers.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    labelled = source_columns(rows, "market_survey")
    prospects = source_columns(rows, "market_survey prospects")
    assert labelled[-1] == SourceColumn("segmentation", ("Segmentation",), required=True)
    assert prospects == labelled[:-1]
