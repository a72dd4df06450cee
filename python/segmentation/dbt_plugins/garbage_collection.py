"""dbt-duckdb plugin: Python looks for garbage more rarely, and never in what dbt has read.

A project in memory is some million objects that live as long as the process. Going through them
again and again takes a sixth of the time of dbt's unit tests.
"""

from __future__ import annotations

import gc

from dbt.adapters.duckdb.plugins import BasePlugin

from segmentation.engine.duckdb import Connection

# So many new objects are gone through at once: Python's own 700 are soon reached. What is left of
# ten such rounds is gone through once more, and so is what is left of ten of these.
THRESHOLDS = (10_000, 10, 10)


class Plugin(BasePlugin):
    """Sets the collector when the warehouse is opened: by then the project was read."""

    def configure_connection(self, conn: Connection) -> None:  # noqa: ARG002
        """Keep the collector from what is there, and let it run more rarely."""
        if gc.get_freeze_count():
            # The process runs dbt again, and gives back what it read before.
            gc.unfreeze()
            gc.collect()
        gc.freeze()
        gc.set_threshold(*THRESHOLDS)
