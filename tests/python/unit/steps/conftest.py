"""Fixtures of the tests of steps."""

from __future__ import annotations

import duckdb
import pytest
from prospect_house import ProspectHouse, people


@pytest.fixture
def prospects(connection: duckdb.DuckDBPyConnection) -> ProspectHouse:
    return ProspectHouse(connection, people())
