"""Programs that a command starts: what they get, and how they end with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from segmentation.cli.dbt_process import run_process

# Writes a file where it is stopped as by Ctrl-C; without that, it would go on for minutes.
CHILD = """
import pathlib, time
from segmentation.backfill.command_process import stop_with_command
stop_with_command()
try:
    print("at work", flush=True)
    time.sleep(300)
except KeyboardInterrupt:
    pathlib.Path("stopped").touch()
"""
# Ctrl-C is ignored, as by what a shell started in the background.
COMMAND = """
import os, pathlib, signal, sys
from segmentation.cli.dbt_process import run_process
signal.signal(signal.SIGINT, signal.SIG_IGN)
environment = {**os.environ, "DBT_PROJECT_DIR": os.getcwd()}
run_process([sys.executable, "child.py"], environment, pathlib.Path("messages.log"), print)
"""


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="the test sends a signal")
def test_a_command_that_is_killed_leaves_no_process_at_work(tmp_path: Path) -> None:
    (tmp_path / "child.py").write_text(CHILD)
    with subprocess.Popen(
        [sys.executable, "-uc", COMMAND], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as command:
        assert command.stdout is not None
        assert command.stdout.readline() == "at work\n"
        command.send_signal(signal.SIGKILL)
    # It ends at once; a busy machine gets a minute.
    for _ in range(600):
        if (tmp_path / "stopped").exists():
            break
        time.sleep(0.1)
    assert (tmp_path / "stopped").exists()
    assert (tmp_path / "messages.log").read_text() == ""


def test_lines_are_handed_on_and_the_error_stream_goes_into_a_file(tmp_path: Path) -> None:
    lines: list[str] = []
    program = "import sys; print('one'); sys.exit('two')"
    environment = {**os.environ, "DBT_PROJECT_DIR": str(tmp_path)}
    messages = tmp_path / "logs" / "messages.log"
    assert run_process([sys.executable, "-c", program], environment, messages, lines.append) == 1
    assert (lines, messages.read_text()) == (["one\n"], "two\n")
