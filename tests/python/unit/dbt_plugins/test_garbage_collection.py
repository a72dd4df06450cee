"""Python's collector in a process that runs dbt."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import duckdb
import pytest
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from segmentation.dbt_plugins.garbage_collection import THRESHOLDS, Plugin


class Node:
    """Refers to itself: only the collector can find that nothing else does."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def collector_as_it_was() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.fixture
def plugin() -> Plugin:
    credentials = DuckDBCredentials(path=":memory:", schema="main")
    return Plugin("garbage_collection", {}, credentials=credentials)


def test_what_was_read_is_not_gone_through_again(plugin: Plugin) -> None:
    with duckdb.connect() as connection:
        plugin.configure_connection(connection)
    assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == THRESHOLDS


def test_a_process_that_runs_dbt_again_gives_back_what_it_read_before(plugin: Plugin) -> None:
    node = Node()
    read_before = weakref.ref(node)
    with duckdb.connect() as connection:
        plugin.configure_connection(connection)
        del node
        assert read_before() is not None
        plugin.configure_connection(connection)
    assert read_before() is None
