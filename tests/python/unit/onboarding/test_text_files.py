"""The layout of text files of many programs is found."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from segmentation.onboarding.refusals import OnboardingError
from segmentation.onboarding.text_files import (
    TextLayout,
    headers_of,
    layout_of,
    read_text_file,
)

ROWS = [["id", "Größe", "amount"], ["1", "klein", "12,50"], ["2", "groß", "3,00"]]
CELLS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=8)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_delimiters_and_ends_of_lines(
    tmp_path: Path, encoding: str, delimiter: str, end: str
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(ROWS)
    path = tmp_path / "a.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    layout = layout_of(path)
    assert layout == TextLayout(encoding, delimiter, 1)
    rows = read_text_file(path, layout)
    assert rows.column_names[2:] == ROWS[0]
    assert [list(row.values())[2:] for row in rows.to_pylist()] == ROWS[1:]


@pytest.mark.long
@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=12))
def test_every_row_that_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, cells: list[list[str]]
) -> None:
    path = tmp_path_factory.mktemp("text") / "a.csv"
    filled = [[str(at), *row] for at, row in enumerate(cells)]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL).writerows(
            [["n", "a", "b", "c"], *filled]
        )
    rows = read_text_file(path, TextLayout("utf-8", ";"))
    assert rows.column("malformed").null_count == len(cells)
    read = [[value or "" for value in list(row.values())[2:]] for row in rows.to_pylist()]
    assert read == filled


def test_headers_are_filled_in_and_told_apart() -> None:
    assert headers_of(" A ;;a;A", ";") == ["A", "column 2", "a 3", "A 4"]


def test_an_encoding_that_does_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("id;Größe\n1;x\n".encode("cp1252"))
    with pytest.raises(OnboardingError, match="cannot be read as utf-8"):
        read_text_file(path, TextLayout("utf-8", ";"))
    with pytest.raises(OnboardingError, match="cannot be read as no-such-encoding"):
        read_text_file(path, TextLayout("no-such-encoding", ";"))


def test_a_header_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id;name\n")
    rows = read_text_file(path, layout_of(path))
    assert len(rows) == 0
    assert rows.column_names[2:] == ["id", "name"]
