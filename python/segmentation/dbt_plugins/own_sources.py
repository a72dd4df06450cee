"""dbt-duckdb plugin: sources that are files and tables of a user's own.

A source names it with ``plugin: own_sources``::

    meta:
      plugin: own_sources
      materialization: view
      address: ../data/invoices.csv
      columns: [Invoice, Customer, Date, Amount]

`address` is a path relative to the dbt project, with ``#table`` for a workbook or a database, or a
URL of PostgreSQL; `segmentation.onboarding.addresses` says how they are written. Only `columns` are
read, and ``source_row``, ``malformed`` and ``repeats_row`` are added: what is not read, as names of
people, reaches no table.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.duckdb.utils import SourceConfig
from dbt.flags import get_flags

from segmentation.dbt_plugins.registered_sources import guard_registered_sources
from segmentation.engine.duckdb import Connection
from segmentation.onboarding.addresses import SourceAddress, address_of
from segmentation.onboarding.reading import ADDED, read_source
from segmentation.onboarding.refusals import OnboardingError
from segmentation.onboarding.text_files import TextLayout, layout_of


class Plugin(BasePlugin):
    """Loads files and tables."""

    def configure_connection(self, conn: Connection) -> None:  # noqa: ARG002
        """Let dbt's threads load sources and open cursors at the same time."""
        guard_registered_sources()

    def load(self, source_config: SourceConfig) -> pa.Table:
        """Return the rows of a source.

        Raises
        ------
        OnboardingError
            If it cannot be read, or lacks a column.
        """
        # dbt-duckdb writes the catalog without quotes; the view goes into the default one anyway.
        source_config.database = None
        address = address_of(str(source_config.get("address")))
        address = address.seen_in(Path(get_flags().PROJECT_DIR).absolute())
        rows = read_source(address, _layout(address, source_config))
        columns = [str(name) for name in source_config.get("columns", [])]
        missing = [name for name in columns if name not in rows.column_names]
        if missing:
            has = ", ".join(name for name in rows.column_names if name not in ADDED)
            raise OnboardingError(
                f"{address} has no column {', '.join(missing)}. It has: {has}. If a column goes by"
                " another name now, write that into mapping.yml and run `segmentation init` again."
            )
        return rows.select([*ADDED, *columns])


def _layout(address: SourceAddress, source: SourceConfig) -> TextLayout | None:
    if address.kind != "text":
        return None
    said = {
        name: source.get(name)
        for name in ("encoding", "delimiter", "header_line")
        if name in source
    }
    if len(said) == 3:
        return TextLayout(**said)
    found = layout_of(Path(address.location))
    return TextLayout(
        said.get("encoding", found.encoding),
        said.get("delimiter", found.delimiter),
        said.get("header_line", found.header_line),
    )
