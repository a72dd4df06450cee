"""Backfills in the list of runs: a backfill changes marts, as a run of dbt does."""

from __future__ import annotations

import datetime as dt
import uuid

from segmentation.engine.duckdb import Connection
from segmentation.engine.sql import select, text_literal

# Its command in the table `build_runs`, beside those of dbt; rpt_builds uses the same word.
COMMAND = "backfill"


def list_run(connection: Connection, runs: str, began: dt.datetime, marts: int) -> str:
    """List a backfill that ends now as the last run, and return its id.

    Parameters
    ----------
    connection : Connection
        Of the warehouse, in a transaction.
    runs : str
        The table ``build_runs``, which has a row.
    began : datetime.datetime
        With a time zone.
    marts : int
        How many marts it replaced.
    """
    run_id = str(uuid.uuid4())
    started, ended = (
        f"cast({text_literal(moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat())}"
        " as timestamp)"
        for moment in (began, dt.datetime.now(dt.UTC))
    )
    values = {
        "run_number": "run_number + 1",
        "run_id": text_literal(run_id),
        "command": text_literal(COMMAND),
        "started_at": started,
        "ended_at": ended,
        "refit": "false",
        "is_empty": "false",
        "models_selected": str(marts),
        "models_built": str(marts),
        "nodes_failed": "0",
        "nodes_skipped": "0",
    }
    # The data set and the current models are those of the run before.
    kept = ("dataset", "variant", "as_of", "models", "models_before")
    columns = [*values, *kept]
    last = select([*values.values(), *kept], runs, order_by="run_number desc", limit=1)
    connection.execute(f"insert into {runs} ({', '.join(columns)})\n{last}")
    return run_id


def only_backfills_after(connection: Connection, runs: str, run_id: str) -> bool:
    """Return whether a run is listed, and no other run but backfills was listed after it."""
    later = select(
        [f"coalesce(bool_and(command = {text_literal(COMMAND)}), true)"],
        runs,
        where=f"run_number > (select max(run_number) from {runs}"
        f" where run_id = {text_literal(run_id)})",
    )
    listed = select(["count(*)"], runs, where=f"run_id = {text_literal(run_id)}")
    ((is_next, found),) = connection.execute(f"select ({later}), ({listed})").fetchall()
    return bool(is_next and found)
