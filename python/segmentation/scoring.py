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
    x = f"case when {engine.is_finite(raw)} then {raw} else {number(feature.fill)} end"
    x = f"least(greatest({x}, {number(feature.lower)}), {number(feature.upper)})"
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

    What is compared is ``|c|^2 - 2 x.c``: the squared distance less ``|x|^2``, which is the same
    for every centroid.

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
    proximities = [
        _sum_of(
            [
                number(float(centroid @ centroid)),
                *(f"{number(-2 * c)} * {scaled_column(j)}" for j, c in enumerate(centroid)),
            ]
        )
        + f" as proximity_{i}"
        for i, centroid in enumerate(centroids)
    ]
    return (
        f"select {', '.join([*passed_on, f'{_lowest(len(centroids))} as segment_id'])} "
        f"from (select {', '.join([*passed_on, *proximities])} "
        f"from ({scaled_table(engine, table, features, keep)}))"
    )


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


def by_segment(values: Sequence[str], segment: str = "segment_id") -> str:
    """Return SQL that takes the i-th expression where the segment is i."""
    cases = " ".join(f"when {i} then {value}" for i, value in enumerate(values))
    return f"case {segment} {cases} end"


def _sum_of(terms: Sequence[str]) -> str:
    return f"({' + '.join(terms)})"


def nearest(scaled: Matrix, centroids: Matrix) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Return the id of the nearest centroid of each row, shape (n,), as the engine finds it."""
    proximities = (centroids**2).sum(axis=1) - 2 * scaled @ centroids.T
    labels: np.ndarray[tuple[int], np.dtype[np.intp]] = np.argmin(proximities, axis=1)
    return labels
