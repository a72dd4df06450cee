"""Where rows come from: a file, a sheet of a workbook, a table of a database.

An address is written ``file.csv``, ``file.parquet``, ``file.xlsx#sheet``, ``file.duckdb#table``,
``file.sqlite#schema.table``, ``postgresql://user@host/database#schema.table``, or with the name of
an environment variable that holds such a URL: ``env:SHOP_DATABASE#schema.table``.
"""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from segmentation.onboarding.refusals import OnboardingError

ENDINGS = {
    "text": (".csv", ".tsv", ".txt", ".tab"),
    "parquet": (".parquet", ".pq"),
    "excel": (".xlsx", ".xlsm"),
    "duckdb": (".duckdb", ".ddb"),
    "sqlite": (".sqlite", ".sqlite3", ".db"),
}
# A folder further up is none that moves along with the project.
MOST_FOLDERS_UP = 2
# Kinds that hold several tables; an address names one after a #.
WITH_TABLES = ("excel", "duckdb", "sqlite", "postgresql")


@dataclass(frozen=True)
class SourceAddress:
    """Where the rows of one table are.

    Attributes
    ----------
    kind : str
        ``text``, ``parquet``, ``excel``, ``duckdb``, ``sqlite`` or ``postgresql``.
    location : str
        The path of a file, a URL without a password, or ``env:NAME``.
    table : str
        The sheet, or the table with or without a schema; empty for a file that holds one table.
    """

    kind: str
    location: str
    table: str = ""

    def __str__(self) -> str:
        return f"{self.location}#{self.table}" if self.table else self.location

    @property
    def is_file(self) -> bool:
        """Whether the location is a path."""
        return self.kind != "postgresql"

    def seen_from(self, folder: Path) -> SourceAddress:
        """Return the address with its path relative to a folder, if that is near; else absolute."""
        if not self.is_file:
            return self
        relative = Path(os.path.relpath(self.location, folder))
        near = relative.parts.count("..") <= MOST_FOLDERS_UP
        path = relative if near else Path(self.location).absolute()
        return replace(self, location=path.as_posix())

    def seen_in(self, folder: Path) -> SourceAddress:
        """Return the address with a path that was written relative to a folder."""
        return replace(self, location=str(folder / self.location)) if self.is_file else self

    def url(self) -> str:
        """Return the URL of a PostgreSQL database.

        Raises
        ------
        OnboardingError
            If the environment variable that names it is not set.
        """
        if not self.location.startswith("env:"):
            return self.location
        name = self.location.removeprefix("env:")
        url = os.environ.get(name, "")
        if not url:
            raise OnboardingError(
                f"The environment variable {name}, which is to hold the URL of a database, is not"
                f" set. Set it: export {name}=postgresql://user:password@host/database"
            )
        return url


def address_of(text: str) -> SourceAddress:
    """Read an address as people write it.

    Raises
    ------
    OnboardingError
        If its kind is not known, or if it is a URL with a password: mappings and models are files
        that are shared.
    """
    location, _, table = text.partition("#")
    if re.match(r"(postgres(ql)?://|env:)", location):
        if location.startswith("postgres") and urlsplit(location).password:
            raise OnboardingError(
                "The URL of the database holds a password, which would be written into the project."
                " Put the URL into an environment variable and name that instead:"
                " export SHOP_DATABASE=postgresql://...; segmentation init env:SHOP_DATABASE"
            )
        return SourceAddress("postgresql", location, table)
    ending = Path(location).suffix.lower()
    for kind, endings in ENDINGS.items():
        if ending in endings:
            return SourceAddress(kind, location, table)
    known = ", ".join(ending for endings in ENDINGS.values() for ending in endings)
    raise OnboardingError(
        f"{location} has no ending that says how to read it. Known are {known}; a database is"
        " named by its URL, postgresql://..., or by env:NAME, a variable that holds the URL."
    )


def slug(text: str) -> str:
    """Return a text as a name in SQL: lower case, digits and underscores; never empty."""
    for letter, plain in {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}.items():
        text = text.lower().replace(letter, plain)
    letters = unicodedata.normalize("NFKD", text)
    text = "".join(letter for letter in letters if not unicodedata.combining(letter))
    plain = re.sub(r"[^a-z0-9]+", "_", text).strip("_")
    return plain if plain and not plain[0].isdigit() else f"t_{plain}".rstrip("_")


def table_name(address: SourceAddress) -> str:
    """Return what a table is called in the project: after its sheet, its table or its file."""
    return slug(address.table.split(".")[-1] or Path(address.location).stem)
