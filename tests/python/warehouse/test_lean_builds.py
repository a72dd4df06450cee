"""What keeps a build of this project cheap does what dbt's dearer way does: in a small project."""

from __future__ import annotations

import json
import shutil

import pytest
from builds import EVERYTHING, PROJECT, Warehouse

pytestmark = pytest.mark.long

# Of this project.
TAKEN_OVER = (
    "selectors.yml",
    "macros/engine/duckdb/contracts.sql",
    "tests/data/generic/never_null.sql",
)

PROFILES = """\
small:
  target: duckdb
  outputs:
    duckdb: {type: duckdb, path: "{{ env_var('SEGMENTATION_WAREHOUSE') }}", threads: 1}
"""

MODELS = {
    "as_promised": "select 1 as n, 'a' as t -- with a comment at its end",
    "in_another_order": "select 'a' as T, 1 as n",
    "of_another_type": "select 1.5 as n, 'a' as t",
    "lacks_a_column": "select 1 as n",
    "has_one_more": "select 1 as n, 'a' as t, 2 as m",
    "with_holes": "select * from (values (1, 1, 1), (2, null, null), (null, 2, 3)) as r (a, b, c)",
    "without_rows": "select 1 as a where false",
}

SETTINGS = """\
models:
  - &promise
    name: as_promised
    config: {contract: {enforced: true}}
    columns: [{name: n, data_type: integer}, {name: t, data_type: varchar}]
    data_tests: [never_null: {arguments: {columns: [n, t]}}]
  - {<<: *promise, name: in_another_order}
  - {<<: *promise, name: of_another_type}
  - {<<: *promise, name: lacks_a_column}
  - {<<: *promise, name: has_one_more}
  - name: with_holes
    data_tests: [never_null: {arguments: {columns: [a, b, c]}}]
  - name: without_rows
    data_tests: [never_null: {arguments: {columns: [a]}}]

unit_tests:
  - name: it_is_two
    model: as_promised
    given: []
    expect: {rows: [{n: 2}]}
"""


class SmallProject(Warehouse):
    """A dbt project of a few models, in the folder of its warehouse."""

    def results(self, *arguments: str) -> dict[str, tuple[str, str]]:
        """Build, and return what became of each node, by its name: status and message."""
        self.dbt("build", *arguments)
        written = json.loads((self.folder / "target" / "run_results.json").read_text("utf-8"))
        return {
            ".".join(result["unique_id"].split(".")[2:]): (result["status"], result["message"])
            for result in written["results"]
        }


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    folder = tmp_path_factory.mktemp("small")
    for name in TAKEN_OVER:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, folder / name)
    (folder / "dbt_project.yml").write_text(
        "name: small\nversion: 0.1.0\nprofile: small\ntest-paths: [tests/data]\n"
    )
    (folder / "profiles.yml").write_text(PROFILES)
    (folder / "models").mkdir()
    (folder / "models" / "models.yml").write_text(SETTINGS)
    for name, sql in MODELS.items():
        (folder / "models" / f"{name}.sql").write_text(sql)
    return SmallProject(folder, folder)


@pytest.fixture(scope="module")
def built(small: SmallProject) -> dict[str, tuple[str, str]]:
    return small.results()


@pytest.mark.parametrize("model", ["as_promised", "in_another_order"])
def test_a_model_that_keeps_its_contract_is_built(
    built: dict[str, tuple[str, str]], model: str
) -> None:
    assert built[model][0] == "success"


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("of_another_type", "data type mismatch"),
        ("lacks_a_column", "missing in definition"),
        ("has_one_more", "missing in contract"),
    ],
)
def test_dbt_says_how_a_contract_is_broken(
    built: dict[str, tuple[str, str]], model: str, why: str
) -> None:
    status, message = built[model]
    assert status == "error"
    assert "This model has an enforced contract that failed." in message
    assert why in message


def test_columns_with_nulls_are_counted(built: dict[str, tuple[str, str]]) -> None:
    of_nulls = {
        model: built[name] for model in MODELS for name in built if f"null_{model}_" in name
    }
    assert of_nulls["as_promised"][0] == "pass"
    assert of_nulls["without_rows"][0] == "pass"
    assert of_nulls["with_holes"] == ("fail", "Got 3 results, configured to fail if != 0")


def test_unit_tests_run_where_they_are_asked_for(
    built: dict[str, tuple[str, str]], small: SmallProject
) -> None:
    assert not any("it_is_two" in name for name in built)
    everything = small.results(*EVERYTHING)
    assert everything["as_promised.it_is_two"][0] == "fail"
    assert everything["as_promised"][0] == "skipped"
    assert set(built) < set(everything)
