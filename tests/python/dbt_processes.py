"""dbt in processes that begin with their imports, which take longer than much of what tests ask.

Run as a script it is the process from which they are forked: it imports what dbt and builds import,
and reads a call as a line of JSON. A new process becomes the dbt of that call, with its folder, its
environment and its files; its exit code is written as a line.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

# Of dbt, and of what its builds import. DuckDB starts a thread when it is imported, and no process
# that is forked has the threads of its origin: each imports DuckDB itself.
IMPORTED = (
    *("dbt.cli.main", "pandas", "pyarrow.parquet", "scipy.stats"),
    *("sklearn.cluster", "sklearn.linear_model", "sklearn.model_selection", "sklearn.pipeline"),
    # It searches all modules for each function of NumPy: seconds in a build, which has many.
    "skops.io",
)


class DbtProcesses:
    """Runs dbt, each time in a new process; the first call starts that from which they come."""

    def __init__(self) -> None:
        self._origin: subprocess.Popen[str] | None = None

    def run(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run dbt with these arguments, until it ends with success or failure."""
        with tempfile.TemporaryDirectory() as written:
            files = [Path(written) / name for name in ("stdout", "stderr")]
            call = (arguments, str(folder), dict(environment), list(map(str, files)))
            code = self._ask(json.dumps(call))
            output, errors = (file.read_text() for file in files)
        return subprocess.CompletedProcess(["dbt", *arguments], code, output, errors)

    def stop(self) -> None:
        """End the process from which they come, if there is one."""
        if self._origin is not None:
            self._origin.communicate()

    def _ask(self, call: str) -> int:
        if self._origin is None:
            self._origin = subprocess.Popen(
                [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        assert self._origin.stdin is not None
        assert self._origin.stdout is not None
        self._origin.stdin.write(call + "\n")
        self._origin.stdin.flush()
        return int(self._origin.stdout.readline())


def run_until_the_end() -> None:
    """Run the calls of standard input, each in a process that is forked."""
    # Modules beside a script can be imported from it, and not from dbt.
    program = Path(sys.executable).with_name("dbt")
    sys.path[0] = str(program.parent)
    for name in IMPORTED:
        importlib.import_module(name)
    # What is here stays as it is: no process collects it, and all share its memory.
    gc.freeze()
    for line in sys.stdin:
        arguments, folder, environment, files = json.loads(line)
        process = os.fork()
        if process == 0:
            _become(files, folder, environment)
            sys.argv = [str(program), *arguments]
            sys.modules["dbt.cli.main"].cli()
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(files: Sequence[str], folder: str, environment: Mapping[str, str]) -> None:
    """Give this process the files, the folder and the environment of a call."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for descriptor, file in enumerate(files, start=1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()


if __name__ == "__main__":
    run_until_the_end()
