"""Finds the schema of the marts, whose name a project that installs this one can choose."""

from __future__ import annotations

from segmentation.engine.duckdb import Connection


class MartsNotFoundError(LookupError):
    """The warehouse has no schema with marts, or several."""


def find_marts_schema(connection: Connection, schema: str | None = None) -> str:
    """Return the name of the schema that holds the marts: ``dim_segments``, the scoring macros.

    Parameters
    ----------
    connection : Connection
    schema : str, optional
        Which one, if there are several, e.g. of a development and a production target.

    Returns
    -------
    str
        As written in the catalogue; ``marts`` if that is one of several.

    Raises
    ------
    MartsNotFoundError
        If there is none; if there are several and neither `schema` nor ``marts`` is one of them.
    """
    found = [
        str(row[0])
        for row in connection.execute(
            "select schema_name from duckdb_tables() "
            "where database_name = current_database() and table_name = 'dim_segments' "
            "union select schema_name from duckdb_functions() "
            "where database_name = current_database() "
            "and function_name in ('score_value_person', 'score_profile_person') order by 1"
        ).fetchall()
    ]
    chosen = schema or (found[0] if len(found) == 1 else "marts")
    if chosen in found:
        return chosen
    if not found:
        raise MartsNotFoundError(
            "No schema has the table dim_segments: it was not selected, or the last build did not "
            "get that far."
        )
    raise MartsNotFoundError(
        f"There is no schema {schema} with marts. They are in: {', '.join(found)}."
        if schema
        else f"The marts are in several schemas; name one of them: {', '.join(found)}."
    )
