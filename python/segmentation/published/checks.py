"""What can be known before a build to prevent publishing its marts."""

from __future__ import annotations

from pathlib import Path

from segmentation.engine.duckdb import (
    Connection,
    DuckDBError,
    FileError,
    attached,
    lock_holder,
)
from segmentation.published.files import NextVersion, parquet_folder
from segmentation.published.publication import PUBLICATION, SCHEMA

_ADVICE = "Name another file with SEGMENTATION_PUBLISHED."

# What an existing file is called while it is looked at.
_LOOKED_AT = "segmentation_published_before"


def publishing_problems(
    connection: Connection, file: Path, warehouse: str, *, parquet: bool
) -> list[str]:
    """Return what prevents publishing to a file; its folder is made if it is missing.

    Parameters
    ----------
    connection : Connection
        Of any database; a cursor of it opens the file that is there.
    file : Path
        The published file.
    warehouse : str
        Path of the file that is built.
    parquet : bool
        Whether a folder of Parquet files is written too.

    Returns
    -------
    list of str
        A sentence each; empty if nothing is known to prevent it.
    """
    if _is_same(file, Path(warehouse).expanduser()):
        return [f"The published file {file} is the warehouse itself. {_ADVICE}"]
    if file.is_dir():
        return [f"The published file {file} is a folder. Name a file in it: {file / 'x.duckdb'}"]
    problem = _folder_problem(file) or _content_problem(connection, file)
    problems = [problem] if problem else []
    if parquet and not problem:
        problems += _parquet_problems(parquet_folder(file))
    return problems


def _is_same(file: Path, other: Path) -> bool:
    return file.exists() and other.exists() and file.samefile(other)


def _folder_problem(file: Path) -> str | None:
    tried = NextVersion.beside(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        tried.database.touch()
        tried.database.unlink()
    except OSError as error:
        return (
            f"No file can be written to {file.parent}, the folder of the published file: "
            f"{error.strerror}. Make that possible, or name another file with"
            " SEGMENTATION_PUBLISHED."
        )
    return None


def _content_problem(connection: Connection, file: Path) -> str | None:
    """Return why a file that is there must not be replaced: it is not a version before."""
    if not file.exists():
        return None
    cursor = connection.cursor()
    try:
        with attached(cursor, file, _LOOKED_AT, read_only=True):
            found = cursor.execute(
                "select 1 from duckdb_tables() where database_name = ? and schema_name = ?"
                " and table_name = ?",
                [_LOOKED_AT, SCHEMA, PUBLICATION],
            ).fetchall()
    except FileError as error:
        holder = lock_holder(error)
        if holder is not None:
            return (
                f"{file} is open for writing in another process, {holder}. Close it there, and open"
                " it read-only."
            )
        found = []
    except DuckDBError:
        found = []
    finally:
        cursor.close()
    if found:
        return None
    return (
        f"{file} is there, and is no file that a build published, or cannot be read: it is not"
        " replaced. Move it away, or name another file with SEGMENTATION_PUBLISHED."
    )


def _parquet_problems(folder: Path) -> list[str]:
    if not folder.exists():
        return []
    if not folder.is_dir():
        return [f"{folder} is a file, and the folder of Parquet files is called so. Move it away."]
    others = sorted(path.name for path in folder.iterdir() if path.suffix != ".parquet")
    if not others:
        return []
    return [
        f"The folder {folder} is replaced by each build, and holds {others[0]}, which no build"
        " wrote. Move it away."
    ]
