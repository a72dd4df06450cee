"""Looks at published files, in their folders, as another process does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb


def query(file: Path, sql: str) -> list[tuple[Any, ...]]:
    """Query a file as it is now, whatever this process has open."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{str(file).replace(chr(39), chr(39) * 2)}' as f (read_only)")
        connection.execute("use f.marts")
        return connection.sql(sql).fetchall()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def run_of(file: Path) -> str:
    ((run,),) = query(file, "select run_id from publication")
    return str(run)
