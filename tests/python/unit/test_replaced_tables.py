"""How a table takes the place of the one before: readers find one of the two at any time."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

import duckdb
import pytest
from dbt_processes import DbtProcesses

pytestmark = pytest.mark.long

# What dbt shows of it: which column of which table.
BROKEN_RULE = "NOT NULL constraint failed: breaks_a_rule.first_only"
MACRO = Path(__file__).parents[3] / "macros" / "engine" / "duckdb" / "replaced_tables.sql"

# Which build it is stands in the table `run`: dbt parses the project once for both.
FILES = {
    "dbt_project.yml": """
        name: replaced
        version: 1.0.0
        profile: replaced
        models: {replaced: {+materialized: table, +persist_docs: {relation: true, columns: true}}}
    """,
    "profiles.yml": """
        replaced:
          target: duckdb
          outputs:
            duckdb:
              type: duckdb
              path: warehouse.duckdb
              schema: main
              threads: 1
              module_paths: ["."]
              plugins: [{module: peeking}]
    """,
    # A reader with a connection of its own, that a model asks while it is built.
    "peeking.py": """
        from dbt.adapters.duckdb.plugins import BasePlugin


        class Plugin(BasePlugin):
            def configure_connection(self, conn):
                def peek(table: str) -> int:
                    reader = conn.cursor()
                    found = reader.execute(
                        "select count(*) from information_schema.tables where table_name = ?",
                        [table],
                    ).fetchone()[0]
                    if not found:
                        return 0
                    return reader.execute(f"select max(build) from {table}").fetchone()[0]

                conn.create_function("peek", peek, side_effects=True)
    """,
    "models/seen.sql": """
        {{ config(
            pre_hook="create table if not exists hooks (hook varchar)",
            post_hook="insert into hooks select 'after ' || build from run"
        ) }}
        select build, peek('seen') as seen_meanwhile from run
    """,
    "models/fails.sql": """
        select build, case when build = 2 then error('no second time') end as failure from run
    """,
    "models/after_fails.sql": "select * from {{ ref('fails') }}",
    "models/breaks_a_rule.sql": """
        select build, nullif(build, 2) as first_only from run
    """,
    "models/arrow_table.py": """
        import pyarrow as pa


        def model(dbt, session):
            build, seen = session.sql("select build, peek('arrow_table') from run").fetchone()
            return pa.table({"build": [build], "seen_meanwhile": [seen]})
    """,
    "models/relation.py": """
        def model(dbt, session):
            return session.sql("select build, peek('relation') as seen_meanwhile from run")
    """,
    "models/models.yml": """
        models:
          - name: seen
            description: What it is.
            config: {contract: {enforced: true}}
            columns:
              - name: build
                data_type: integer
                description: Which build.
                constraints: [{type: not_null}]
              - {name: seen_meanwhile, data_type: bigint}
          - name: breaks_a_rule
            config: {contract: {enforced: true}}
            columns:
              - {name: build, data_type: integer}
              - name: first_only
                data_type: integer
                constraints:
                  - type: not_null
                  - {type: check, expression: first_only < 5}
          - name: arrow_table
            description: From Python.
    """,
}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, dbt_processes: DbtProcesses) -> Path:
    """Build the project twice; two models fail the second time, one was a view before."""
    folder = tmp_path_factory.mktemp("replaced")
    (folder / "models").mkdir()
    (folder / "macros").mkdir()
    (folder / "macros" / MACRO.name).write_text(MACRO.read_text(encoding="utf-8"))
    for name, text in FILES.items():
        (folder / name).write_text(textwrap.dedent(text))
    path = folder / "warehouse.duckdb"
    environment = os.environ | {
        "DBT_PROJECT_DIR": str(folder),
        "DBT_PROFILES_DIR": str(folder),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    with duckdb.connect(str(path)) as connection:
        connection.execute("create view relation as select 0 as build")
    for build, failed in ((1, 0), (2, 2)):
        with duckdb.connect(str(path)) as connection:
            connection.execute(f"create or replace table run as select {build} as build")
        done = dbt_processes.run(["build", "--no-use-colors"], folder, environment)
        assert f"ERROR={failed}" in done.stdout, done.stdout
    assert BROKEN_RULE in done.stdout
    return path


def rows(warehouse: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("table", ["seen", "arrow_table", "relation"])
def test_a_reader_finds_the_table_before_until_the_commit(warehouse: Path, table: str) -> None:
    assert rows(warehouse, f"from {table}") == [(2, 1)]


def test_a_model_that_fails_leaves_the_table_before(warehouse: Path) -> None:
    assert rows(warehouse, "select build from fails") == [(1,)]
    assert rows(warehouse, "select build from after_fails") == [(1,)]


def test_a_table_that_breaks_a_rule_of_its_contract_does_not_take_the_place(
    warehouse: Path,
) -> None:
    assert rows(warehouse, "from breaks_a_rule") == [(1, 1)]
    assert rows(warehouse, "select constraint_text from duckdb_constraints() order by 1") == [
        ("CHECK((first_only < 5))",),
        ("NOT NULL",),
        ("NOT NULL",),
    ]


def test_contracts_descriptions_and_hooks_work(warehouse: Path) -> None:
    described = "select comment from duckdb_tables() where table_name in ('seen', 'arrow_table')"
    assert rows(warehouse, f"{described} order by 1") == [("From Python.",), ("What it is.",)]
    columns = "select comment, is_nullable from duckdb_columns() where table_name = 'seen'"
    assert rows(warehouse, f"{columns} order by column_index") == [
        ("Which build.", False),
        ("", True),
    ]
    assert rows(warehouse, "select hook from hooks order by 1") == [("after 1",), ("after 2",)]


def test_nothing_is_left_beside_the_tables(warehouse: Path) -> None:
    found = rows(warehouse, "select table_name from information_schema.tables order by 1")
    names = [str(name) for (name,) in found]
    assert names == [
        *("after_fails", "arrow_table", "breaks_a_rule", "fails", "hooks", "relation", "run"),
        "seen",
    ]
