"""dbt-duckdb plugin: checks the settings and files of a build before it begins.

The SQL function ``segmentation_build_problems`` takes JSON that the macro ``check_build`` made and
returns a JSON list of sentences. It never raises: dbt reports an error in a hook's query only as a
keyboard interrupt. It also registers the functions that keep suppressed customers out.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.duckdb.utils import SourceConfig

from segmentation.dbt_plugins.suppression import register_suppression
from segmentation.engine.duckdb import Connection

FUNCTION = "segmentation_build_problems"


class Plugin(BasePlugin):
    """Registers the SQL functions."""

    def configure_connection(self, conn: Connection) -> None:
        """Register the functions with each new connection."""
        conn.create_function(FUNCTION, self._problems, ["VARCHAR"], "VARCHAR", side_effects=True)
        register_suppression(conn, str(self.creds.path) if self.creds else "")

    def _problems(self, build: str) -> str:
        # Imported here because only checks and fits need these libraries; dbt starts faster.
        from segmentation.audiences.assignment_files import assignment_problems
        from segmentation.steps.build_problems import build_problems

        try:
            asked = json.loads(build)
            problems = build_problems(asked, self._read_source)
            if folder := asked.get("assignments"):
                problems += assignment_problems(Path(folder))
            return json.dumps(problems)
        except Exception as error:  # reported as a sentence, because dbt would hide it
            return json.dumps([f"The checks failed: {type(error).__name__}: {error}"])

    def _read_source(self, source: Mapping[str, Any]) -> object:
        """Read a source with the plugin that it names."""
        module = importlib.import_module(f"segmentation.dbt_plugins.{source['meta']['plugin']}")
        reader = module.Plugin(source["meta"]["plugin"], {}, self.creds)
        return reader.load(SourceConfig(**source))
