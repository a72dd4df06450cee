"""The view that says which model is current, made of the macro that dbt makes it of."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import duckdb
import jinja2

MACRO = Path(__file__).parents[2] / "macros" / "newest_model.sql"

NOTHING_PROMOTED = (
    "(select null::varchar as segmentation, null::varchar as dataset, null::varchar as variant, "
    "null::varchar as model_version, null::varchar as action, null::varchar as decided_on "
    "where false)"
)


def newest_model(
    segmentation: str, models: str, run_settings: str, promotions: str = NOTHING_PROMOTED
) -> str:
    """Return the query of the macro of this name."""
    query: str = _macros().newest_model(f"'{segmentation}'", models, run_settings, promotions)
    return query


@functools.cache
def _macros() -> Any:
    return jinja2.Environment().from_string(MACRO.read_text(encoding="utf-8")).module


def put_current_model(
    connection: duckdb.DuckDBPyConnection,
    segmentation: str,
    settings: dict[str, Any],
    overrides: Any = None,
    promotions: str = NOTHING_PROMOTED,
) -> None:
    """Put the view ``current_model`` over the tables ``models`` and ``run``."""
    written = json.dumps(settings).replace("'", "''")
    laid_over = (overrides if isinstance(overrides, str) else json.dumps(overrides or {})).replace(
        "'", "''"
    )
    listed = newest_model(segmentation, "models", "run", promotions)
    connection.execute(
        f"create or replace view current_model as select *, '{written}' as settings, "
        f"'{laid_over}' as overrides from ({listed})"
    )
