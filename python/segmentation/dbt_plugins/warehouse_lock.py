"""dbt-duckdb plugin: reports in one line that another process holds the warehouse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin

from segmentation.engine.duckdb import FileError, check_that_opens, lock_holder


class Plugin(BasePlugin):
    """Opens the warehouse once before dbt does."""

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Refuse a file that another process holds.

        Raises
        ------
        RuntimeError
            If it does: the one error that dbt-duckdb shows without a traceback.
        """
        if not Path(creds.path).is_file():
            return
        try:
            check_that_opens(creds.path, config)
        except FileError as error:
            holder = lock_holder(error)
            if holder is None:
                raise
            raise RuntimeError(
                f"{creds.path} is open in another process, {holder}, and DuckDB lets one process "
                "write or several read. Close it there, or wait until it ends, and build again; "
                "nothing was changed."
            ) from None
