"""A fitted clustering as SQL: the engine finds each row's segment, and nothing leaves it.

Rules that hold here as in :meth:`PreparedFeature.scaled` and scikit-learn's ``predict``: null, NaN
and infinities take the fitted fill value; of two centroids that are equally near, the one with the
lower segment id wins.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segmentation.engine import DuckDBEngine, number, quoted
from segmentation.preprocessing import Matrix, PreparedFeature


def scaled_column(position: int) -> str:
    """Return the name of the column that holds a scaled feature."""
    return f"scaled_{position}"


def scaled_expression(engine: DuckDBEngine, feature: PreparedFeature) -> str:
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
    engine: DuckDBEngine,
    table: str,
    features: Sequence[PreparedFeature],
    keep: Sequence[str] = (),
) -> str:
    """Return a query for scaled features.

    Parameters
    ----------
    engine : DuckDBEngine
    table : str
        A from-item with the raw columns.
    features : sequence of PreparedFeature
    keep : sequence of str
        Columns of `table` that are passed on.

    Returns
    -------
    str
        A query with the columns `keep`, then ``scaled_0``, ``scaled_1``, ...
    """
    columns = [quoted(column) for column in keep]
    columns += [
        f"{scaled_expression(engine, feature)} as {scaled_column(j)}"
        for j, feature in enumerate(features)
    ]
    return f"select {', '.join(columns) or '1 as nothing'} from {table}"


def assigned_table(
    engine: DuckDBEngine,
    table: str,
    features: Sequence[PreparedFeature],
    centroids: Matrix,
    keep: Sequence[str] = (),
) -> str:
    """Return a query that gives every row of a table its segment.

    What is compared is the squared distance less what is the same for every centroid, see
    :func:`_proximities`.

    Parameters
    ----------
    engine : DuckDBEngine
    table : str
        A from-item with the raw columns.
    features : sequence of PreparedFeature
    centroids : ndarray of shape (k, n_features)
        Row i is the centroid of segment i, in scaled units.
    keep : sequence of str
        Columns of `table` that are passed on.

    Returns
    -------
    str
        A query with the columns `keep`, then ``scaled_0``, ``scaled_1``, ..., ``segment_id``.
    """
    passed_on = [quoted(column) for column in keep]
    passed_on += [scaled_column(j) for j in range(len(features))]
    offsets, weights = _proximities(centroids)
    proximities = [
        _sum_of([number(offset), *(f"{number(w)} * {scaled_column(j)}" for j, w in enumerate(row))])
        + f" as proximity_{i}"
        for i, (offset, row) in enumerate(zip(offsets, weights, strict=True))
    ]
    return (
        f"select {', '.join([*passed_on, f'{_lowest(len(centroids))} as segment_id'])} "
        f"from (select {', '.join([*passed_on, *proximities])} "
        f"from ({scaled_table(engine, table, features, keep)}))"
    )


def _proximities(centroids: Matrix) -> tuple[Matrix, Matrix]:
    """Return offsets, shape (k,), and weights, shape (k, n_features), of lines in the features.

    The squared distance from x to c is ``|x|^2 - 2 x.c + |c|^2``. Seen from the first centroid f it
    is larger by ``(c - f).(c + f) - 2 x.(c - f)``: that keeps the order, without the digits that
    large values with small differences would lose.
    """
    first = centroids[0]
    apart = centroids - first
    return (apart * (centroids + first)).sum(axis=1), -2 * apart


def _lowest(k: int) -> str:
    # Every case is listed and none is left to `else`, so that a null would show as a null.
    cases = []
    for i in range(k):
        beats_all = [
            f"proximity_{i} {'<' if other < i else '<='} proximity_{other}"
            for other in range(k)
            if other != i
        ]
        cases.append(f"when {' and '.join(beats_all) or 'true'} then {i}")
    return f"case {' '.join(cases)} end"


def squared_distance_expression(centroid: Matrix) -> str:
    """Return SQL for the squared distance to one centroid, shape (n_features,), scaled units."""
    terms = [
        f"({scaled_column(j)} - {number(c)}) * ({scaled_column(j)} - {number(c)})"
        for j, c in enumerate(centroid)
    ]
    return _sum_of(terms) if terms else number(0.0)


def medians(engine: DuckDBEngine, prepared: Sequence[PreparedFeature]) -> str:
    """Return SQL for the median of every raw column, of its finite values alone."""
    columns = []
    for feature in prepared:
        raw = f"cast({quoted(feature.name)} as double)"
        columns.append(f"median(case when {engine.is_finite(raw)} then {raw} end)")
    return ", ".join(columns)


def by_segment(values: Sequence[str], segment: str = "segment_id") -> str:
    """Return SQL that takes the i-th expression where the segment is i."""
    cases = " ".join(f"when {i} then {value}" for i, value in enumerate(values))
    return f"case {segment} {cases} end"


def _sum_of(terms: Sequence[str]) -> str:
    return f"({' + '.join(terms)})"


def nearest(scaled: Matrix, centroids: Matrix) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Return the id of the nearest centroid of each row, shape (n,), as the engine finds it."""
    offsets, weights = _proximities(centroids)
    labels: np.ndarray[tuple[int], np.dtype[np.intp]] = np.argmin(
        offsets + scaled @ weights.T, axis=1
    )
    return labels
