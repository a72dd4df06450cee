"""Publishes the marts of a build: writes a file beside, looks at it, and swaps it in."""

from __future__ import annotations

import contextlib
import errno
from pathlib import Path

from segmentation.engine.duckdb import (
    Connection,
    DuckDBError,
    FileError,
    attached,
    lock_holder,
)
from segmentation.engine.sql import quoted
from segmentation.published.audit import audit
from segmentation.published.checks import publishing_problems
from segmentation.published.copying import (
    copy_marts,
    described_marts,
    scoring_macros,
    write_parquet,
)
from segmentation.published.files import (
    NextVersion,
    leftover_versions,
    parquet_folder,
    swap_database,
    swap_parquet,
    write_through,
)
from segmentation.published.publication import Publication, PublishingError
from segmentation.published.scoring_tables import described_scoring_tables
from segmentation.published.turns import turns_in

# What the file that is written is called in the build's own connection.
_NEXT = "segmentation_published_next"

# What Linux says of a full disk and of a full quota.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_TEXTS = ("No space left on device", "Disk quota exceeded", "File too large")


def publish(connection: Connection, publication: Publication) -> None:
    """Publish the marts of a warehouse; readers see the old version or the new one, whole.

    Parameters
    ----------
    connection : Connection
        Of the warehouse, in which everything is committed. A cursor of it does the work, within
        the limits of memory and threads that the connection has.
    publication : Publication

    Raises
    ------
    PublishingError
        If it cannot be done; the message says what readers see.
    """
    file = publication.file
    problems = publishing_problems(
        connection, file, publication.warehouse, parquet=publication.parquet
    )
    if problems:
        raise PublishingError(_message(file, " ".join(problems)))
    version = NextVersion.beside(file)
    with turns_in(file.parent):
        try:
            _publish_database(connection, publication, version)
            if publication.parquet:
                _publish_parquet(version)
        finally:
            version.remove()


def _publish_database(
    connection: Connection, publication: Publication, version: NextVersion
) -> None:
    try:
        _remove_leftovers(connection, version.file)
        _write(connection, publication, version)
        write_through(version)
        version.take_permissions(Path(publication.warehouse).expanduser())
        swap_database(version)
    except PublishingError as error:
        raise PublishingError(_message(version.file, str(error))) from error
    except (DuckDBError, OSError) as error:
        raise PublishingError(_message(version.file, _reason(error))) from error


def _write(connection: Connection, publication: Publication, version: NextVersion) -> None:
    warehouse = Path(publication.warehouse).expanduser()
    with contextlib.closing(connection.cursor()) as cursor:
        with attached(cursor, version.database, _NEXT):
            version.keep_private(warehouse)
            copy_marts(cursor, publication, _NEXT)
            if publication.parquet:
                version.make_parquet_folder(warehouse)
                write_parquet(cursor, publication, _NEXT, version.parquet)
            # What was written goes from the log into the file.
            cursor.execute(f"checkpoint {quoted(_NEXT)}")
        descriptions = described_marts(cursor, publication)
        scoring = described_scoring_tables(cursor, publication)
        macros = [name for name, _ in scoring_macros(cursor, publication)]
    audit(version.database, descriptions, macros, scoring)


def _publish_parquet(version: NextVersion) -> None:
    folder = parquet_folder(version.file)
    try:
        swap_parquet(version)
    except OSError as error:
        raise PublishingError(
            f"The marts were published to {version.file}, and not to {folder}, which holds those of"
            f" an earlier build: {_reason(error)}"
        ) from error


def _remove_leftovers(connection: Connection, file: Path) -> None:
    """Remove what killed builds left; what another version of the project writes is held."""
    for version in leftover_versions(file):
        if not _is_held(connection, version.database):
            version.remove()


def _is_held(connection: Connection, file: Path) -> bool:
    if not file.exists():
        return False
    with contextlib.closing(connection.cursor()) as cursor:
        try:
            with attached(cursor, file, _NEXT):
                return False
        except FileError as error:
            return lock_holder(error) is not None
        except DuckDBError:
            return False


def _reason(error: DuckDBError | OSError) -> str:
    full = isinstance(error, OSError) and error.errno in _FULL
    if full or any(text in str(error) for text in _FULL_TEXTS):
        return "the disk is full. Make room and build again."
    return f"{error}. Build again when that is put right."


def _message(file: Path, reason: str) -> str:
    return (
        f"The marts were built and not published to {file}; readers keep what was there: {reason}"
    )
