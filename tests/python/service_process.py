"""A service in a process of its own, as a supervisor runs it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx


@dataclass
class ServiceProcess:
    """A service that runs.

    Attributes
    ----------
    process : subprocess.Popen
    url : str
    log : Path
        What it wrote to stderr.
    """

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def client(self, token: str | None = None) -> httpx.Client:
        """Return a client that keeps its connection."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60)

    def stop(self) -> int:
        """Tell it to stop; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


@contextmanager
def running_service(
    file: Path, folder: Path, *arguments: str, **environment: str
) -> Iterator[ServiceProcess]:
    """Run the service of a published file on a free port; it is stopped at the end."""
    log = folder / "service.log"
    command = [sys.executable, "-m", "segmentation", "serve", "--port", "0", *arguments]
    with log.open("wb") as written:
        process = subprocess.Popen(
            [*command, "--published", str(file)],
            stderr=written,
            env=os.environ | environment,
            cwd=folder,
        )
        try:
            yield ServiceProcess(process, _url(process, log), log)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def _url(process: subprocess.Popen[bytes], log: Path) -> str:
    while process.poll() is None:
        found = re.search(r"running on (http://\S+)", log.read_text())
        if found:
            return found[1]
        try:
            process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(log.read_text())
