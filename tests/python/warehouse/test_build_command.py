"""``segmentation build`` of a small dbt project: failures in words, exit codes, Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

pytestmark = pytest.mark.long

PROFILES = """\
small:
  target: duckdb
  outputs:
    duckdb: {type: duckdb, path: "{{ env_var('SEGMENTATION_WAREHOUSE') }}", threads: 1}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with a model that works, one that does not, and one that needs it."""
    (tmp_path / "models" / "marts").mkdir(parents=True)
    (tmp_path / "dbt_project.yml").write_text("name: small\nversion: 0.1.0\nprofile: small\n")
    (tmp_path / "profiles.yml").write_text(PROFILES)
    models = {
        "good": "select 1 as n",
        "bad": "select no_such_column from {{ ref('good') }}",
        "after": "select * from {{ ref('bad') }}",
    }
    for name, sql in models.items():
        (tmp_path / "models" / "marts" / f"{name}.sql").write_text(sql)
    return tmp_path


def environment() -> dict[str, str]:
    own = os.environ.items()
    kept = {n: v for n, v in own if not n.startswith(("DBT_", "SEGMENTATION_"))}
    return kept | {"NO_COLOR": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}


COMMAND = [sys.executable, "-m", "segmentation", "build"]


def test_a_failure_is_said_with_the_log_and_the_exit_code_of_dbt(project: Path) -> None:
    done = subprocess.run(
        COMMAND, cwd=project, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "marts begin" in done.stdout
    assert re.search(r"^After [0-9,]+ s: 1 model \(1 marts\)\.$", done.stdout, re.M)
    assert 'Referenced column "no_such_column" not found' in done.stdout
    assert "dbt's exit code is 1. What needs it was not built: 1 models and tests." in done.stdout
    assert "The whole log: logs/dbt.log" in done.stdout
    assert (project / "logs" / "dbt.log").is_file()
    assert "Traceback" not in done.stdout + done.stderr


def test_what_dbt_does_not_begin_is_said(project: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "--no-such-option"],
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "nothing was built" in done.stdout
    assert "No such option '--no-such-option'" in done.stdout


def test_a_project_that_cannot_be_read(project: Path) -> None:
    (project / "models" / "marts" / "bad.sql").write_text("select * from {{ ref('none') }}")
    done = subprocess.run(
        COMMAND, cwd=project, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "depends on a node named 'none' which was not found" in done.stdout


def test_a_selection_without_marts_succeeds(project: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "--select", "good"],
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^Built in [0-9,]+ s: 1 model \(1 marts\)\.$", done.stdout, re.M)
    assert "There are no segments yet" in done.stdout


def test_no_project(tmp_path: Path) -> None:
    done = subprocess.run(
        COMMAND, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "There is no dbt project in" in done.stderr


def _heed_control_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        pytest.param(signal.SIGINT, 130, id="Ctrl-C"),
        pytest.param(signal.SIGTERM, 143, id="SIGTERM", marks=pytest.mark.long),
    ],
)
def test_a_signal_stops_dbt(project: Path, sent: signal.Signals, code: int) -> None:
    """The process of dbt ends too, and leaves the file free."""
    endless = (
        "{{ config(materialized='table') }} select count(*) as n"
        " from range(100000000) as a, range(100000000) as b"
        " where a.range % 7 = b.range % 11"
    )
    (project / "models" / "marts" / "bad.sql").write_text(endless)
    (project / "models" / "marts" / "after.sql").unlink()
    log = project / "logs" / "dbt.log"
    with subprocess.Popen(
        COMMAND,
        cwd=project,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # A runner in the background of a shell ignores Ctrl-C, and so would its children.
        preexec_fn=_heed_control_c,
    ) as process:
        until = time.monotonic() + 120
        while "START sql table model" not in (log.read_text() if log.is_file() else ""):
            assert time.monotonic() < until, "dbt did not begin"
            time.sleep(0.2)
        time.sleep(1)
        process.send_signal(sent)
        said, _ = process.communicate(timeout=120)
    assert process.returncode == code, said
    assert "Stopped. The next build goes on from here." in said
    # Nobody holds it.
    duckdb.connect(str(project / "warehouse.duckdb")).close()
