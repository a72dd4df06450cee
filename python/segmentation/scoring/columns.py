"""Raw columns as scaled ones and codes, in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from segmentation.engine.base import Engine
from segmentation.engine.sql import Query, case, number, quoted, select, text_literal
from segmentation.features.categories import PreparedCategory
from segmentation.features.numbers import PreparedFeature
from segmentation.features.prepared import PreparedFeatures


def columns_of(
    what: str, features: PreparedFeatures, of: Sequence[PreparedFeature | PreparedCategory]
) -> list[str]:
    """Return names of columns that hold something of each feature, e.g. ``"scaled_age"``.

    Parameters
    ----------
    what : str
        What they hold.
    features : PreparedFeatures
        A name that is a feature's own gets an underscore more.
    of : sequence of PreparedFeature or PreparedCategory
        One name each.

    Returns
    -------
    list of str
        As SQL.
    """
    taken = {name.lower() for name in features.names}
    names = []
    for feature in of:
        name = f"{what}_{feature.name}"
        while name.lower() in taken:
            name += "_"
        taken.add(name.lower())
        names.append(quoted(name))
    return names


def scaled_columns(features: PreparedFeatures) -> list[str]:
    """Return the names of the columns that hold scaled numbers."""
    return columns_of("scaled", features, features.numbers)


def code_columns(features: PreparedFeatures) -> list[str]:
    """Return the names of the columns that hold the codes of categories."""
    return columns_of("code", features, features.categories)


def code_expression(category: PreparedCategory) -> str:
    """Return SQL for the code of one column of categories."""
    raw = f"cast({quoted(category.name)} as varchar)"
    fill = category.categories.index(category.fill)
    return case(
        [(text_literal(value), str(code)) for code, value in enumerate(category.categories)],
        case([(f"{raw} is null", str(fill))], str(category.unknown_code)),
        of=raw,
    )


def bounded_expression(engine: Engine, feature: PreparedFeature) -> str:
    """Return SQL for the value of one raw column within its bounds, its gaps filled."""
    raw = f"cast({quoted(feature.name)} as double)"
    lower, upper = number(feature.lower), number(feature.upper)
    fill = number(min(max(feature.fill, feature.lower), feature.upper))
    # The first case is nearly every row: one test, and neither a fill nor a bound is computed.
    # NaN does not pass it: DuckDB and Spark sort NaN above every number.
    return case(
        [
            (f"{raw} between {lower} and {upper}", raw),
            (f"not {engine.is_finite(raw)}", fill),
            (f"{raw} < {lower}", lower),
        ],
        upper,
    )


def scaled_expression(bounded: str, feature: PreparedFeature) -> str:
    """Return SQL for the scaled value of a column of bounded values."""
    if feature.factor != 1.0:
        bounded = f"({bounded} * {number(feature.factor)})"
    return (
        f"({_transformed(bounded, feature)} - {number(feature.center)}) / {number(feature.scale)}"
    )


def _transformed(x: str, feature: PreparedFeature) -> str:
    if feature.transform == "none":
        return x
    if feature.transform == "log":
        return case([(f"{x} >= 0", f"ln(1 + abs({x}))")], f"-ln(1 + abs({x}))")
    up = _box_cox(f"(1 + abs({x}))", feature.power)
    down = _box_cox(f"(1 + abs({x}))", 2 - feature.power)
    return case([(f"{x} >= 0", up)], f"-({down})")


def _box_cox(x: str, power: float) -> str:
    if power == 0.0:
        return f"ln({x})"
    return f"((pow({x}, {number(power)}) - 1) / {number(power)})"


def scaled_table(
    engine: Engine,
    table: str | Query,
    features: PreparedFeatures,
    keep: Sequence[str] = (),
    more: Sequence[str] = (),
) -> Query:
    """Return a query for scaled numbers and coded categories.

    Parameters
    ----------
    engine : Engine
    table : str or Query
        A from-item, or a query, with the raw columns.
    features : PreparedFeatures
    keep : sequence of str
        Columns of `table` that are passed on.
    more : sequence of str
        Named expressions of the columns of `table`.

    Returns
    -------
    Query
        Its result has the columns `keep`, :func:`scaled_columns`, :func:`code_columns` and `more`.
    """
    bounded = columns_of("bounded", features, features.numbers)
    query = Query.of(table)
    columns = [quoted(column) for column in keep]
    columns += [
        f"{bounded_expression(engine, feature)} as {name}"
        for feature, name in zip(features.numbers, bounded, strict=True)
    ]
    columns += [
        f"{code_expression(category)} as {name}"
        for category, name in zip(features.categories, code_columns(features), strict=True)
    ]
    columns += more
    query = query.step("filled_features", select(columns or ["1 as nothing"], query.result))
    scaled = [
        f"{scaled_expression(of, feature)} as {name}"
        for feature, of, name in zip(
            features.numbers, bounded, scaled_columns(features), strict=True
        )
    ]
    return query.adding("scaled_features", scaled) if scaled else query


def medians(engine: Engine, prepared: Sequence[PreparedFeature]) -> str:
    """Return SQL for the median of every raw column, of its finite values alone."""
    columns = []
    for feature in prepared:
        raw = f"cast({quoted(feature.name)} as double)"
        columns.append(f"median(case when {engine.is_finite(raw)} then {raw} end)")
    return ",\n".join(columns)
