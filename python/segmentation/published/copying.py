"""Copies the marts of a warehouse into a file that readers open."""

from __future__ import annotations

from pathlib import Path

from segmentation.engine.duckdb import Connection
from segmentation.engine.sql import quoted, select, text_literal
from segmentation.published.descriptions import (
    Column,
    Description,
    comment,
    described_tables,
)
from segmentation.published.publication import (
    PUBLICATION,
    PUBLICATION_TABLES,
    SCHEMA,
    Publication,
    PublishingError,
    Table,
)
from segmentation.published.scoring_tables import copy_scoring_tables

_PUBLICATION_DESCRIPTION = Description(
    (
        Column("run_number", "integer", "The number of the run in rpt_builds."),
        Column(
            "run_id",
            "varchar",
            "dbt's invocation_id: another value is another version of the file.",
        ),
        Column("started_at", "timestamp", "When the run began, UTC. A clock time."),
        Column("ended_at", "timestamp", "When its last test ended, UTC. A clock time."),
        Column("dataset", "varchar", "The data set that was built."),
        Column("variant", "varchar", "Which file of the data set."),
        Column("as_of", "date", "The day that everything is relative to."),
        Column(
            "model_versions",
            "varchar",
            "The current models, with commas between; rpt_model_history describes them. Null where"
            " there is none.",
        ),
    ),
    "The run of dbt that all tables of this schema are of. One row.",
)
_TABLES_DESCRIPTION = Description(
    (
        Column("table_name", "varchar", "The table."),
        Column("row_count", "bigint", "Its rows in the warehouse, when it was copied."),
    ),
    "The tables that were copied from the warehouse. One row per table.",
)


def copy_marts(connection: Connection, publication: Publication, database: str) -> None:
    """Write the marts, with comments, and what scores people into an attached, empty database.

    Parameters
    ----------
    connection : Connection
        Of the warehouse; it has no open transaction.
    publication : Publication
    database : str
        The name under which the database is attached.

    Raises
    ------
    PublishingError
        If the warehouse does not know the run.
    """
    schema = f"{quoted(database)}.{quoted(SCHEMA)}"
    descriptions = described_marts(connection, publication)
    connection.begin()
    connection.execute(f"create schema {schema}")
    for mart in publication.marts:
        target = f"{schema}.{quoted(mart.name)}"
        connection.execute(f"create table {target} as from {mart.sql}")
        comment(connection, target, descriptions[mart.name])
    _write_publication(connection, publication, schema)
    _write_row_counts(connection, publication, schema)
    for name, macro in scoring_macros(connection, publication):
        connection.execute(f"create macro {schema}.{quoted(name)}{macro}")
    copy_scoring_tables(connection, publication, database)
    connection.commit()


def described_marts(connection: Connection, publication: Publication) -> dict[str, Description]:
    """Return what the catalogue of the warehouse says of each mart, by its name."""
    databases = {mart.database for mart in publication.marts}
    found = {
        table: description
        for database in sorted(databases)
        for table, description in described_tables(connection, database).items()
    }
    return {mart.name: found[mart] for mart in publication.marts}


def scoring_macros(connection: Connection, publication: Publication) -> list[tuple[str, str]]:
    """Return the scoring macros of a warehouse: the name, and what stands after it."""
    columns = ["segmentation", "people_macro", "person_macro"]
    rules = connection.execute(
        select(columns, publication.scoring_rules.sql, order_by="segmentation")
    ).fetchall()
    return [
        (f"score_{segmentation}{kind}", macro)
        for segmentation, people, person in rules
        for kind, macro in (("", people), ("_person", person))
    ]


def write_parquet(
    connection: Connection, publication: Publication, database: str, folder: Path
) -> None:
    """Write each table that people read of an attached database into a file of its own.

    Parameters
    ----------
    connection : Connection
    publication : Publication
    database : str
        The name under which a database that :func:`copy_marts` filled is attached.
    folder : Path
        An empty one.
    """
    for name in table_names(publication):
        table = Table(database, SCHEMA, name).sql
        file = text_literal(str(folder / f"{name}.parquet"))
        connection.execute(f"copy (from {table}) to {file} (format parquet)")


def table_names(publication: Publication) -> list[str]:
    """Return the names of the tables of a published file that people read."""
    return [*(mart.name for mart in publication.marts), PUBLICATION, PUBLICATION_TABLES]


def _write_publication(connection: Connection, publication: Publication, schema: str) -> None:
    versions = select(
        ["string_agg(model_version, ', ' order by segmentation)"],
        publication.current_models.sql,
        where="is_of_this_build",
    )
    columns = [column.name for column in _PUBLICATION_DESCRIPTION.columns[:-1]]
    columns += [f"({versions}) as model_versions"]
    table = f"{schema}.{quoted(PUBLICATION)}"
    of_run = f"run_id = {text_literal(publication.run_id)}"
    written = select(columns, publication.build_runs.sql, where=of_run)
    connection.execute(f"create table {table} as\n{written}")
    ((rows,),) = connection.execute(f"select count(*) from {table}").fetchall()
    if rows != 1:
        raise PublishingError(
            f"{publication.build_runs.sql} has {rows} rows of the run {publication.run_id} instead"
            " of one. Build again."
        )
    comment(connection, table, _PUBLICATION_DESCRIPTION)


def _write_row_counts(connection: Connection, publication: Publication, schema: str) -> None:
    table = f"{schema}.{quoted(PUBLICATION_TABLES)}"
    counted = [
        select([f"{text_literal(mart.name)} as table_name", "count(*) as row_count"], mart.sql)
        for mart in publication.marts
    ]
    connection.execute(f"create table {table} as\n" + "\nunion all\n".join(counted))
    comment(connection, table, _TABLES_DESCRIPTION)
