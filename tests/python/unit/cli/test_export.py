"""``segmentation export``: what it prints, and its errors."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from segmentation.cli.app import app
from typer.testing import CliRunner


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Return a file with ten customers at risk."""
    path = tmp_path / "published.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            """
            create schema marts;
            create table marts.dim_segments as select 'value' as segmentation,
                'at_risk' as segment_slug, 'At Risk' as segment_name, 'call [them]' as strategy,
                'phone' as channel, 'shop' as dataset, date '2025-12-31' as as_of;
            create table marts.dim_customers as select 'C' || range as customer_id,
                range::decimal(38, 2) as monetary, null::integer as responses from range(10);
            create table marts.fct_customer_segments as select 'value' as segmentation,
                'at_risk' as segment_slug, customer_id, monetary as expected_loss,
                'late' as reason_1, null::varchar as reason_2, null::varchar as reason_3
                from marts.dim_customers;
            """
        )
    return path


def shown(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["export", "--segment", "value/at_risk", *arguments])
    return result.exit_code, " ".join(result.output.split())


def test_what_was_written_is_said(published: Path, tmp_path: Path) -> None:
    to = tmp_path / "win [b].csv"
    options = ("--to", str(to), "--published", str(published), "--audience", "win")
    code, output = shown(*options, "--holdout", "30%")
    assert code == 0, output
    assert output.startswith("win: 10 customers in value/at_risk as of 2025-12-31; ")
    assert "held out (planned: 30 %)." in output
    assert f"{to}: " in output
    assert f"SEGMENTATION_ASSIGNMENTS={tmp_path / 'assignments'}" in output
    code, output = shown(*options, "--changes")
    assert code == 0
    assert "Nothing has changed since the last export, and nothing was written." in output


def test_the_top_of_the_list(published: Path, tmp_path: Path) -> None:
    options = ("--to", str(tmp_path / "win.csv"), "--published", str(published))
    code, output = shown(*options, "--top", "3")
    assert code == 0, output
    assert output.startswith(
        "win: 3 customers with the largest expected losses in value/at_risk as of 2025-12-31;"
    )
    assert shown(*options, "--top", "0")[0] == 2


def test_json_and_what_google_cannot_be_told(published: Path, tmp_path: Path) -> None:
    contacts = tmp_path / "contacts.csv"
    contacts.write_text("customer_id,email,phone\nC1,a@example.com,12\nC2,nobody,\n")
    options = (
        *("--to", str(tmp_path / "win.csv"), "--published", str(published)),
        *("--destination", "google", "--contacts", str(contacts), "--region", "us"),
    )
    code, output = shown(*options)
    assert code == 0, output
    assert "google can find 1 of 10 customers." in output
    assert "8 x contact: none in the file" in output
    assert f"{tmp_path / 'win.problems.csv'} names them." in output
    result = CliRunner().invoke(app, ["export", "--segment", "value/at_risk", *options, "--json"])
    told = json.loads(result.output)
    assert (told["found"], told["treated"], told["written"]) == (1, 10, None)
    assert told["problems"]["phone: no such number in its country"] == 1
    assert told["problems_file"] == str(tmp_path / "win.problems.csv")


def test_mistakes_have_a_sentence_and_no_traceback(published: Path, tmp_path: Path) -> None:
    to = ("--to", str(tmp_path / "win.csv"))
    options = (*to, "--published", str(published))
    for wrong, said in (
        (("--segment", "value/lost", *options), "There is no segment value/lost."),
        ((*options, "--holdout", "0.1"), "It must be a percentage from 0% to 100%"),
        ((*to, "--published", str(tmp_path / "none.duckdb")), "There is no file"),
        (
            (*options, "--destination", "meta", "--contacts", str(published), "--region", "UK"),
            "There is no region 'UK'",
        ),
    ):
        code, output = shown(*wrong)
        assert code == 1, output
        assert said in output
        assert "Traceback" not in output


def test_a_folder_in_which_nobody_may_write(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root may write everywhere: a file stands where the folder of assignments should be.
    monkeypatch.setenv("SEGMENTATION_ASSIGNMENTS", str(tmp_path / "file"))
    (tmp_path / "file").write_text("")
    code, output = shown("--to", str(tmp_path / "win.csv"), "--published", str(published))
    assert code == 1
    assert "file cannot be written: File exists. Name another with --to or --assignments" in output


def test_ids_that_match_nobody_are_shown(published: Path, tmp_path: Path) -> None:
    contacts = tmp_path / "contacts.csv"
    contacts.write_text("customer_id,email\n001,a@example.com\n002,b@example.com\n")
    options = (
        *("--to", str(tmp_path / "win.csv"), "--published", str(published)),
        *("--destination", "google", "--contacts", str(contacts)),
    )
    code, output = shown(*options)
    assert code == 0, output
    assert "Of 2 ids of the contacts, 0 are in the audience." in output
    assert "The contacts have e.g. '001', the audience has e.g. 'C0'." in output
    result = CliRunner().invoke(app, ["export", "--segment", "value/at_risk", *options, "--json"])
    assert json.loads(result.output)["ids"] == {
        "of_contacts": 2, "of_audience": 10, "in_both": 0, "examples": ["001", "C0"],
    }  # fmt: skip
