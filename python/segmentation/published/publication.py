"""What a build publishes: which tables, of which run, into which file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segmentation.engine.sql import quoted

# The schema of the published file, whatever the warehouse calls its own.
SCHEMA = "marts"

# One row: which run the file is of.
PUBLICATION = "publication"

# A row a mart: how many rows it has.
PUBLICATION_TABLES = "publication_tables"


class PublishingError(RuntimeError):
    """The marts cannot be published; the message says why and what to do."""


@dataclass(frozen=True)
class Table:
    """A table or view of the warehouse.

    Attributes
    ----------
    database, schema, name : str
        As in the catalogue, without quotes.
    """

    database: str
    schema: str
    name: str

    @property
    def sql(self) -> str:
        """The table as what can stand after ``from``."""
        return f"{quoted(self.database)}.{quoted(self.schema)}.{quoted(self.name)}"


@dataclass(frozen=True)
class Publication:
    """What a build publishes, and where.

    Attributes
    ----------
    warehouse : str
        Path of the file that was built.
    file : Path
        The file that readers open; absolute, and no symbolic link.
    run_id : str
        The row of `build_runs` that the marts are of.
    build_runs, current_models, scoring_rules : Table
        Tables of the warehouse that tell what was built.
    marts : tuple of Table
        In the order in which they are written.
    parquet : bool
        Whether each table is written as a Parquet file too.
    """

    warehouse: str
    file: Path
    run_id: str
    build_runs: Table
    current_models: Table
    scoring_rules: Table
    marts: tuple[Table, ...]
    parquet: bool = False

    @classmethod
    def of(cls, written: Mapping[str, Any], file: Path) -> Publication:
        """Return the publication that the macro ``publication`` wrote as JSON.

        Parameters
        ----------
        written : mapping
            `warehouse`, `run_id`, `parquet`, and tables with `database`, `schema` and `name`.
        file : Path
            See :func:`segmentation.published.files.published_file`.
        """
        marts = sorted((Table(**mart) for mart in written["marts"]), key=lambda mart: mart.name)
        return cls(
            warehouse=written["warehouse"],
            file=file,
            run_id=written["run_id"],
            build_runs=Table(**written["build_runs"]),
            current_models=Table(**written["current_models"]),
            scoring_rules=Table(**written["scoring_rules"]),
            marts=tuple(marts),
            parquet=bool(written["parquet"]),
        )
