"""How every step begins."""

from __future__ import annotations

from segmentation.engine.base import Engine, Session
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.engine.threads import limit_native_threads


def begin(session: Session) -> Engine:
    """Return the engine behind what dbt hands to a Python model, and use one native thread."""
    limit_native_threads()
    return DuckDBEngine(session)
