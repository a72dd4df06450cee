"""A PostgreSQL server for one test run: a private folder, a private socket, nothing on a port."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

PLACES = [
    "/usr/local/bin",
    *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)),
]


def server_programs() -> Path | None:
    """Return the folder with initdb and pg_ctl; None where there is no server."""
    path = os.pathsep.join([*PLACES, os.environ.get("PATH", "")])
    found = shutil.which("initdb", path=path)
    # Beside it stands the rest; /usr/local/bin may hold links.
    return Path(found).resolve().parent if found else None


@contextlib.contextmanager
def running_server(programs: Path) -> Iterator[str]:
    """Start a server, yield the URL of its database, stop it.

    It refuses to run as root: then it runs as nobody.
    """
    # Names of sockets are short: not in the folder of a test.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    as_nobody = ["runuser", "-u", "nobody", "--"] if os.geteuid() == 0 else []
    if as_nobody:
        shutil.chown(folder, "nobody")
    data = folder / "data"

    def run(*command: str) -> None:
        subprocess.run(
            [*as_nobody, *command], check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=120
        )

    control = [str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log")]
    try:
        run(str(programs / "initdb"), "-D", str(data), "-U", "shop", "-A", "trust", "-N")
        run(*control, "start", "-o", f"-k {folder} -c listen_addresses= -c fsync=off")
        try:
            yield f"postgresql://shop@/postgres?host={folder}"
        finally:
            run(*control, "stop", "-m", "immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
