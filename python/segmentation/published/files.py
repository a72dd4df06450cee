"""The files of a publication: what they are called, and how a new one takes the place of the old.

A new version is written beside the file that readers open, as ``segments.duckdb.next-`` and eight
digits that no other build has, and is renamed when it is complete.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from segmentation.published.publication import PublishingError
from segmentation.published.whole_files import sync_file, sync_names

# The file of a warehouse that has the name that profiles.yml gives it.
_DEFAULT_WAREHOUSE, _DEFAULT_FILE = "warehouse.duckdb", "segments.duckdb"

_FOLDER = "published"

# A database that is no file of this machine.
_ELSEWHERE = re.compile(r":memory:|[a-z][a-z0-9]+:.*", re.IGNORECASE | re.DOTALL)


def backfill_folder(warehouse: Path) -> Path:
    """Return the folder beside a warehouse in which a backfill computes days in a copy of it."""
    return warehouse.with_name(f"{warehouse.name}.backfill")


def published_file(warehouse: str, named: str = "") -> Path | None:
    """Return the file that a build of a warehouse publishes.

    Parameters
    ----------
    warehouse : str
        Path of the file that is built.
    named : str
        What the environment names instead, if anything.

    Returns
    -------
    Path or None
        The named file. Without one, ``published/segments.duckdb`` in the folder of
        ``warehouse.duckdb``, and ``published/<name>`` beside a warehouse of another name; None if
        the warehouse is no file. Links are followed: what a link leads to is replaced, and the link
        stays.

    Raises
    ------
    PublishingError
        If the name is a URL.
    """
    if "://" in named:
        raise PublishingError(
            f"SEGMENTATION_PUBLISHED is {named}. It must be the path of a file on this machine."
        )
    if named:
        return Path(os.path.realpath(Path(named).expanduser()))
    if _ELSEWHERE.fullmatch(warehouse) and not Path(warehouse).is_absolute():
        return None
    built = Path(warehouse).expanduser()
    name = _DEFAULT_FILE if built.name == _DEFAULT_WAREHOUSE else built.name
    return Path(os.path.realpath(built.parent / _FOLDER / name))


def file_of_same_name(warehouse: Path) -> Path | None:
    """Return the file beside a warehouse that is published under the same name, if it is built too.

    A warehouse called segments.duckdb has the name that warehouse.duckdb is published under.
    """
    twins = {_DEFAULT_WAREHOUSE: _DEFAULT_FILE, _DEFAULT_FILE: _DEFAULT_WAREHOUSE}
    name = twins.get(warehouse.name)
    return warehouse.with_name(name) if name else None


def parquet_folder(file: Path) -> Path:
    """Return the folder of Parquet files beside a published file.

    Only the usual ending is left out of its name: a.duckdb and a.db have folders of their own.
    """
    return file.with_name(f"{file.name.removesuffix('.duckdb')}_parquet")


@dataclass(frozen=True)
class NextVersion:
    """The files of a version that readers do not see yet.

    Attributes
    ----------
    file : Path
        The published file.
    token : str
        Eight hexadecimal digits.
    """

    file: Path
    token: str

    @classmethod
    def beside(cls, file: Path) -> NextVersion:
        """Return a version with a token that is not in use."""
        return cls(file, os.urandom(4).hex())

    @property
    def database(self) -> Path:
        """The file that becomes the published one."""
        return self.file.with_name(f"{self.file.name}.next-{self.token}")

    @property
    def parquet(self) -> Path:
        """The folder that becomes the one of Parquet files."""
        folder = parquet_folder(self.file)
        return folder.with_name(f"{folder.name}.next-{self.token}")

    @property
    def replaced_parquet(self) -> Path:
        """What the folder of the version before is called while it is replaced."""
        folder = parquet_folder(self.file)
        return folder.with_name(f"{folder.name}.old-{self.token}")

    def keep_private(self, warehouse: Path) -> None:
        """Let nobody else read the new file before it has the permissions of another.

        Parameters
        ----------
        warehouse : Path
            As for :meth:`take_permissions`.
        """
        if self._permissions(warehouse) is not None:
            self.database.chmod(0o600)

    def make_parquet_folder(self, warehouse: Path) -> None:
        """Make the new folder, which nobody else can read before it has permissions."""
        self.parquet.mkdir(mode=0o777 if self._permissions(warehouse) is None else 0o700)

    def take_permissions(self, warehouse: Path) -> None:
        """Give the new files the permissions of those before, at first those of the warehouse.

        It is the last thing before the swap: they may forbid writing.

        Parameters
        ----------
        warehouse : Path
            The file that was built. If it is no file and there is none before, the new files keep
            the permissions that the system gives to new files.
        """
        mode = self._permissions(warehouse)
        if mode is None:
            return
        self.database.chmod(mode)
        if not self.parquet.is_dir():
            return
        for path in self.parquet.iterdir():
            path.chmod(mode)
        before = parquet_folder(self.file)
        # A folder is entered by those who may read its files.
        of_folder = before.stat().st_mode & 0o777 if before.is_dir() else mode | (mode & 0o444) >> 2
        self.parquet.chmod(of_folder)

    def _permissions(self, warehouse: Path) -> int | None:
        examples = [other for other in (self.file, warehouse) if other.is_file()]
        return examples[0].stat().st_mode & 0o777 if examples else None

    def remove(self) -> None:
        """Remove what there is of this version; what readers open stays.

        A folder of Parquet files that was renamed and not replaced is put back.
        """
        self.database.unlink(missing_ok=True)
        _log_of(self.database).unlink(missing_ok=True)
        folder = parquet_folder(self.file)
        if self.replaced_parquet.is_dir() and not folder.exists():
            self.replaced_parquet.rename(folder)
        for left in (self.parquet, self.replaced_parquet):
            _remove_folder(left)


def leftover_versions(file: Path) -> Iterator[NextVersion]:
    """Yield the versions that lie beside a published file: of builds killed, or still at work."""
    own = f"{re.escape(file.name)}[.]next|{re.escape(parquet_folder(file).name)}[.](?:next|old)"
    named = re.compile(f"(?:{own})-([0-9a-f]{{8}})(?:[.]wal)?")
    found = [named.fullmatch(path.name) for path in file.parent.iterdir()]
    for token in sorted({match[1] for match in found if match}):
        yield NextVersion(file, token)


def write_through(version: NextVersion) -> None:
    """Wait until a version is on disk: a rename must not be there before what it names."""
    sync_file(version.database)
    if version.parquet.is_dir():
        for path in sorted(version.parquet.iterdir()):
            sync_file(path)
        sync_names(version.parquet)


def swap_database(version: NextVersion) -> None:
    """Let a file that is on disk take the place of the one that readers open.

    A reader that has the old file open reads it to its end.

    Raises
    ------
    OSError
        If the system refuses; the file before is there then.
    """
    # What somebody wrote into the old file is no part of the new one.
    _log_of(version.file).unlink(missing_ok=True)
    version.database.replace(version.file)
    sync_names(version.file.parent)


def swap_parquet(version: NextVersion) -> None:
    """Let a folder of Parquet files take the place of the one before.

    It takes two renames: between them there is none.

    Raises
    ------
    OSError
        If the system refuses; the folder before is there then.
    """
    folder = parquet_folder(version.file)
    there_was_one = folder.exists()
    if there_was_one:
        folder.rename(version.replaced_parquet)
    try:
        version.parquet.rename(folder)
    except OSError:
        if there_was_one:
            version.replaced_parquet.rename(folder)
        raise
    _remove_folder(version.replaced_parquet)
    sync_names(folder.parent)


def _remove_folder(folder: Path) -> None:
    """Remove a folder, also one that its owner may not write to."""
    with contextlib.suppress(OSError):
        folder.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def _log_of(file: Path) -> Path:
    """Return where DuckDB writes changes before they are in the file."""
    return file.with_name(f"{file.name}.wal")
