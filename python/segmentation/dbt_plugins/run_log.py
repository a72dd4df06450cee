"""dbt-duckdb plugin: shows and stores the log messages of the library.

Decisions (a model kept, a fit and its reason) and progress go to the terminal and to
``segmentation.log`` beside dbt's own log. No table of the warehouse holds them, so that two builds
of the same input are identical. ``dbt --debug`` and ``dbt --log-level debug`` show the queries too.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.flags import get_flags


class Plugin(BasePlugin):
    """Attaches handlers to the library's logger."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:  # noqa: ARG002
        """Attach the terminal and the file once per process, at the level that dbt logs at."""
        log = logging.getLogger("segmentation")
        log.setLevel(dbt_log_level())
        if log.handlers:
            return
        log.propagate = False
        directory = Path(os.environ.get("DBT_LOG_PATH", "logs"))
        directory.mkdir(parents=True, exist_ok=True)
        file = logging.FileHandler(directory / "segmentation.log", delay=True, encoding="utf-8")
        file.setFormatter(logging.Formatter("%(asctime)s  %(message)s"))
        terminal = logging.StreamHandler(sys.stderr)
        terminal.setFormatter(logging.Formatter("%(asctime)s  %(message)s", "%H:%M:%S"))
        log.addHandler(file)
        log.addHandler(terminal)


def dbt_log_level() -> int:
    """Return the level at which dbt writes to the terminal: debug where that is asked for."""
    flags = get_flags()
    is_debug = getattr(flags, "DEBUG", False) or getattr(flags, "LOG_LEVEL", "") == "debug"
    return logging.DEBUG if is_debug else logging.INFO
