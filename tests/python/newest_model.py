"""The view that says which model is current, made of the macro that dbt makes it of."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import duckdb
import jinja2

MACRO = Path(__file__).parents[2] / "macros" / "newest_model.sql"


def newest_model(segmentation: str, models: str, run_settings: str) -> str:
    """Return the query of the macro of this name."""
    query: str = _macros().newest_model(f"'{segmentation}'", models, run_settings)
    return query


@functools.cache
def _macros() -> Any:
    return jinja2.Environment().from_string(MACRO.read_text(encoding="utf-8")).module


def put_current_model(
    connection: duckdb.DuckDBPyConnection,
    segmentation: str,
    settings: dict[str, Any],
    overrides: Any = None,
) -> None:
    """Put the view ``current_model`` over the tables ``models`` and ``run``."""
    written = json.dumps(settings).replace("'", "''")
    laid_over = (overrides if isinstance(overrides, str) else json.dumps(overrides or {})).replace(
        "'", "''"
    )
    connection.execute(
        f"create or replace view current_model as select *, '{written}' as settings, "
        f"'{laid_over}' as overrides from ({newest_model(segmentation, 'models', 'run')})"
    )
