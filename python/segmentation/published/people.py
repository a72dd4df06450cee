"""Scores people from Python with the macros of a built warehouse."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from segmentation.engine.duckdb import (
    Connection,
    ConversionError,
    InvalidInputError,
    open_read_only,
)
from segmentation.engine.sql import quoted, text_literal
from segmentation.published.marts_schema import MartsNotFoundError, find_marts_schema


class ScoringError(ValueError):
    """People cannot be scored; the message says why and what to do."""


def score_people(
    people: pd.DataFrame | Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    segmentation: str,
    warehouse: str | Path | Connection,
    schema: str | None = None,
) -> pd.DataFrame:
    """Score one person or many with the current model.

    Parameters
    ----------
    people : DataFrame, mapping or sequence of mappings
        Features by name. A feature without a value is missing and takes the model's fill value.
        ``customer_id`` is returned if it is given.
    segmentation : str
        ``"value"`` or ``"profile"``.
    warehouse : path or Connection
        A warehouse that ``dbt build`` built; it is only read.
    schema : str, optional
        The schema of the marts, if the warehouse has several; see
        :func:`segmentation.published.marts_schema.find_marts_schema`.

    Returns
    -------
    DataFrame, one row for each person, in the order given
        customer_id, segment_id, segment_slug, segment_name, distance, runner_up_slug, margin,
        reason_1, reason_2, reason_3, model_version.

    Raises
    ------
    ScoringError
        If the warehouse has no marts or no model of the segmentation, no column is a feature of
        it, or a numeric feature has a value that is not a number.
    """
    frame = _as_frame(people)
    if isinstance(warehouse, Connection):
        return _scored(warehouse, frame, segmentation, schema)
    if not Path(warehouse).is_file():
        raise ScoringError(
            f"There is no warehouse {warehouse}. Build it with `segmentation build`."
        )
    with open_read_only(warehouse) as connection:
        return _scored(connection, frame, segmentation, schema)


def _as_frame(
    people: pd.DataFrame | Mapping[str, Any] | Sequence[Mapping[str, Any]],
) -> pd.DataFrame:
    if isinstance(people, pd.DataFrame):
        return people
    if isinstance(people, pd.Series):
        return people.to_frame().T
    return pd.DataFrame([people] if isinstance(people, Mapping) else list(people))


def _scored(
    connection: Connection,
    people: pd.DataFrame,
    segmentation: str,
    schema: str | None,
) -> pd.DataFrame:
    try:
        schema = find_marts_schema(connection, schema)
    except MartsNotFoundError as error:
        raise ScoringError(f"{error} Build the warehouse with `segmentation build`.") from error
    known = [
        row[0].removeprefix("score_")
        for row in connection.execute(
            "select distinct function_name from duckdb_functions() "
            "where schema_name = ? and function_name like 'score\\_%' escape '\\' "
            "and function_name not like '%\\_person' escape '\\' order by 1",
            [schema],
        ).fetchall()
    ]
    if segmentation not in known:
        raise ScoringError(
            f"This warehouse has no model of the segmentation '{segmentation}'. "
            f"It has: {', '.join(known) or 'none; run `segmentation build`'}."
        )
    features = _features(connection, segmentation, schema)
    given = [str(column) for column in people.columns]
    # Like SQL, ignore the case of column names.
    if len(people) and features and not {n.lower() for n in given} & {n.lower() for n in features}:
        raise ScoringError(
            f"None of the columns given ({', '.join(given) or 'there are none'}) is a feature of "
            f"the segmentation '{segmentation}'. Its features are: {', '.join(features)}."
        )
    wanted = {name.lower() for name in features}
    placed = people[[column for column in people.columns if str(column).lower() in wanted]]
    # The position replaces the key, so that the original order can be restored.
    placed = placed.assign(customer_id=[str(place) for place in range(len(people))])
    # A name that no other table of the connection has.
    view = f"segmentation_people_{uuid.uuid4().hex}"
    connection.register(view, placed)
    try:
        scored = connection.sql(
            f"select * from {quoted(schema)}.{quoted('score_' + segmentation)}"
            f"({text_literal(view)})"
        ).df()
    except InvalidInputError as error:
        raise ScoringError(str(error).removeprefix("Invalid Input Error: ")) from error
    except ConversionError as error:
        raise ScoringError(
            f"A value of a numeric feature is no number. {error} Write it as a number, or leave "
            "it out."
        ) from error
    finally:
        connection.unregister(view)
    scored = scored.set_index(scored.pop("customer_id").astype(int)).sort_index()
    ids = [column for column in people.columns if str(column).lower() == "customer_id"]
    scored.insert(0, "customer_id", people[ids[0]].to_numpy() if ids else None)
    return scored.reset_index(drop=True)


def _features(connection: Connection, segmentation: str, schema: str) -> list[str]:
    """Return the features of the current model: the arguments of the macro for one person."""
    rows = connection.execute(
        "select parameters from duckdb_functions() where schema_name = ? and function_name = ?",
        [schema, f"score_{segmentation}_person"],
    ).fetchall()
    return [str(name) for row in rows for name in row[0]]
