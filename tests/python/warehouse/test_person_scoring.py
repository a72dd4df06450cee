"""People scored without the warehouse get what a build gives them, every customer of a data set."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import duckdb
import numpy as np
import pytest
from builds import NO_UNIT_TESTS, QUICK, Warehouse
from scored_customers import compare_with_marts
from segmentation.cli.app import app
from segmentation.published.opened_file import OpenedFile
from segmentation.scorer.columns_of_people import People
from segmentation.scorer.current_scorers import customers, read_scorers
from segmentation.scorer.explanation import explain
from typer.testing import CliRunner


def published(warehouse: Warehouse) -> Path:
    return warehouse.folder / "published" / "segments.duckdb"


def test_every_customer_of_the_sample(sample: Warehouse) -> None:
    assert set(compare_with_marts(published(sample))) == {"value", "profile"}


def run(*arguments: str, code: int = 0) -> str:
    """Run the command; return what it prints on stdout, on stderr where it fails."""
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    return result.stderr if code else result.stdout


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
    only = ("--segmentation", "value", "--json")
    (value,) = json.loads(run("explain", customer_id, "--published", file, *only))["segmentations"]
    assert value["reasons"][0] == reason


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
    assert "Run `dbt build`" in said


@pytest.mark.long
def test_every_customer_of_complete_journey(fresh: Warehouse) -> None:
    """Its prospects by logistic regression; the dates, refunds and states are real."""
    fresh.build(*NO_UNIT_TESTS, **QUICK)
    found = compare_with_marts(published(fresh))
    assert found["value"] == 2469
    assert set(found) == {"value", "profile", "prospects"}


@pytest.mark.long
def test_every_customer_of_the_market_survey(fresh: Warehouse) -> None:
    """Its prospects by trees, and a profile of numbers, categories and missing values."""
    quick = QUICK | {"prospects_options": {"candidates": ["gradient_boosting"], "repeats": 1}}
    done = fresh.dbt("build", *NO_UNIT_TESTS, dataset="market_survey", **quick)
    if "SEGMENTATION_DATA_DIR" in done.stdout:
        pytest.skip("SEGMENTATION_DATA_DIR names no folder with the published files")
    assert done.returncode == 0, done.stdout[-6000:]
    assert compare_with_marts(published(fresh)) == {"profile": 10_695, "prospects": 2_627}
