"""Processes that read a published file in a loop, each through SQLAlchemy."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Reads until a line comes in; writes one line a read: which run, and what is wrong.
READER = """
import json, sys, threading
import sqlalchemy
from sqlalchemy.pool import NullPool

engine = sqlalchemy.create_engine(
    sqlalchemy.URL.create("duckdb", database=sys.argv[1]),
    connect_args={"read_only": True},
    poolclass=NullPool,
)
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
is_last = False
while not is_last:
    # One more read after all versions are there.
    is_last = stop.is_set()
    run, error = None, None
    try:
        with engine.connect() as connection:
            def rows(query):
                return [tuple(row) for row in connection.execute(sqlalchemy.text(query))]
            ((run,),) = rows("select run_id from marts.publication")
            for table, count in rows("from marts.publication_tables"):
                ((found,),) = rows(f"select count(*) from marts.{table}")
                if found != count:
                    error = f"{table} has {found} rows instead of {count}"
            if rows("select run_id from marts.publication") != [(run,)]:
                error = "two versions in one connection"
    except Exception as raised:
        error = f"{type(raised).__name__}: {raised}"
    print(json.dumps({"run": run, "error": error}), flush=True)
    stop.wait(float(sys.argv[2]))
"""


@dataclass
class Readings:
    """What readers read so far.

    Attributes
    ----------
    outputs : list of Path
        A file for each reader.
    """

    outputs: list[Path]
    _found: list[list[dict[str, Any]]] = field(default_factory=list)

    def collect(self) -> None:
        """Read what the readers wrote."""
        self._found = []
        for output in self.outputs:
            lines = output.read_text().split("\n")[:-1] if output.exists() else []
            self._found.append([json.loads(line) for line in lines])

    def wait_for_reads(self, more: int) -> None:
        """Wait until so many more reads are done, by all readers together."""
        self.collect()
        wanted = self.reads + more
        while self.reads < wanted:
            time.sleep(0.02)
            self.collect()

    @property
    def reads(self) -> int:
        return sum(map(len, self._found))

    @property
    def errors(self) -> list[str]:
        return [read["error"] for reads in self._found for read in reads if read["error"]]

    @property
    def runs(self) -> set[str]:
        return {read["run"] for reads in self._found for read in reads}

    @property
    def last_runs(self) -> set[str]:
        """The runs that the readers saw at last."""
        return {reads[-1]["run"] for reads in self._found}


@contextlib.contextmanager
def read_while(file: Path, readers: int, pause: float = 0.05) -> Iterator[Readings]:
    """Let processes read a file while the body runs; they have read once when it begins.

    Each of them waits `pause` seconds after a read.
    """
    folder = file.parent.parent
    outputs = [folder / f"reader_{number}.jsonl" for number in range(readers)]
    with contextlib.ExitStack() as stack:
        processes = []
        for output in outputs:
            written = stack.enter_context(output.open("w"))
            process = subprocess.Popen(
                [sys.executable, "-c", READER, str(file), str(pause)],
                stdin=subprocess.PIPE,
                stdout=written,
                text=True,
            )
            stack.callback(process.kill)
            processes.append(process)
        readings = Readings(outputs)
        while len(readings._found) < readers or not all(readings._found):
            assert all(process.poll() is None for process in processes)
            time.sleep(0.05)
            readings.collect()
        yield readings
        for process in processes:
            process.communicate("stop\n")
            assert process.returncode == 0
        readings.collect()
