"""Fixtures of the unit tests: an engine, and a few customers to segment."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import duckdb
import numpy as np
import pandas as pd
import pytest
from house import House
from segmentation.engine.duckdb import DuckDBEngine


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


@pytest.fixture(scope="module")
def connection_of_examples() -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a connection that all examples of a Hypothesis test ask; to open one takes longer."""
    with duckdb.connect() as opened:
        yield opened


@pytest.fixture
def engine(connection: duckdb.DuckDBPyConnection) -> DuckDBEngine:
    return DuckDBEngine(connection)


@pytest.fixture(scope="session")
def customers() -> pd.DataFrame:
    """Four groups of customers that lie apart, 300 in all, skewed as spending is."""
    random = np.random.default_rng(7)
    groups = [
        (120, 5, 30, 2000.0),
        (90, 20, 12, 500.0),
        (60, 150, 9, 450.0),
        (30, 60, 2, 40.0),
    ]
    frames = [
        pd.DataFrame(
            {
                "recency_days": random.poisson(recency, size).astype(float),
                "frequency": 1.0 + random.poisson(frequency, size),
                "monetary": monetary * random.lognormal(0.0, 0.15, size),
                "planted": group,
            }
        )
        for group, (size, recency, frequency, monetary) in enumerate(groups)
    ]
    table = pd.concat(frames, ignore_index=True)
    table.insert(0, "customer_id", [f"C{i:03d}" for i in range(len(table))])
    return table


@pytest.fixture
def house(connection: duckdb.DuckDBPyConnection, customers: pd.DataFrame) -> House:
    return House(connection, customers)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Return the log of the library, whose logger may not propagate to the root."""
    log = logging.getLogger("segmentation")
    log.addHandler(caplog.handler)
    yield caplog
    log.removeHandler(caplog.handler)
