"""What a build publishes: which tables, of which run, into which file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segmentation.engine.sql import quoted

# The schemas of the published file, independent of those of the warehouse: what people read, and
# what scores people without the warehouse.
SCHEMA = "marts"
SCORING_SCHEMA = "scoring"

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
        Whether each mart is written as a Parquet file too.
    scoring : mapping of str to Table
        What people are scored by: the name in the schema ``scoring`` to the table of the warehouse,
        see :mod:`segmentation.published.scoring_tables`.
    """

    warehouse: str
    file: Path
    run_id: str
    build_runs: Table
    current_models: Table
    scoring_rules: Table
    marts: tuple[Table, ...]
    parquet: bool = False
    scoring: Mapping[str, Table] = field(default_factory=dict)

    @classmethod
    def of(cls, written: Mapping[str, Any], file: Path) -> Publication:
        """Return the publication that the macro ``publication`` wrote as JSON.

        Parameters
        ----------
        written : mapping
            `warehouse`, `run_id`, `parquet`, and tables with `database`, `schema` and `name`.
            `scoring` has tables by their published names.
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
            scoring={name: Table(**table) for name, table in written["scoring"].items()},
        )
