"""Every physical line of a file is one record or one reject with a reason."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from segmentation.dbt_plugins.delimited_files import SourceColumn, read_delimited
from segmentation.dbt_plugins.delimited_text import Line, read_records, scan_cells, split_lines

HEADER = ["id", "name", "gender", "age", "job", "home", "spend"]
WIDTH = len(HEADER)
COLUMNS = [
    SourceColumn(name, (name,), required=True) for name in HEADER if name not in ("name", "job")
]


def person(number: int, name: str) -> list[str]:
    return [f"M{number}", name, "Pria", str(20 + number % 60), "Pelajar", "Sector", str(number)]


def read(body: str, width: int = WIDTH, delimiter: str = "\t") -> list[tuple[int, object]]:
    """Return each record's line number with its cells, or with the reason for its rejection."""
    records = read_records(split_lines(body), width, delimiter)
    return [(r.line.number, r.reject if r.cells is None else r.cells) for r in records]


class TestLines:
    """Line endings."""

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_ends_of_lines_are_one_kind_or_another(self, end: str) -> None:
        text = f"a{end}{end}  {end}b{end}c"
        assert split_lines(text) == [Line(1, "a"), Line(4, "b"), Line(5, "c")]

    @pytest.mark.parametrize(
        "character", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\0"]
    )
    def test_no_other_character_ends_a_line(self, character: str) -> None:
        assert split_lines(f"a{character}b\nc") == [Line(1, f"a{character}b"), Line(2, "c")]


class TestCells:
    """A single line."""

    @pytest.mark.parametrize(
        ("text", "cells"),
        [
            ("a,b,", ["a", "b", ""]),
            ('"a,b",c', ["a,b", "c"]),
            ('"say ""hi"", twice",c', ['say "hi", twice', "c"]),
            ('"",""', ["", ""]),
            ('a "b" c,d"', ['a "b" c', 'd"']),
            (' "a",b', [' "a"', "b"]),
        ],
    )
    def test_quotes_as_they_should_be(self, text: str, cells: list[str]) -> None:
        scanned = scan_cells(text, ",")
        assert scanned.cells == cells
        assert scanned.opened is None
        assert scanned.proper

    def test_text_after_a_closing_quote_makes_the_quotes_part_of_the_value(self) -> None:
        scanned = scan_cells('"Ace" Ventura,b', ",")
        assert scanned.cells == ['"Ace" Ventura', "b"]
        assert not scanned.proper
        assert not scanned.doubtful

    def test_a_delimiter_before_text_after_a_closing_quote_is_doubtful(self) -> None:
        assert scan_cells('"Ace, V" entura,b', ",").doubtful

    @pytest.mark.parametrize(
        ("text", "opened", "cells"),
        [
            ('a,"b,c', 1, ["a", '"b', "c"]),
            ('"a","b","c', 2, ["a", "b", '"c']),
            ('a,"b""', 1, ["a", '"b""']),
            ('a,"""', 1, ["a", '"""']),
        ],
    )
    def test_a_quote_that_does_not_close(self, text: str, opened: int, cells: list[str]) -> None:
        scanned = scan_cells(text, ",")
        assert scanned.opened == opened
        assert scanned.cells == cells

    @given(st.text(alphabet='",;ab \u2028', max_size=20))
    def test_what_the_csv_module_accepts_is_read_as_the_csv_module_reads_it(
        self, text: str
    ) -> None:
        scanned = scan_cells(text, ",")
        try:
            expected = next(csv.reader([text], strict=True)) or [""]
        except csv.Error:
            assert scanned.opened is not None or not scanned.proper
        else:
            assert scanned.opened is None
            assert scanned.proper
            assert scanned.cells == expected

    def test_cells_longer_than_the_csv_module_allows(self) -> None:
        long = "x" * 1_000_000
        assert scan_cells(f'"{long}","b"', ",").cells == [long, "b"]


class TestStrayQuotes:
    """A name begins with a quote; all 1,000 people of the file are read."""

    @pytest.mark.parametrize("delimiter", ["\t", ","])
    @pytest.mark.parametrize("last_quote", [490, 1, None])
    def test_no_line_is_swallowed(self, delimiter: str, last_quote: int | None) -> None:
        rows = [person(number, f"Ida {number}") for number in range(1, 1001)]
        rows[4][1] = '"' + rows[4][1]
        if last_quote:
            rows[4 + last_quote][1] += '"'
        body = "\n".join(delimiter.join(row) for row in rows)
        assert read(body, delimiter=delimiter) == list(enumerate(rows, start=1))

    def test_other_lines_that_are_broken_change_nothing(self) -> None:
        rows = [person(number, f"Ida {number}") for number in range(1, 101)]
        rows[4][1] = '"Ida'
        rows[70][1] = 'Ida"'
        rows[30].append("one more")
        found = dict(read("\n".join("\t".join(row) for row in rows)))
        assert str(found.pop(31)).startswith("cells that do not fit the header: line 31 (8 cells,")
        assert found == {n: row for n, row in enumerate(rows, start=1) if n != 31}

    def test_a_line_of_its_own_that_does_not_fit(self) -> None:
        rows = [person(number, f"Ida {number}") for number in range(1, 101)]
        rows[4] = [*person(5, '"Ida'), "one more"]
        found = dict(read("\n".join("\t".join(row) for row in rows)))
        assert str(found.pop(5)).startswith("cells that do not fit the header: line 5 (8 cells,")
        assert len(found) == 99
        assert all(isinstance(cells, list) for cells in found.values())

    def test_a_quoted_file_that_lacks_one_closing_quote(self) -> None:
        rows = [person(number, f"Ida, {number}") for number in range(1, 11)]
        lines = [",".join(f'"{cell}"' for cell in row) for row in rows]
        lines[2] = lines[2].removesuffix('"')
        rows[2][-1] = '"3'
        assert read("\n".join(lines), delimiter=",") == list(enumerate(rows, start=1))

    def test_a_partner_in_the_same_line_that_takes_a_delimiter_is_no_guess(self) -> None:
        row = person(1, "x")
        row[1], row[2] = '"Ida', 'Pria"'
        assert read("\t".join(row)) == [
            (
                1,
                "cells that do not fit the header: line 1 (6 cells, the header has 7;"
                " 33 characters)",
            )
        ]

    def test_a_delimiter_within_doubtful_quotes_is_no_guess(self) -> None:
        assert read('1,"Ida, B" C', 3, ",") == [
            (
                1,
                "text after a closing quote: line 1 (3 cells, the header has 3; 12 characters)",
            )
        ]

    @pytest.mark.long
    def test_time_grows_with_the_file_and_not_with_its_square(self) -> None:
        """Lines that lost their first and last quote: each opens what the next one closes."""
        body = "\n".join(['M","Ida","P","3","j","h","9'] * 20_000)
        records = read(body, delimiter=",")
        assert [number for number, _ in records] == list(range(1, 20_001))


class TestCellsOfSeveralLines:
    """They are never joined, and none of their lines becomes a row."""

    @pytest.mark.parametrize("column", range(WIDTH))
    def test_both_lines_are_rejected_and_say_where_the_quote_began(self, column: int) -> None:
        rows = [person(number, "Ida") for number in (1, 2, 3)]
        rows[1][column] = '"two\nlines"'
        found = read("\n".join(",".join(row) for row in rows), delimiter=",")
        assert [found[0], found[3]] == [(1, rows[0]), (4, rows[2])]
        for number, reason in found[1:3]:
            assert str(reason).startswith(f"a quote over several lines: line {number} (")
            assert str(reason).endswith(
                f", within the quote that opens in line 2, cell {column + 1}, and would take the"
                " lines up to line 3 into one cell"
            )

    def test_a_line_of_the_cell_that_would_make_a_row_is_none(self) -> None:
        """An address, of which one line has as many commas as a row."""
        row = person(1, "Ida")
        row[-1] = '"Ida\n12, High Street, Ipswich, Suffolk, IP1 2AB, UK, Earth"'
        found = read(",".join(row), delimiter=",")
        assert [number for number, cells in found if isinstance(cells, str)] == [1, 2]

    def test_in_a_file_of_one_column_a_line_proves_nothing(self) -> None:
        found = read('a\n"b\nc\nd"\ne', 1, ",")
        assert [number for number, cells in found if isinstance(cells, list)] == [1, 5]

    def test_a_file_that_ends_within_a_cell(self) -> None:
        rows = [person(1, "Ida"), person(2, "Ida")]
        rows[1][-1] = '"cut of'
        found = read("\n".join("\t".join(row) for row in rows))
        assert found[0] == (1, rows[0])
        assert str(found[1][1]).endswith(
            "within the quote that opens in line 2, cell 7, and does not close as a quote should"
        )

    def test_a_line_with_a_nul_is_a_reject_and_its_neighbours_are_not(self) -> None:
        rows = [person(number, "Ida") for number in (1, 2, 3)]
        rows[1][4] = "a\0b"
        found = read("\n".join("\t".join(row) for row in rows))
        assert [found[0], found[2]] == [(1, rows[0]), (3, rows[2])]
        assert found[1] == (
            2,
            "a NUL character: line 2 (7 cells, the header has 7; 27 characters)",
        )


REJECT = (
    r"(cells that do not fit the header|text after a closing quote|a NUL character"
    r"|a quote over several lines): line \d+ \(\d+ cells?, the header has 7; \d+ characters?\)"
    r"(, within the quote that opens in line \d+, cell \d, and (would take the lines up to line \d+"
    r" into one cell|does not close as a quote should))?"
)
# What files are made of, the awkward far more often than in life.
CHARACTERS = st.one_of(
    st.sampled_from('"\t\r\n\0,; \ufeff\u2028\u2029\x85\x0b\x0c\x1c\xa0\u200b'),
    st.sampled_from("aé7"),
)
LINE = st.one_of(
    st.text(CHARACTERS, max_size=30),
    # Lines that fit, or nearly, so that much of what is made is accepted.
    st.lists(
        st.text(CHARACTERS.filter(lambda c: c not in "\t\r\n"), max_size=4),
        min_size=WIDTH - 1,
        max_size=WIDTH + 1,
    ).map("\t".join),
)


@st.composite
def bodies(draw: st.DrawFn) -> str:
    """Lines of all kinds with mixed line endings; the last one may have none."""
    ends = st.sampled_from(["\n", "\r\n", "\r"])
    text = "".join(line + draw(ends) for line in draw(st.lists(LINE, max_size=12)))
    return text[:-1] if draw(st.booleans()) else text


def write_and_read(folder: Path, text: str) -> list[dict[str, object]]:
    path = folder / "people.tsv"
    path.write_bytes(text.encode())
    return read_delimited(path, COLUMNS).to_pylist()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


class TestAnyFile:
    """Properties of generated files."""

    @pytest.mark.long
    @given(body=bodies(), mark=st.sampled_from(["", "\ufeff"]))
    def test_every_line_is_accepted_or_rejected(self, folder: Path, body: str, mark: str) -> None:
        rows = write_and_read(folder, mark + "\t".join(HEADER) + "\n" + body)
        expected = [line for line in re.split("\r\n|\n|\r", body) if line.strip()]
        event(f"lines: {len(expected)}")
        rejected = [row for row in rows if row["malformed"] is not None]
        event(f"rejected: {len(rejected)}")
        assert [row["source_row"] for row in rows] == list(range(1, len(expected) + 1))
        for row, line in zip(rows, expected, strict=True):
            if row["malformed"] is None:
                # What is read stood in that line, cell for cell.
                assert "\0" not in line
                undoubled = line.replace('""', '"')
                for cell in (row[column.name] for column in COLUMNS):
                    assert cell is None or str(cell) in line or str(cell) in undoubled
            else:
                assert [row[column.name] for column in COLUMNS] == [None] * len(COLUMNS)
                # A column of the file is not read: no text of the line is kept.
                assert re.fullmatch(REJECT, str(row["malformed"]))

    @given(
        rows=st.lists(
            st.lists(st.text("ab7é ', ;", max_size=5), min_size=WIDTH, max_size=WIDTH),
            max_size=8,
        ),
        quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        delimiter=st.sampled_from([",", "\t", ";"]),
        end=st.sampled_from(["\n", "\r\n"]),
    )
    def test_what_a_writer_of_csv_writes_is_read_as_it_was(
        self, folder: Path, rows: list[list[str]], quoting: int, delimiter: str, end: str
    ) -> None:
        rows = [[f"M{number}", *row[1:]] for number, row in enumerate(rows)]
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end)
        writer.writerows([HEADER, *rows])
        found = write_and_read(folder, text.getvalue())
        assert found == [
            {
                "source_row": number,
                **{c.name: row[HEADER.index(c.name)].strip() or None for c in COLUMNS},
                "malformed": None,
            }
            for number, row in enumerate(rows, start=1)
        ]

    @given(
        count=st.integers(1, 20),
        quoting=st.booleans(),
        strays=st.lists(st.tuples(st.integers(0, 19), st.integers(0, 60)), max_size=4),
        delimiter=st.sampled_from(["\t", ","]),
    )
    def test_stray_quotes_harm_no_line_but_their_own(
        self, count: int, quoting: bool, strays: list[tuple[int, int]], delimiter: str
    ) -> None:
        rows = [person(number, "Ida") for number in range(1, count + 1)]
        cells = [[f'"{cell}"' for cell in row] for row in rows] if quoting else rows
        lines = [delimiter.join(row) for row in cells]
        touched = set()
        for line, at in strays:
            if line < count:
                touched.add(line + 1)
                lines[line] = lines[line][:at] + '"' + lines[line][at:]
        found = dict(read("\n".join(lines), delimiter=delimiter))
        assert list(found) == list(range(1, count + 1))
        for number, row in enumerate(rows, start=1):
            assert number in touched or found[number] == row

    @given(
        count=st.integers(1, 6),
        parts=st.lists(st.text("ab ;'", max_size=6), min_size=2, max_size=6),
        at=st.tuples(st.integers(0, 5), st.integers(0, WIDTH - 1)),
        quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    )
    def test_the_lines_of_a_cell_are_never_rows(
        self, count: int, parts: list[str], at: tuple[int, int], quoting: int
    ) -> None:
        rows = [person(number, "Ida") for number in range(1, count + 1)]
        broken = at[0] % count
        rows[broken][at[1]] = "\n".join(parts)
        text = io.StringIO(newline="")
        csv.writer(text, quoting=quoting, lineterminator="\n").writerows(rows)
        found = read(text.getvalue(), delimiter=",")
        accepted = [cells for _, cells in found if isinstance(cells, list)]
        assert accepted == [row for number, row in enumerate(rows) if number != broken]
        assert len(found) == len(split_lines(text.getvalue()))
