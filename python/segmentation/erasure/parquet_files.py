"""The Parquet files beside a published file, without some customers."""

from __future__ import annotations

import contextlib
from pathlib import Path

from segmentation.engine.duckdb import Connection, open_in_memory
from segmentation.engine.sql import quoted, select, text_literal
from segmentation.erasure.customers import Customers
from segmentation.erasure.erased_rows import (
    ID_COLUMN,
    ID_COLUMNS,
    erased_text,
    names_somebody,
    of_erased,
    put_erased,
)
from segmentation.published.whole_files import write_whole


def parquet_rows(folder: Path, customers: Customers) -> dict[Path, int]:
    """Count the rows that hold one of the customers or a text with their id, by file."""
    counts: dict[Path, int] = {}
    with contextlib.closing(open_in_memory()) as connection:
        put_erased(connection, customers)
        for file in sorted(folder.glob("*.parquet")) if folder.is_dir() else []:
            columns = _columns(connection, file)
            touched = [of_erased(ID_COLUMN)] if ID_COLUMN in columns else []
            touched += [names_somebody(quoted(name), customers) for name in _texts(columns)]
            if not touched:
                continue
            ((count,),) = connection.execute(
                select(["count(*)"], _scan(file), where=" or ".join(touched))
            ).fetchall()
            if count:
                counts[file] = count
    return counts


def write_parquet_without(file: Path, customers: Customers) -> None:
    """Write a file anew; it replaces the old one whole, with the same permissions."""
    with contextlib.closing(open_in_memory()) as connection:
        put_erased(connection, customers)
        columns = _columns(connection, file)
        texts = _texts(columns)
        written = [
            f"{erased_text(quoted(name), customers)} as {quoted(name)}"
            if name in texts
            else quoted(name)
            for name in columns
        ]
        kept = f"not {of_erased(ID_COLUMN)}" if ID_COLUMN in columns else ""
        query = select(written, _scan(file), where=kept)

        def write(unfinished: Path) -> None:
            target = text_literal(str(unfinished))
            connection.execute(f"copy (\n{query}\n) to {target} (format parquet)")

        write_whole(file, write)


def _columns(connection: Connection, file: Path) -> dict[str, str]:
    described = connection.execute(f"describe from {_scan(file)}").fetchall()
    return {row[0]: row[1] for row in described}


def _texts(columns: dict[str, str]) -> list[str]:
    return [name for name, kind in columns.items() if kind == "VARCHAR" and name not in ID_COLUMNS]


def _scan(file: Path) -> str:
    # Brackets, stars and question marks of a name would be parts of a pattern.
    name = "".join(f"[{c}]" if c in "[*?" else c for c in str(file))
    return f"read_parquet({text_literal(name)})"
