"""``segmentation promote``: what it writes, and its errors."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from segmentation.cli.app import app
from segmentation.cli.conventions import CommandError
from segmentation.cli.promotions_file import COLUMNS, PROMOTIONS, with_decision
from typer.testing import CliRunner

HEADER = ",".join(COLUMNS)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with a warehouse of models, none of a clustering that was built."""
    (tmp_path / "seeds").mkdir()
    (tmp_path / "dbt_project.yml").write_text("name: segmentation\n")
    (tmp_path / PROMOTIONS).write_text(f"{HEADER}\n")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute(
            """
            create schema marts;
            create table marts.dim_segments as select 'value' as segmentation;
            create table marts.rpt_builds as select 'members' as dataset, true as is_latest;
            create table marts.rpt_model_gates as select 'value-0002-b' as model_version,
                'silhouette' as gate, 0.2 as gate_value, 0.3 as least_value, false as is_passed;
            create table marts.rpt_model_history as
            select segmentation, 'sample' as dataset, variant, model_number, model_version,
                is_in_force, date '2025-12-31' as as_of, 'it was asked for' as fit_reason, became
            from (values
                ('value', 'default', 1, 'value-0001-a', true, 'champion'),
                ('value', 'default', 2, 'value-0002-b', false, 'challenger'),
                ('value', 'other [file].csv', 1, 'value-0001-c', true, 'champion'),
                ('prospects', 'default', 1, 'prospects-0001-d', false, 'champion'),
                ('prospects', 'default', 2, 'prospects-0002-e', true, 'champion')
            ) as fits (segmentation, variant, model_number, model_version, is_in_force, became);
            """
        )
    return tmp_path


def promoted(project: Path, *arguments: str) -> tuple[int, str]:
    files = ["--project", str(project), "--warehouse", str(project / "warehouse.duckdb")]
    result = CliRunner().invoke(app, ["promote", *arguments, *files])
    return result.exit_code, " ".join(result.output.split())


def test_a_decision_is_shown_and_written(project: Path) -> None:
    asked = ("value-0002-b", "--reason", 'they, "did" change', "--decided-by", "Ada")
    code, output = promoted(project, *asked, "--dry-run")
    assert code == 0, output
    assert "value-0002-b of value was fitted as of 2025-12-31 because it was asked for" in output
    assert "It failed gates: silhouette 0.200 below 0.300." in output
    assert "In force is value-0001-a, fitted as of 2025-12-31." in output
    assert "the last build is not of its customers" in output
    assert "Nothing was written" in output
    assert (project / PROMOTIONS).read_text() == f"{HEADER}\n"

    code, output = promoted(project, *asked)
    assert code == 0, output
    assert "promote value-0002-b, until a later fit takes over. Apply it with `segmentat" in output
    header, row = (project / PROMOTIONS).read_text().splitlines()
    assert header == HEADER
    assert row.startswith("value,sample,,value-0002-b,promote,20")
    assert row.endswith(',Ada,"they, ""did"" change"')

    # A later decision takes its place.
    assert promoted(project, "value-0001-a", "--pin", "--reason", "too soon")[0] == 0
    assert [row.split(",")[:5] for row in (project / PROMOTIONS).read_text().splitlines()[1:]] == [
        ["value", "sample", "", "value-0001-a", "pin"]
    ]


def test_a_classifier_is_promoted_without_a_comparison(project: Path) -> None:
    code, output = promoted(project, "prospects-0001-d", "--pin", "--reason", "it knew more")
    assert code == 0, output
    assert "What it would say of each customer is not known before the build" in output
    assert "prospects,sample,,prospects-0001-d,pin," in (project / PROMOTIONS).read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("value-0009-x",), "There is no model value-0009-x. The models are: prospects-0001-d (as"),
        (("value-0001-a", "--segmentation", "profile"), "is a model of value, not of profile."),
        (("value-0001-a", "--reason", " "), "Write why this model is to be in force"),
    ],
)
def test_what_cannot_be_done_is_said(project: Path, arguments: tuple[str, ...], said: str) -> None:
    reason = () if "--reason" in arguments else ("--reason", "because")
    code, output = promoted(project, *arguments, *reason)
    assert code == 1
    assert said in output
    assert (project / PROMOTIONS).read_text() == f"{HEADER}\n"


def test_a_project_without_the_file_is_told_how(project: Path) -> None:
    (project / PROMOTIONS).unlink()
    code, output = promoted(project, "value-0001-a", "--reason", "because")
    assert code == 1
    assert "It is in force already." in output
    assert "seeds: {segmentation: {model_promotions: {+enabled: false}}}" in output
    assert f"make the file with the header: {HEADER}" in output


def test_other_rows_and_the_order_of_columns_stay() -> None:
    header = ",".join(reversed(COLUMNS))
    kept = "why,Bo,2025-01-01,pin,profile-0001-a,,sample,profile"
    decision = dict.fromkeys(COLUMNS, "x") | {"segmentation": "value", "dataset": "sample"}
    written = with_decision(f"{header}\n{kept}\n", decision)
    assert written == f"{header}\n{kept}\nx,x,x,x,x,x,sample,value\n"
    assert with_decision(written, decision) == written
    with pytest.raises(
        CommandError, match=r"line 1: the header is a,b\. Write it as: segmentation"
    ):
        with_decision("a,b\n1,2\n", decision)
