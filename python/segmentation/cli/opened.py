"""Opens a file with marts for a command, or says in one line why it cannot be opened."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segmentation.cli.conventions import CommandError
from segmentation.engine.duckdb import DuckDBError, FileError, lock_holder
from segmentation.published.marts_schema import MartsNotFoundError
from segmentation.published.read_marts import Marts

Schema = Annotated[
    str | None,
    typer.Option(help="The schema of the marts, where the file has them more than once."),
]


def opened_marts(file: Path, schema: str | None, *, option: str) -> Marts:
    """Return the marts of a file, opened; the caller closes them.

    Parameters
    ----------
    file : Path
        A warehouse, or what a build published.
    schema : str, optional
    option : str
        What names another file, for the message.

    Raises
    ------
    CommandError
        If the file cannot be opened or has no marts.
    """
    if not file.is_file():
        problem = (
            f"There is no file {file}. Build it with `segmentation build` or `make build`, or name"
            f" another: {option}."
        )
    else:
        try:
            return Marts(file, schema)
        except MartsNotFoundError as error:
            problem = (
                f"{file}: {error} Build everything and look for the first error, or name a schema "
                "with --schema."
            )
        except FileError as error:
            holder = lock_holder(error)
            problem = f"{file} is open in another process, {holder}"
            if not holder:
                problem = f"{file} cannot be read: {error}"
        except DuckDBError:
            problem = f"{file} is no DuckDB file. Name the file that dbt built."
    raise CommandError(problem)
