"""Real builds: dbt in a separate process, with a separate warehouse."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import pandas as pd
import pytest
import yaml
from dbt_processes import DbtProcesses
from filelock import FileLock
from parse_states import Parse, ParseStates, written_at

PROJECT = Path(__file__).parents[2]


# Columns with clock times.
CLOCKS = {
    "marts.rpt_model_history": "exclude (fitted_at)",
    "marts.rpt_algorithm_comparison": "exclude (seconds)",
}


# Have more rows after every run: of clock times, and of what it decided about fits.
LISTS_OF_RUNS = ("marts.rpt_builds", "marts.rpt_fit_decisions")


# Options under which fits look at little: for tests of what surrounds them.
_QUICK_CLUSTERS = {
    "compared_algorithms": [],
    "n_init": 5,
    "scan_to": 4,
    "scan_n_init": 2,
    "stability_resamples": 2,
    "null_draws": 3,
}
QUICK = {
    "value_options": _QUICK_CLUSTERS,
    "profile_options": {**_QUICK_CLUSTERS, "gamma": "half_mean_deviation"},
    "prospects_options": {
        "candidates": ["logistic_regression"],
        "folds": 3,
        "repeats": 1,
        "tuning_folds": 2,
        "tuning_rows": 200,
        "importance_repeats": 1,
    },
    "lifetime_value_options": {"purchase_model": "mbg_nbd", "gradient_boosting": False},
}


# With the unit tests, which a build leaves out by itself.
EVERYTHING = ("--selector", "everything")

# What a build leaves out. Unit tests bring their own rows, and say the same of every data set:
# `test_unit_tests_of_models.py` runs each of them once. Data tests are left out where the same rows
# were tested by another build.
NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
NO_TESTS = ("--exclude-resource-type", "unit_test", "test")


def project_copy(folder: Path) -> Path:
    """Return a copy of the dbt project, whose Python stays where it is."""
    ignored = shutil.ignore_patterns(".*", "target", "logs", "tests", "python", "*.duckdb*")
    shutil.copytree(PROJECT, folder, ignore=ignored)
    shutil.copytree(PROJECT / "tests" / "data", folder / "tests" / "data")
    return folder


def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that all test processes of a run share."""
    # Each process has a folder of its own in the one that belongs to the whole run.
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


def built_once(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    *arguments: str,
    **options: Any,
) -> Warehouse:
    """Return a built warehouse that all test processes share; the first to ask builds it.

    Without other arguments it passes all data tests. Tests look at it and leave it as it is, or
    work on a :meth:`Warehouse.copy`.
    """
    folder = shared_folder(tmp_path_factory) / f"built-{name}"
    with FileLock(f"{folder}.lock"):
        warehouse = Warehouse(folder)
        if not (folder / "is_built").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            warehouse.build(*(arguments or NO_UNIT_TESTS), **options)
            (folder / "is_built").touch()
    return warehouse


class Warehouse:
    """A warehouse file and the dbt that builds it."""

    # Set for the whole run by a fixture; without it each warehouse parses the project anew.
    parse_states: ClassVar[ParseStates | None] = None
    # So too; without it each dbt starts as a program does.
    dbt_processes: ClassVar[DbtProcesses | None] = None

    def __init__(self, folder: Path, project: Path = PROJECT) -> None:
        self.folder = folder
        self.project = project
        self.path = folder / "warehouse.duckdb"
        # What `--target pull_request` reads beside it.
        self.state: Path | None = None
        # Of what the target folder has the state.
        self.last_parse: Parse | None = None

    def copy(self, folder: Path) -> Warehouse:
        """Return a copy of the file, and of what dbt knows of it, in another folder."""
        copied = Warehouse(folder, self.project)
        shutil.copy(self.path, copied.path)
        shutil.copytree(self.folder / "target", folder / "target")
        return copied

    def environment(self, threads: int = 2) -> dict[str, str]:
        """Return the environment of dbt and other programs that use this warehouse."""
        return os.environ | {
            "SEGMENTATION_WAREHOUSE": str(self.path),
            "SEGMENTATION_THREADS": str(threads),
            "DBT_PROJECT_DIR": str(self.project),
            "DBT_PROFILES_DIR": str(self.project),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            # Lines that nobody reads took a tenth of a build's processor time.
            "DBT_LOG_LEVEL_FILE": "info",
            "NO_COLOR": "1",
            **({"SEGMENTATION_STATE_WAREHOUSE": str(self.state)} if self.state else {}),
        }

    def command(self, arguments: tuple[str, ...], variables: dict[str, Any]) -> list[str]:
        """Return the call of the dbt beside this Python, with its vars."""
        dbt = str(Path(sys.executable).with_name("dbt"))
        return [dbt, *arguments, "--vars", yaml.safe_dump(variables)]

    def _run(
        self, command: list[str], folder: Path, environment: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run the call of a dbt in a folder, until it ends with success or failure."""
        if self.dbt_processes:
            return self.dbt_processes.run(command[1:], folder, environment)
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )

    def parsed(
        self, arguments: tuple[str, ...], variables: dict[str, Any], threads: int = 2
    ) -> Parse | None:
        """Give dbt what it parsed of this project, if another warehouse has had it parse that."""
        parse = None
        # Of another target, and before packages are there, nothing is shared.
        if self.parse_states and "--target" not in arguments and arguments[0] != "deps":
            environment = self.environment(threads)
            parse = Parse.of(self.project, self.path.stem, variables, environment)
            if parse != self.last_parse:
                self.parse_states.hand_out(parse, self.folder / "target")
        self.last_parse = parse
        return parse

    def dbt(
        self,
        *arguments: str,
        threads: int = 2,
        directory: Path | None = None,
        **variables: Any,
    ) -> subprocess.CompletedProcess[str]:
        """Run dbt until it ends, with success or failure."""
        parse = self.parsed(arguments, variables, threads)
        before = written_at(self.folder / "target")
        command = self.command(arguments, variables)
        done = self._run(command, directory or self.folder, self.environment(threads))
        # It is as before where dbt had nothing to parse, or could not.
        if self.parse_states and parse and written_at(self.folder / "target") != before:
            self.parse_states.keep(parse, self.folder / "target")
        return done

    def start(self, *arguments: str, **variables: Any) -> subprocess.Popen[bytes]:
        """Start dbt in a process group of its own, and leave it running."""
        self.parsed(arguments, variables)
        # Whoever kills it may leave half a state.
        self.last_parse = None
        return subprocess.Popen(
            self.command(arguments, variables),
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def build(self, *arguments: str, **options: Any) -> str:
        """Build, and fail the test with the output of dbt if the build fails."""
        done = self.dbt("build", *arguments, **options)
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        return done.stdout + done.stderr

    def reading(self) -> duckdb.DuckDBPyConnection:
        """Open the file, which takes longer than most queries: once for many of them."""
        return duckdb.connect(str(self.path), read_only=True)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with self.reading() as connection:
            return connection.sql(sql).fetchall()

    def frame(self, sql: str) -> pd.DataFrame:
        with self.reading() as connection:
            return connection.sql(sql).df()

    def tables(self) -> list[str]:
        rows = self.query(
            "select table_schema || '.' || table_name from information_schema.tables order by 1"
        )
        return [row[0] for row in rows]

    def mart_hashes(self) -> dict[str, str]:
        """Return a hash of every mart's rows in stored order, without clock times."""
        marts = [
            name
            for name in self.tables()
            if name.startswith("marts.") and name not in LISTS_OF_RUNS
        ]
        assert len(marts) >= 17
        with self.reading() as connection:
            return {
                mart: connection.sql(
                    f"select md5(string_agg(to_json(mart)::varchar, chr(10))) from (select * "
                    f"{CLOCKS.get(mart, '')} "
                    f"from {mart}) as mart"
                ).fetchall()[0][0]
                for mart in marts
            }
