"""Raw columns as scaled ones and codes, in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from segmentation.engine.base import Engine
from segmentation.engine.sql import number, quoted, text_literal
from segmentation.features.categories import PreparedCategory
from segmentation.features.numbers import PreparedFeature
from segmentation.features.prepared import PreparedFeatures


def scaled_column(position: int) -> str:
    """Return the name of the column that holds a scaled feature."""
    return f"scaled_{position}"


def code_column(position: int) -> str:
    """Return the name of the column that holds the code of a category."""
    return f"code_{position}"


def code_expression(category: PreparedCategory) -> str:
    """Return SQL for the code of one column of categories."""
    raw = f"cast({quoted(category.name)} as varchar)"
    cases = " ".join(
        f"when {text_literal(value)} then {code}" for code, value in enumerate(category.categories)
    )
    fill = category.categories.index(category.fill)
    return (
        f"case {raw} {cases} else case when {raw} is null then {fill} "
        f"else {category.unknown_code} end end"
    )


def scaled_expression(engine: Engine, feature: PreparedFeature) -> str:
    """Return SQL for the scaled value of one raw column."""
    raw = f"cast({quoted(feature.name)} as double)"
    lower, upper = number(feature.lower), number(feature.upper)
    fill = number(min(max(feature.fill, feature.lower), feature.upper))
    # The first case is nearly every row: one test, and neither a fill nor a bound is computed.
    # NaN does not pass it: DuckDB and Spark sort NaN above every number.
    x = (
        f"case when {raw} between {lower} and {upper} then {raw} "
        f"when not {engine.is_finite(raw)} then {fill} "
        f"when {raw} < {lower} then {lower} else {upper} end"
    )
    return f"({_transformed(x, feature)} - {number(feature.center)}) / {number(feature.scale)}"


def _transformed(x: str, feature: PreparedFeature) -> str:
    if feature.transform == "none":
        return x
    if feature.transform == "log":
        return f"case when {x} >= 0 then ln(1 + abs({x})) else -ln(1 + abs({x})) end"
    up = _box_cox(f"(1 + abs({x}))", feature.power)
    down = _box_cox(f"(1 + abs({x}))", 2 - feature.power)
    return f"case when {x} >= 0 then {up} else -({down}) end"


def _box_cox(x: str, power: float) -> str:
    if power == 0.0:
        return f"ln({x})"
    return f"((pow({x}, {number(power)}) - 1) / {number(power)})"


def scaled_table(
    engine: Engine,
    table: str,
    features: PreparedFeatures,
    keep: Sequence[str] = (),
    more: Sequence[str] = (),
) -> str:
    """Return a query for scaled numbers and coded categories.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item with the raw columns.
    features : PreparedFeatures
    keep : sequence of str
        Columns of `table` that are passed on.
    more : sequence of str
        Named expressions of the columns of `table`.

    Returns
    -------
    str
        A query with the columns `keep`, then ``scaled_0``, ``scaled_1``, ..., then ``code_0``,
        ..., then `more`.
    """
    columns = [quoted(column) for column in keep]
    columns += [
        f"{scaled_expression(engine, feature)} as {scaled_column(j)}"
        for j, feature in enumerate(features.numbers)
    ]
    columns += [
        f"{code_expression(category)} as {code_column(f)}"
        for f, category in enumerate(features.categories)
    ]
    columns += more
    return f"select {', '.join(columns) or '1 as nothing'} from {table}"


def prepared_columns(features: PreparedFeatures) -> list[str]:
    """Return the names that :func:`scaled_table` gives to what it makes."""
    scaled = [scaled_column(j) for j in range(len(features.numbers))]
    return scaled + [code_column(f) for f in range(len(features.categories))]


def medians(engine: Engine, prepared: Sequence[PreparedFeature]) -> str:
    """Return SQL for the median of every raw column, of its finite values alone."""
    columns = []
    for feature in prepared:
        raw = f"cast({quoted(feature.name)} as double)"
        columns.append(f"median(case when {engine.is_finite(raw)} then {raw} end)")
    return ", ".join(columns)
