"""One MetricFlow that answers many commands: starting it takes ten times as long as an answer.

Run as a script it is that process: it reads a command as a line of JSON, runs `mf` with it on the
one configuration that it keeps, and writes the answer as a line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


class MetricFlow:
    """A process that is started by the first command.

    Parameters
    ----------
    folder : Path
        Where it runs.
    environment : mapping of str to str
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = dict(environment)
        self._process: subprocess.Popen[str] | None = None

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `mf` with these arguments, until it ends with success or failure."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, __file__],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        code, output = json.loads(self._process.stdout.readline())
        return subprocess.CompletedProcess(["mf", *arguments], code, output, "")

    def stop(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.communicate()


def answer_until_the_end() -> None:
    """Answer the commands of standard input."""
    answers = os.fdopen(os.dup(1), "w")
    # MetricFlow shows its progress on the standard output that it finds when it is imported.
    os.dup2(2, 1)
    from click.testing import CliRunner
    from dbt_metricflow.cli.cli_configuration import CLIConfiguration
    from dbt_metricflow.cli.main import cli

    configuration = CLIConfiguration()
    for line in sys.stdin:
        done = CliRunner().invoke(cli, json.loads(line), obj=configuration)
        print(json.dumps([done.exit_code, done.output]), file=answers, flush=True)


if __name__ == "__main__":
    answer_until_the_end()
