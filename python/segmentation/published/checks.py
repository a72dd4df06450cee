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
from segmentation.published.files import (
    NextVersion,
    file_of_same_name,
    parquet_folder,
    published_file,
)
from segmentation.published.publication import PUBLICATION, PUBLICATION_TABLES, SCHEMA

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
    built = Path(warehouse).expanduser()
    problem = (
        _folder_problem(file)
        or _name_problem(file, built)
        or _content_problem(connection, file)
        or (_parquet_problem(connection, parquet_folder(file)) if parquet else None)
    )
    return [problem] if problem else []


def _name_problem(file: Path, built: Path) -> str | None:
    if file.is_dir():
        return f"The published file {file} is a folder. Name a file in it: {file / 'x.duckdb'}"
    if file.exists() and built.exists() and file.samefile(built):
        return f"The published file {file} is the warehouse itself. {_ADVICE}"
    twin = file_of_same_name(built)
    if twin is not None and twin.exists() and published_file(str(built)) == file:
        both = f"{built.name} and {twin.name} stand in one folder"
        return f"{both}, and both publish to {file}. {_ADVICE}"
    return None


def _folder_problem(file: Path) -> str | None:
    tried = NextVersion.beside(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        tried.database.touch()
        # Another build may take it for what a killed one left.
        tried.database.unlink(missing_ok=True)
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


def _parquet_problem(connection: Connection, folder: Path) -> str | None:
    """Return why a folder that is there must not be replaced: it holds what no build wrote."""
    if not folder.exists():
        return None
    if not folder.is_dir():
        return f"{folder} is a file, and the folder of Parquet files is called so. Move it away."
    others = sorted({path.name for path in folder.iterdir()} - _published_names(connection, folder))
    if not others:
        return None
    return (
        f"The folder {folder} is replaced by each build, and holds {others[0]}, which no build"
        " wrote. Move it away."
    )


def _published_names(connection: Connection, folder: Path) -> set[str]:
    """Return the names of the files that a build wrote into a folder, by its own list of them."""
    tables = folder / f"{PUBLICATION_TABLES}.parquet"
    cursor = connection.cursor()
    try:
        rows = cursor.execute("select table_name from read_parquet(?)", [str(tables)]).fetchall()
    except DuckDBError:
        return set()
    finally:
        cursor.close()
    names = [str(name) for (name,) in rows]
    return {f"{name}.parquet" for name in (*names, PUBLICATION, PUBLICATION_TABLES)}
