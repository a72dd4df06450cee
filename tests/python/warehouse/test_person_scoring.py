"""People scored without the warehouse get what a build gives them, every customer of a data set."""

from __future__ import annotations

import csv
import json
import math
import shutil
from pathlib import Path

import duckdb
import numpy as np
import pytest
from builds import Warehouse
from scored_customers import compare_with_marts
from segmentation.cli.app import app
from segmentation.published.opened_file import OpenedFile
from segmentation.scorer.columns_of_people import People
from segmentation.scorer.current_scorers import customers, read_scorers
from segmentation.scorer.explanation import explain
from segmentation.scorer.scored_people import records
from typer.testing import CliRunner


def published(warehouse: Warehouse) -> Path:
    return warehouse.folder / "published" / "segments.duckdb"


def test_every_customer_of_the_sample(sample: Warehouse) -> None:
    assert set(compare_with_marts(published(sample))) == {"value", "profile"}


def test_one_person_alone_is_scored_as_among_all(sample: Warehouse) -> None:
    """Alone by plain Python, together by NumPy: the same figures to the last bit."""
    with OpenedFile(published(sample)) as file:
        scorers = read_scorers(file)
        for name in ("value", "profile"):
            scorer = scorers.scorer(name)
            found = customers(file, scorer)
            people = found.people
            together = records(scorer, scorer.score(people))
            for i, expected in enumerate(together):
                alone = People(
                    1,
                    {column: values[i : i + 1] for column, values in people.numbers.items()},
                    {column: values[i : i + 1] for column, values in people.texts.items()},
                )
                assert records(scorer, scorer.score(alone)) == [expected]


def run(*arguments: str, code: int = 0) -> str:
    """Run the command; return what it prints on stdout, on stderr where it fails."""
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    return result.stderr if code else result.stdout


@pytest.mark.long
def test_an_explanation_of_everybody_holds(sample: Warehouse) -> None:
    """Features add up to the distance, and who changes as it says is in the runner-up's segment."""
    changed = 0
    with OpenedFile(published(sample)) as file:
        scorers = read_scorers(file)
        ids = sample.query("select customer_id from marts.dim_customers order by all limit 25")
        for (customer_id,) in ids:
            for entry in explain(file, scorers, customer_id):
                if "distance" not in entry:
                    continue
                added = sum(row["own"] for row in entry["features"])
                assert math.sqrt(added) == pytest.approx(entry["distance"])
                change = entry["change"]
                if change is None:
                    continue
                changed += 1
                scorer = scorers.scorer(entry["segmentation"])
                person = customers(file, scorer, customer_id).people
                name, after = change["feature"], change["after"]
                other = (
                    People(1, person.numbers, {**person.texts, name: [after]})
                    if isinstance(after, str)
                    else People(1, {**person.numbers, name: np.array([after])}, person.texts)
                )
                (segment,) = scorer.segments_of(other)
                assert scorer.slugs[int(segment)] == entry["runner_up_slug"]
    assert changed > 20


def test_an_explanation_in_words_and_as_json(sample: Warehouse) -> None:
    file = str(published(sample))
    ((customer_id, reason),) = sample.query(
        "select customer_id, reason_1 from marts.fct_customer_segments"
        " where segment_slug = 'loyal' order by customer_id limit 1"
    )
    text = run("explain", customer_id, "--published", file)
    assert f"customer {customer_id} is in the segment Loyal" in text
    assert reason in text
    found = json.loads(run("explain", customer_id, "--published", file, "--json"))
    assert [entry["segmentation"] for entry in found["segmentations"]] == [
        "profile", "prospects", "value",
    ]  # fmt: skip
    forecast = found["value_forecast"]
    assert f"lifetime value: customer {customer_id}" in text
    for line in (*forecast["reasons"], f"model {forecast['model_version']}."):
        assert line in text
    ((expected,),) = sample.query(
        "select expected_revenue_90_days from marts.fct_customer_value_forecast"
        f" where customer_id = '{customer_id}'"
    )
    assert f"revenue {expected:,.2f} (" in text
    assert "In this segment since 2025-12-31 at least, the first observed day." in text
    periods = [period["segmentation"] for period in found["history"]]
    assert periods == ["profile", "prospects", "value"]
    only = ("--segmentation", "value", "--json")
    answer = json.loads(run("explain", customer_id, "--published", file, *only))
    assert "value_forecast" not in answer
    assert [period["segment_slug"] for period in answer["history"]] == ["loyal"]
    (value,) = answer["segmentations"]
    assert value["reasons"][0] == reason


@pytest.mark.parametrize(("loses", "is_said"), [("true", True), ("false", False)])
def test_a_forecast_that_loses_is_said_of_a_customer(
    sample: Warehouse, tmp_path: Path, loses: str, is_said: bool
) -> None:
    file = shutil.copy(published(sample), tmp_path / "segments.duckdb")
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            f"update marts.rpt_lifetime_value_model set loses_to_last_period = {loses}"
        )
    ((customer_id,),) = sample.query(
        "select min(customer_id) from marts.fct_customer_value_forecast"
    )
    text = run("explain", customer_id, "--published", str(file))
    assert ("Do not rely on the forecast of lifetime value" in text) == is_said


def test_customers_and_files_that_are_not_there(sample: Warehouse, tmp_path: Path) -> None:
    file = str(published(sample))
    ((first,),) = sample.query("select min(customer_id) from marts.dim_customers")
    said = run("explain", f"{first.lower()}x", "--published", file, code=1)
    assert "There is no customer" in said
    assert first in said
    said = run("explain", first, "--published", file, "--segmentation", "vip", code=1)
    assert "no segmentation 'vip'. There are: profile, prospects, value." in said
    none = tmp_path / "none.duckdb"
    assert "There is no file" in run("explain", first, "--published", str(none), code=1)
    said = run("explain", first, "--published", str(sample.path), code=1)
    assert "is no file that a build published" in said
    earlier = tmp_path / "earlier.duckdb"
    shutil.copy(file, earlier)
    with duckdb.connect(str(earlier)) as connection:
        connection.execute("drop schema scoring cascade")
    said = run("explain", first, "--published", str(earlier), code=1)
    assert "published by an earlier version" in said
    assert "Run `segmentation build`" in said


@pytest.mark.parametrize("kinds", [("csv", "parquet"), ("parquet", "csv")])
def test_a_file_of_customers(sample: Warehouse, tmp_path: Path, kinds: tuple[str, str]) -> None:
    """What is written is what the marts have, in the order of the file."""
    source, output = tmp_path / f"people.{kinds[0]}", tmp_path / f"scored.{kinds[1]}"
    with duckdb.connect(str(published(sample)), read_only=True) as connection:
        connection.execute(
            f"copy (from scoring.value_features order by md5(customer_id)) to '{source}'"
        )
    arguments = ("--published", str(published(sample)), "--output", str(output), "--json")
    done = json.loads(run("score", str(source), *arguments))
    assert (done["rows"], done["rejected"], done["missing"]) == (490, 0, [])
    with duckdb.connect(str(published(sample)), read_only=True) as connection:
        read = f"read_csv('{output}')" if kinds[1] == "csv" else f"'{output}'"
        ((same, distance, margin),) = connection.sql(
            "select count(*), max(abs(found.distance - mart.distance)),"
            " max(abs(found.margin - mart.margin))"
            f" from marts.fct_customer_segments as mart inner join {read} as found"
            " on found.customer_id = mart.customer_id where segmentation = 'value'"
            " and found.segment_id = mart.segment_id and found.segment_slug = mart.segment_slug"
            " and found.runner_up_slug is not distinct from mart.runner_up_slug"
            " and found.reason_1 = mart.reason_1"
            " and found.reason_2 is not distinct from mart.reason_2"
            " and found.reason_3 is not distinct from mart.reason_3"
            " and found.model_version = mart.model_version and found.rejected_because is null"
        ).fetchall()
        assert same == 490
        assert max(distance, margin) < 1e-9
        ids = [connection.sql(f"select customer_id from {of}").fetchall() for of in
               (f"'{source}'", read)]  # fmt: skip
    assert ids[0] == ids[1]


def test_rows_that_cannot_be_scored_are_kept_with_the_reason(
    sample: Warehouse, tmp_path: Path
) -> None:
    source, output = tmp_path / "people.csv", tmp_path / "scored.csv"
    source.write_text(
        "\ufeffwho;recency_days;frequency;monetary\n"
        "Ann;3;40;900.5\nBob;three;1;2\n\nCid;5;inf;7\nDee;1;2\nEve;9;1;2;extra\nFay;;;\n",
        encoding="utf-8",
    )
    file = str(published(sample))
    done = json.loads(
        run("score", str(source), "--published", file, "--output", str(output), "--json")
    )
    assert (done["rows"], done["rejected"]) == (6, 5)
    assert "length_days" in done["missing"]
    assert done["examples"][0].startswith("row 2: recency_days is text that is no number")
    with output.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [row["who"] for row in rows] == ["Ann", "Bob", "Cid", "Dee", "Eve", "Fay"]
    assert [bool(row["segment_slug"]) for row in rows] == [True, *[False] * 5]
    assert [bool(row["rejected_because"]) for row in rows] == [False, *[True] * 5]
    assert rows[2]["rejected_because"].startswith("frequency is text")
    assert rows[3]["rejected_because"] == "has 3 cells, the header has 4"
    assert "['extra']" in rows[4]["rejected_because"]
    assert rows[5]["rejected_because"] == "has no value in any column that the model looks at"


def test_files_that_cannot_be_scored(sample: Warehouse, tmp_path: Path) -> None:
    cases = {
        "other.csv": (b"name,size\nx,1\n", "none of the columns that the segmentation 'value'"),
        "empty.csv": (b"", "is empty"),
        "latin.csv": ("frequency,who\n1,Zo\u00eb\n".encode("latin-1"), "is not in UTF-8"),
        "twice.csv": (b"frequency,frequency\n1,2\n", "several columns called frequency"),
        "taken.csv": (b"frequency,margin\n1,2\n", "has the columns margin, which scoring adds"),
        "quote.csv": (b'frequency,who\n1,"x\n' + b"y" * 200_000, "a quote that is not closed"),
        "people.txt": (b"frequency\n1\n", "must end with .csv or .parquet"),
        "text.parquet": (b"frequency\n1\n", "cannot be read as Parquet"),
    }
    file = str(published(sample))
    for name, (content, message) in cases.items():
        (tmp_path / name).write_bytes(content)
        output = tmp_path / "out.csv"
        said = run(
            "score", str(tmp_path / name), "--published", file, "--output", str(output), code=1
        )
        assert message in said, said
        assert not output.exists()
    good = tmp_path / "good.csv"
    good.write_text("frequency\n1\n")
    for output, message in {
        good: "is the file that is read",
        tmp_path / "none" / "out.csv": "cannot be written",
        tmp_path / "out.xlsx": "must end with .csv or .parquet",
    }.items():
        said = run("score", str(good), "--published", file, "--output", str(output), code=1)
        assert message in said
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*cases, "good.csv"])
    no = run("score", str(good), "--segmentation", "vip", "--published", file, "--output",
             str(tmp_path / "o.csv"), code=1)  # fmt: skip
    assert "no model of the segmentation 'vip'" in no


@pytest.mark.long
def test_every_customer_of_complete_journey(complete_journey: Warehouse) -> None:
    """Its prospects by logistic regression; the dates, refunds and states are real."""
    found = compare_with_marts(published(complete_journey))
    assert found["value"] == 2469
    assert set(found) == {"value", "profile", "prospects"}


@pytest.mark.long
def test_every_customer_of_the_market_survey(market_survey: Warehouse) -> None:
    """Its prospects by trees, and a profile of numbers, categories and missing values."""
    assert compare_with_marts(published(market_survey)) == {"profile": 10_695, "prospects": 2_627}
