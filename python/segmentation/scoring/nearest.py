"""A fitted clustering as SQL: the engine finds each row's segment, and nothing leaves it.

Rules that hold here as in :meth:`Prototypes.assign` and scikit-learn's ``predict``: null, NaN and
infinities take the fitted fill value, and so does a missing category; of prototypes that are
equally near, the first wins.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segmentation.engine.base import Engine
from segmentation.engine.sql import Query, all_of, call, case, number, quoted, sum_of, text_literal
from segmentation.features.arrays import Codes, Matrix
from segmentation.features.categories import PreparedCategory
from segmentation.features.prepared import PreparedFeatures
from segmentation.scoring.columns import code_columns, scaled_columns, scaled_table
from segmentation.scoring.prototypes import NOISE, Prototypes

# Up to so many prototypes are compared pair by pair, which is the fastest; more of them by their
# minimum, which grows with their number and not with its square.
MOST_PAIRED = 8

# Whole numbers of so many bits are the narrowest and the widest that an engine adds up fast.
NARROW_BITS, WIDE_BITS = 31, 62


def mismatch_expressions(
    engine: Engine, features: PreparedFeatures, differences: Sequence[Codes]
) -> tuple[list[str], list[str]]:
    """Return SQL that counts mismatches, for all prototypes in one look at each category.

    Text is dear to compare. What it means for all prototypes is therefore packed into one whole
    number, a few bits for each of them, and the numbers of all columns are added up.

    Parameters
    ----------
    engine : Engine
    features : PreparedFeatures
    differences : sequence of ndarray
        See :attr:`Prototypes.excess_mismatches`.

    Returns
    -------
    packed : list of str
        Expressions of the raw columns. More than one where there are many prototypes.
    counts : list of str, one for each prototype but the first
        How many more mismatches it has than the first; expressions of ``mismatches_0``, ...,
        which are what `packed` gives.
    """
    n_columns = len(differences)
    # A column adds 0, 1 or 2 to a field: nothing is negative, nothing carries over.
    bits = (2 * n_columns).bit_length()
    per_number = WIDE_BITS // bits
    others = range(1, len(differences[0]))
    packed, counts = [], []
    for place, start in enumerate(others[::per_number]):
        held = others[start - 1 : start - 1 + per_number]
        weights = np.array([1 << (bits * field) for field in range(len(held))], dtype=np.int64)
        is_wide = bits * len(held) > NARROW_BITS
        packed.append(
            sum_of(
                [
                    _packed_expression(
                        category, (weights[:, None] * (of_column[held] + 1)).sum(axis=0), is_wide
                    )
                    for category, of_column in zip(features.categories, differences, strict=True)
                ]
            )
        )
        counts += [
            f"({engine.bit_field(mismatches_column(place), bits * field, bits)} - {n_columns})"
            for field in range(len(held))
        ]
    return packed, counts


def mismatches_column(position: int) -> str:
    """Return the name of a column that holds packed counts of mismatches."""
    return f"mismatches_{position}"


def _packed_expression(category: PreparedCategory, by_code: Codes, is_wide: bool) -> str:
    """Return SQL for a whole number by the code of a category, from the raw column."""
    raw = f"cast({quoted(category.name)} as varchar)"
    # What most categories have in common with the unknown ones is left to `else`.
    unknown, fill = int(by_code[-1]), int(by_code[category.categories.index(category.fill)])
    known = [
        (text_literal(value), str(packed))
        for value, packed in zip(category.categories, by_code[:-1].tolist(), strict=True)
        if packed != unknown
    ]
    rest = f"cast({unknown} as bigint)" if is_wide else str(unknown)
    if fill != unknown:
        rest = case([(f"{raw} is null", str(fill))], rest)
    return case(known, rest, of=raw) if known else rest


def assigned_table(
    engine: Engine,
    table: str | Query,
    features: PreparedFeatures,
    prototypes: Prototypes,
    keep: Sequence[str] = (),
) -> Query:
    """Return a query that gives every row of a table its segment.

    The query compares dissimilarities without the terms that all prototypes share, see
    :attr:`Prototypes.proximities`.

    Parameters
    ----------
    engine : Engine
    table : str or Query
        A from-item, or a query, with the raw columns.
    features : PreparedFeatures
    prototypes : Prototypes
        At least one.
    keep : sequence of str
        Columns of `table` that are passed on.

    Returns
    -------
    Query
        Its result has the columns of :func:`segmentation.scoring.columns.scaled_table` and
        ``segment_id``, which is -1 for noise.
    """
    packed, proximities = _proximity_expressions(engine, features, prototypes)
    packed = [f"{expression} as {mismatches_column(i)}" for i, expression in enumerate(packed)]
    names = [f"proximity_{i}" for i in range(len(proximities))]
    query = scaled_table(engine, table, features, keep, packed).adding(
        "proximities",
        [f"{expression} as {name}" for expression, name in zip(proximities, names, strict=True)],
    )
    ids = [str(i) for i in prototypes.segment_ids]
    if prototypes.reaches is not None:
        # Who is too far even from the nearest prototype is noise.
        apart = dissimilarity_expressions(features, prototypes)
        ids = [
            case([(f"{apart[i]} <= {number(prototypes.reaches[i])}", segment)], str(NOISE))
            for i, segment in enumerate(ids)
        ]
    if len(names) > MOST_PAIRED:
        query = query.adding("lowest_proximities", [f"{call('least', names)} as lowest_proximity"])
        found = [(f"{name} = lowest_proximity", ids[i]) for i, name in enumerate(names)]
    else:
        found = [(_beats_all(names, i), ids[i]) for i in range(len(names))]
    # Every case is listed and none is left to `else`, so that a null would show as a null.
    return query.adding("nearest_segments", [f"{case(found)} as segment_id"])


def _proximity_expressions(
    engine: Engine, features: PreparedFeatures, prototypes: Prototypes
) -> tuple[list[str], list[str]]:
    """Return packed mismatches of the raw columns, and what is compared, for each prototype."""
    if prototypes.weights is not None:
        return [], dissimilarity_expressions(features, prototypes)
    mismatches = prototypes.excess_mismatches
    packed: list[str] = []
    if mismatches is not None and len(prototypes.centers) > 1:
        cost, differences = mismatches
        packed, counts = mismatch_expressions(engine, features, differences)
        added = [[f"{number(cost)} * cast({count} as double)"] for count in counts]
    else:
        costs = [costs - costs[0] for costs in prototypes.category_costs]
        added = [_costs(features, costs, i) for i in range(1, len(prototypes.centers))]
    offsets, slopes = prototypes.proximities
    lines = [
        [number(offset), *weighted(scaled_columns(features), slope)]
        for offset, slope in zip(offsets, slopes, strict=True)
    ]
    # Seen from itself, the first is nowhere else.
    return packed, [
        number(0.0),
        *(sum_of(line + terms) for line, terms in zip(lines[1:], added, strict=True)),
    ]


def weighted(columns: Sequence[str], weights: Matrix | Sequence[float]) -> list[str]:
    """Return SQL for each column times its weight."""
    return [f"{number(w)} * {column}" for column, w in zip(columns, weights, strict=True)]


def dissimilarity_expressions(features: PreparedFeatures, prototypes: Prototypes) -> list[str]:
    """Return SQL for the dissimilarity to each prototype, in squared scaled units."""
    return [
        sum_of(
            [
                number(prototypes.offsets[i]),
                *_squares(features, prototypes, i),
                *_costs(features, prototypes.category_costs, i),
            ]
        )
        for i in range(len(prototypes.centers))
    ]


def _squares(features: PreparedFeatures, prototypes: Prototypes, i: int) -> list[str]:
    apart = [
        f"({column} - {number(center)})"
        for column, center in zip(scaled_columns(features), prototypes.centers[i], strict=True)
    ]
    squares = [f"{difference} * {difference}" for difference in apart]
    if prototypes.weights is None:
        return squares
    return [
        f"{square} * {number(weight)}"
        for square, weight in zip(squares, prototypes.weights[i], strict=True)
    ]


def _costs(features: PreparedFeatures, costs: Sequence[Matrix], i: int) -> list[str]:
    return [
        cost_expression(code, of_column[i])
        for code, of_column in zip(code_columns(features), costs, strict=True)
    ]


def cost_expression(code: str, costs: Matrix) -> str:
    """Return SQL for a cost by the code of a category, shape (n_categories + 1,)."""
    values, counts = np.unique(costs, return_counts=True)
    # What most categories cost is left to `else`; a code is never null.
    usual = values[np.argmax(counts)]
    others = [(f"{code} = {i}", number(cost)) for i, cost in enumerate(costs) if cost != usual]
    return case(others, number(usual)) if others else number(usual)


def _beats_all(names: Sequence[str], i: int) -> str:
    # Of equally near ones the first.
    return all_of(
        [
            f"{names[i]} {'<' if other < i else '<='} {name}"
            for other, name in enumerate(names)
            if other != i
        ]
    )


def segment_dissimilarity_expressions(
    features: PreparedFeatures, prototypes: Prototypes
) -> list[str]:
    """Return SQL for the dissimilarity to each segment: to the nearest of its prototypes."""
    expressions = dissimilarity_expressions(features, prototypes)
    by_id: dict[int, list[str]] = {}
    for segment, expression in zip(prototypes.segment_ids, expressions, strict=True):
        by_id.setdefault(int(segment), []).append(expression)
    return [own[0] if len(own) == 1 else call("least", own) for _, own in sorted(by_id.items())]


def by_segment(values: Sequence[str], segment: str = "segment_id") -> str:
    """Return SQL that takes the i-th expression where the segment is i."""
    return case([(str(i), value) for i, value in enumerate(values)], of=segment)
