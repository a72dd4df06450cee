"""Counts customers in bins: by the engine, on all of them, in one scan of each table."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from segmentation.engine.base import Engine
from segmentation.engine.sql import Query, case, number, quoted, select, text_literal
from segmentation.features.bins import (
    CATEGORY,
    DISTANCE,
    MOST_BINS,
    NUMBER,
    SEGMENTS,
    CountedBins,
    edges_between,
)
from segmentation.features.prepared import PreparedFeatures


@dataclass(frozen=True)
class AssignedCustomers:
    """Customers with their segments.

    Attributes
    ----------
    table : str
        A from-item with ``segment_id`` and ``distance``.
    keys : mapping of int to str
        The segment_id of each segment to what it is counted under.
    """

    table: str
    keys: Mapping[int, str]


def fitted_distributions(
    engine: Engine, table: str, features: PreparedFeatures, assigned: AssignedCustomers
) -> list[CountedBins]:
    """Fix the bins of a model that was just fitted, and count its customers in them.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item with all customers who are scored, and the raw columns of the features.
    features : PreparedFeatures
        Those in use.
    assigned : AssignedCustomers
        The same customers.

    Returns
    -------
    list of CountedBins
        Of each feature in order, of the segments, of the distances.
    """
    numbers = [feature.name for feature in features.numbers]
    bins = _quantile_bins(engine, table, NUMBER, numbers)
    bins += [
        CountedBins(CATEGORY, category.name, [], None, None, list(category.categories), [])
        for category in features.categories
    ]
    bins.append(CountedBins(SEGMENTS, SEGMENTS, [], None, None, list(assigned.keys.values()), []))
    bins += _quantile_bins(engine, assigned.table, DISTANCE, [DISTANCE])
    counts = counted_features(engine, table, bins) + counted_segments(engine, assigned, bins)
    return [
        dataclasses.replace(column, counts=found)
        for column, found in zip(bins, counts, strict=True)
    ]


def counted_features(engine: Engine, table: str, bins: Sequence[CountedBins]) -> list[list[int]]:
    """Count customers in the bins of features, in one scan.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item with the raw columns.
    bins : sequence of CountedBins
        Those of other kinds are passed over.

    Returns
    -------
    list of list of int
        Of each feature, in order.
    """
    features = [column for column in bins if column.kind in (NUMBER, CATEGORY)]
    return _counted(
        engine,
        table,
        features,
        [
            _number_bin(engine, column, quoted(column.name))
            if column.is_number
            else _category_bin(column, f"cast({quoted(column.name)} as varchar)")
            for column in features
        ],
    )


def counted_segments(
    engine: Engine, assigned: AssignedCustomers, bins: Sequence[CountedBins]
) -> list[list[int]]:
    """Count customers in the bins of segments and distances, in one scan.

    Parameters
    ----------
    engine : Engine
    assigned : AssignedCustomers
    bins : sequence of CountedBins
        Those of features are passed over.

    Returns
    -------
    list of list of int
        Of the segments and of the distances, as far as `bins` has them.
    """
    key = case(
        [(str(i), text_literal(key)) for i, key in assigned.keys.items()],
        "cast(segment_id as varchar)",
        of="segment_id",
    )
    columns = [column for column in bins if column.kind in (SEGMENTS, DISTANCE)]
    return _counted(
        engine,
        assigned.table,
        columns,
        [
            _number_bin(engine, column, DISTANCE)
            if column.is_number
            else _category_bin(column, key)
            for column in columns
        ],
    )


def _counted(
    engine: Engine, table: str, bins: Sequence[CountedBins], places: Sequence[str]
) -> list[list[int]]:
    if not bins:
        return []
    names = [f"bin_{i}" for i in range(len(bins))]
    query = Query(table).step(
        "customers_in_bins",
        select([f"{place} as {name}" for place, name in zip(places, names, strict=True)], table),
    )
    sets = ", ".join(f"({name})" for name in names)
    query = query.step(
        "counted_bins",
        select([*names, "count(*) as customers"], query.result, group_by=f"grouping sets ({sets})"),
    )
    counts = [[0] * (column.missing + 1) for column in bins]
    for row in engine.rows(query):
        # A bin is never null: of each row, one column has a value.
        which = next(i for i, place in enumerate(row[:-1]) if place is not None)
        counts[which][int(row[which])] = int(row[-1])
    return counts


def _number_bin(engine: Engine, column: CountedBins, raw: str) -> str:
    value = f"cast({raw} as double)"
    branches = [(f"not {engine.is_finite(value)}", str(column.missing))]
    branches += [(f"{value} <= {number(edge)}", str(i)) for i, edge in enumerate(column.edges)]
    return case(branches, str(len(column.edges)))


def _category_bin(column: CountedBins, value: str) -> str:
    known = [(text_literal(category), str(i)) for i, category in enumerate(column.categories)]
    other = case([(f"{value} is null", str(column.missing))], str(column.unseen))
    return case(known, other, of=value) if known else other


def _quantile_bins(
    engine: Engine, table: str, kind: str, names: Sequence[str]
) -> list[CountedBins]:
    if not names:
        return []
    measures = []
    for name in names:
        raw = f"cast({quoted(name)} as double)"
        finite = f"case when {engine.is_finite(raw)} then {raw} end"
        measures += [
            f"percentile_disc({i / MOST_BINS}) within group (order by {finite})"
            for i in range(1, MOST_BINS)
        ]
        measures += [f"min({finite})", f"max({finite})"]
    (row,) = engine.rows(select(measures, table))
    width = MOST_BINS + 1
    found = [row[i * width : (i + 1) * width] for i in range(len(names))]
    return [
        CountedBins(kind, name, edges_between(quantiles, lowest, highest), lowest, highest, [], [])
        for name, (*quantiles, lowest, highest) in zip(names, found, strict=True)
    ]
