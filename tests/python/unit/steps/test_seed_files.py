"""Seeds that people edit: one sentence names file, line and what to do."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import duckdb
import hypothesis
import jinja2
import pytest
import yaml
from builds import PROJECT
from hypothesis import strategies as st
from segmentation.steps.seed_files import SeedFile, seed_problems

DESCRIBED: dict[str, Any] = {
    seed["name"]: seed["config"]["column_types"]
    for file in (PROJECT / "seeds").rglob("*.yml")
    for seed in yaml.safe_load(file.read_text(encoding="utf-8"))["seeds"]
}
PLAYBOOK = (PROJECT / "seeds/segment_playbook.csv").read_bytes()
HEADER = PLAYBOOK.partition(b"\n")[0]
GRID = (PROJECT / "seeds/rfm_grid.csv").read_bytes()


def problems(folder: Path, name: str, content: bytes) -> list[str]:
    path = folder / f"{name}.csv"
    path.write_bytes(content)
    return seed_problems(SeedFile(name, path, f"seeds/{name}.csv", DESCRIBED[name]))


@pytest.mark.parametrize("name", DESCRIBED)
def test_those_of_the_project_are_right(tmp_path: Path, name: str) -> None:
    (path,) = (PROJECT / "seeds").rglob(f"{name}.csv")
    content = path.read_bytes()
    for written in (content, b"\xef\xbb\xbf" + content, content.replace(b"\n", b"\r\n")):
        assert problems(tmp_path, name, written) == []


@pytest.mark.parametrize("name", DESCRIBED)
def test_every_seed_is_checked_alike(tmp_path: Path, name: str) -> None:
    (path,) = (PROJECT / "seeds").rglob(f"{name}.csv")
    content = path.read_bytes().rstrip(b"\n")
    lines = content.count(b"\n") + 1
    # The seed of promotions is shipped without a row.
    header, _, rest = content.partition(b"\n")
    where = f"seeds/{name}.csv, line"
    for written, line, said in (
        (b"", 1, "the file is empty. Write the header: "),
        (b"\n \n", 1, "the file is empty. Write the header: "),
        (content + b"\n" + b"," * header.count(b",") + b",", lines + 1, "cells and the header has"),
        (content + b"\nx", lines + 1, "it has 1 cells and the header has"),
        (content.replace(b",", b";"), 1, "separated by semicolons. Save the file with commas"),
        (content.replace(b",", b"\t"), 1, "separated by tabs. Save the file with commas"),
        (header + b",notes\n" + rest, 1, "the header has also notes. Write it as: "),
        (header.rpartition(b",")[0] + b"\n" + rest, 1, "the header lacks "),
        (content + b"\n\xe9", lines + 1, "the byte 0xe9 is not UTF-8"),
        (content + b'\n"x', lines + 1, "a quote is not closed"),
    ):
        found = problems(tmp_path, name, written)
        assert len(found) == 1, (written[-80:], found)
        assert found[0].startswith(f"{where} {line}: ")
        assert said in found[0]


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("segment_playbook", "value,four,a,A,x: 1,,,,,,,", "k is 'four'. Write a whole number"),
        ("segment_playbook", "value,²,a,A,x: 1,,,,,,,", "k is '²'. Write a whole number"),
        ("segment_playbook", "value,0,a,A,x: 1,,,,,,,", "k is 0. Write the number of segments"),
        (
            "segment_playbook",
            "value,4,A b,A,x: 1,,,,,,,",
            "a slug is written in lower case letters",
        ),
        ("segment_playbook", "value,4,a,A,x = 1,,,,,,,", "target_z_scores has 'x = 1'"),
        ("segment_playbook", "value,4,a,A,,,,,,,,", "target_z_scores is empty"),
        ("segment_playbook", "value,,a,A,,x = y z,segment,1,,,,", "condition has 'x = y z'"),
        ("segment_playbook", "value,,a,A,,x > 1,people,1,,,,", "condition_of is 'people'"),
        ("segment_playbook", "value,,a,A,,x > 1,customer,,,,,", "condition_order is None"),
        ("segment_playbook", "value,,a,A,x: 1,x > 1,customer,1,,,,", "target_z_scores and a"),
        ("segment_playbook", "value,,a,A,x: 1,,customer,,,,,", "condition is empty"),
        ("segment_playbook", "value,,a,A,,x is highest,customer,1,,,,", "'is highest' compares"),
        ("feature_words", "x,,more,{} y,0,", "low_words of 'x' is empty"),
        ("feature_words", "x,less,more,y,0,", "the amount of 'x' is 'y'. Write {}"),
        ("feature_words", "x,less,more,{} y,0,usually {z}", "customer_amount of 'x' is 'usually"),
        ("feature_words", "x,less,more,{} y,,", "decimals of 'x' is None. Write 0 to 9."),
        ("model_promotions", "value,sample,,v1,pin,2026-01-31,,", "reason is empty. Write why"),
        ("model_promotions", "value,sample,,v1,pinn,2026-01-31,,x", "action is 'pinn'. Did you"),
        ("model_promotions", "value,sample,,v1,pin,soon,,x", "decided_on is 'soon'. Write a day"),
        ("rfm_grid", "Champions,5.5,5,4,5", "min_recency_score is '5.5'. Write a whole number"),
        ("age_groups", "old,3,60,-", "max_age is '-'. Write a whole number"),
        ("source_headers", "members,age,Age,yes", "required is 'yes'. Write true or false"),
        ("ordinal_categories", "a,b,first", "position is 'first'. Write a whole number"),
    ],
)
def test_a_value_that_cannot_be(tmp_path: Path, name: str, line: str, said: str) -> None:
    header = ",".join(DESCRIBED[name])
    (found,) = problems(tmp_path, name, f"{header}\n\n{line}\n".encode())
    assert found.startswith(f"seeds/{name}.csv, line 3: ")
    assert said in found


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (
            "h \na,1,2,3\n",
            1,
            "there are blanks around names in the header. Write it as: age_group,",
        ),
        ("h\r\na,1,2,3\nb,2,4,5\r\n", 2, "it ends with LF and the header with CR LF. Save"),
        ('h\n"a\r\nb",1,2,3\nb,2,4,5\r\n', 4, "it ends with CR LF and the header with LF"),
        ("h\na,1,2,3\r\nb,2,4,5\r", 2, "it ends with CR LF and the header with LF"),
        ("h\ra,1,2,3\n\n", 2, "it ends with LF and the header with CR"),
        ("\nh\na,1,2,3\n", 1, "it is blank. Remove the blank lines above the header"),
        ("\ufeff \t\n\nh\na,1,2,3\n", 1, "it is blank. Remove the blank lines above the header"),
        ("h\na,1,2,3\n  \n", 3, "it holds nothing but blanks. Remove the line."),
        ("h\na, ,2,3\n", 2, "age_group_order is ' '. Write a whole number, or nothing."),
        ("h\na,\xa01,2,3\n", 2, "age_group_order is '\\xa01'. Write a whole number, or nothing."),
    ],
)
def test_line_ends_and_blanks(tmp_path: Path, content: str, line: int, said: str) -> None:
    written = content.replace("h", ",".join(DESCRIBED["age_groups"]), 1)
    (found,) = problems(tmp_path, "age_groups", written.encode())
    assert found.startswith(f"seeds/age_groups.csv, line {line}: ")
    assert said in found


def test_a_slug_that_stands_twice(tmp_path: Path) -> None:
    row = b"value,4,loyal,Loyal,monetary: 1,,,,,,,\n"
    (found,) = problems(tmp_path, "segment_playbook", HEADER + b"\n" + row + row)
    assert "the slug 'loyal' stands twice" in found


def test_lines_are_counted_through_cells_of_several_lines(tmp_path: Path) -> None:
    rows = b'value,4,a,A,x: 1,,,,"two\nlines",,,\nvalue,4,b\n'
    (found,) = problems(tmp_path, "segment_playbook", HEADER + b"\n" + rows)
    assert found.startswith("seeds/segment_playbook.csv, line 4: it has 3 cells")


def test_many_wrong_lines_are_counted(tmp_path: Path) -> None:
    found = problems(tmp_path, "rfm_grid", GRID.rstrip(b"\n") + b"\nx" * 20)
    assert len(found) == 6
    assert found[-1] == "seeds/rfm_grid.csv: 15 more lines are wrong."


@hypothesis.settings(suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(rest=st.binary(max_size=60), keep=st.integers(0, len(PLAYBOOK)))
def test_whatever_the_file_holds_it_is_read_or_named(
    tmp_path: Path, rest: bytes, keep: int
) -> None:
    for problem in problems(tmp_path, "segment_playbook", PLAYBOOK[:keep] + rest):
        assert problem.startswith("seeds/segment_playbook.csv")


TYPES = {"name": "varchar", "position": "integer", "required": "boolean"}
LINE_ENDS = ["\n", "\r\n", "\r"]
NAMES = ["x", '"x"', '"x,y"', '"x ""y"" z"', 'x "y" z', "#x", "", " x ", '"x\ny"', '"x\r\ny"', "\\"]
NAMES += ['"x\\"', "null", "'", '"', '""', "x\ty", "\xe9\u2028"]
POSITIONS = ["7", "", "-1", " 2 ", '"3"', "1.5", "\xa04", '""', "1_0", " "]
REQUIRED = ["true", "FALSE", "", '"true"', " true ", "t"]
ROWS = st.one_of(
    st.tuples(*map(st.sampled_from, (NAMES, POSITIONS, REQUIRED))).map(",".join),
    st.sampled_from(["", "  "]),
)


def file_of(header: str, rows: list[str], end: str, other: str, above: str) -> str:
    return above + end.join([header, *rows]) + other


FILES = st.builds(
    file_of,
    header=st.sampled_from(["name,position,required", 'name,"position",required']),
    rows=st.lists(ROWS, max_size=4),
    end=st.sampled_from(LINE_ENDS),
    other=st.sampled_from([*LINE_ENDS, ""]),
    above=st.sampled_from(["", "\ufeff", "\n"]),
)

MACROS = jinja2.Template(
    (PROJECT / "macros" / "engine" / "duckdb" / "seed_files.sql").read_text(),
    extensions=["jinja2.ext.do"],
).module


@pytest.mark.long
@hypothesis.settings(
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture], deadline=None
)
@hypothesis.given(text=FILES)
def test_what_is_right_is_loaded_as_it_was_read(
    connection_of_examples: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    text: str,
) -> None:
    """The engine fails at no file that passed, and finds in it what the check found."""
    path = tmp_path / "it's.csv"
    path.write_bytes(text.encode())
    hypothesis.assume(seed_problems(SeedFile("positions", path, "positions.csv", TYPES)) == [])
    statement = MACROS.rows_of_csv("'" + str(path).replace("'", "''") + "'", TYPES)
    records = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    expected = [
        (name or None, int(position) if position else None, required.lower() or None)
        for name, position, required in [cells for cells in records if cells][1:]
    ]
    loaded = f"select name, position, cast(required as varchar) from ({statement})"
    assert connection_of_examples.execute(loaded).fetchall() == expected
