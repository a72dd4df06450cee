"""dbt-duckdb plugin: publishes the marts to a file that readers open.

Two SQL functions take JSON that macros in ``macros/engine/duckdb/publication.sql`` made, and return
JSON: ``segmentation_publishing_problems`` before the first model runs, ``segmentation_publish``
after the last test. They never raise: dbt reports an error in a hook's query only as a keyboard
interrupt.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from segmentation.engine.duckdb import Connection
from segmentation.published.checks import publishing_problems
from segmentation.published.files import published_file
from segmentation.published.publication import Publication, PublishingError
from segmentation.published.publish import publish

PROBLEMS = "segmentation_publishing_problems"
PUBLISH = "segmentation_publish"


class Plugin(BasePlugin):
    """Registers the SQL functions."""

    def configure_connection(self, conn: Connection) -> None:
        """Register the functions with each new connection."""
        for name, function in ((PROBLEMS, _problems), (PUBLISH, _publish)):
            conn.create_function(
                name, _answering(function, conn), ["VARCHAR"], "VARCHAR", side_effects=True
            )


def _answering(
    function: Callable[[Connection, dict[str, Any]], dict[str, Any]], connection: Connection
) -> Callable[[str], str]:
    def answer(request: str) -> str:
        try:
            return json.dumps(function(connection, json.loads(request)))
        except PublishingError as error:
            return json.dumps({"problems": [str(error)]})
        except Exception as error:  # reported as a sentence, because dbt would hide it
            return json.dumps({"problems": [f"Publishing failed: {type(error).__name__}: {error}"]})

    return answer


def _problems(connection: Connection, request: dict[str, Any]) -> dict[str, Any]:
    file = published_file(request["warehouse"], request["named"])
    if file is None:
        return {"problems": []}
    return {
        "problems": publishing_problems(
            connection, file, request["warehouse"], parquet=request["parquet"]
        )
    }


def _publish(connection: Connection, request: dict[str, Any]) -> dict[str, Any]:
    file = published_file(request["warehouse"], request["named"])
    if file is None:
        return {"problems": [], "file": None}
    publish(connection, Publication.of(request, file))
    return {"problems": [], "file": str(file)}
