"""What is typical of each segment and of all customers: what names, headlines and reasons say.

One statistic serves all three. It is measured on the customers of a build, those of each segment
as they are named, so that no sentence contradicts the segment that it is about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from segmentation.clustering.kept_promises import KeptPromises
from segmentation.clustering.states import States
from segmentation.engine.base import Engine
from segmentation.engine.sql import Query, quoted, select, text_literal
from segmentation.features.prepared import PreparedFeatures
from segmentation.scoring.nearest import assigned_table, segment_dissimilarity_expressions
from segmentation.scoring.prototypes import Prototypes


@dataclass(frozen=True)
class TypicalValue:
    """A feature in a segment and among all customers.

    Attributes
    ----------
    feature : str
    category : str or None
        None for a number.
    here, everywhere : float
        Median of a number in its own unit; share of a category among those whose category is
        known. ``here`` is that of all customers where nobody in the segment has a value.
    """

    feature: str
    category: str | None
    here: float
    everywhere: float


@dataclass(frozen=True)
class MeasuredSegment:
    """A segment as its customers are on the day of a build.

    Attributes
    ----------
    customers : int
    values : tuple of TypicalValue
        Numbers in the order that was asked for, then categories.
    """

    customers: int
    values: tuple[TypicalValue, ...]

    def medians(self) -> dict[str, float]:
        """Return the median of each number."""
        return {value.feature: value.here for value in self.values if value.category is None}


@dataclass(frozen=True)
class ScoringRule:
    """How a customer gets a segment.

    Attributes
    ----------
    features : PreparedFeatures
    prototypes : Prototypes
    states : States
        None of no condition.
    promises : KeptPromises
        Of the names of clusters; none before they are named.
    """

    features: PreparedFeatures
    prototypes: Prototypes
    states: States
    promises: KeptPromises = field(default_factory=KeptPromises)

    def assigned(self, engine: Engine, table: str | Query, keep: Sequence[str] = ()) -> Query:
        """Return a query with the nearest cluster, the one that names, and the segment.

        They are ``segment_id``, ``cluster_id`` and ``named_id``.

        Parameters
        ----------
        engine : Engine
        table : str or Query
            With the raw columns of the features and of the conditions.
        keep : sequence of str
            Columns to pass on, besides those.
        """
        conditioned = [*self.states.columns, *self.promises.columns]
        columns = dict.fromkeys([*keep, *self.features.names, *conditioned])
        nearest = assigned_table(engine, table, self.features, self.prototypes, list(columns))
        dissimilarities = segment_dissimilarity_expressions(self.features, self.prototypes)
        return self.states.named(self.promises.kept(nearest, dissimilarities))


def measured_segments(
    engine: Engine, table: str, rule: ScoringRule, numbers: Sequence[str]
) -> dict[int, MeasuredSegment]:
    """Measure every segment and state that has customers.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item with all customers.
    rule : ScoringRule
    numbers : sequence of str
        Numeric columns of the table.

    Returns
    -------
    dict of int to MeasuredSegment
        By segment_id; -1 are those in no dense group.
    """
    medians = [_median(engine, name) for name in numbers]
    categories = [
        (category.name, value)
        for category in rule.features.categories
        for value in category.categories
    ]
    counts = [
        f"sum(case when cast({quoted(name)} as varchar) = {text_literal(value)} then 1 else 0 end)"
        for name, value in categories
    ]
    known = {c.name: f"count({quoted(c.name)})" for c in rule.features.categories}
    measures = ["count(*)", *medians, *known.values(), *counts]
    assigned = rule.assigned(engine, table, keep=numbers)
    by_segment = assigned.step(
        "measured_segments",
        select(["named_id", *measures], assigned.result, group_by="named_id"),
    )
    ((*everywhere,),) = engine.rows(select(measures, table))

    def read(row: Sequence[Any]) -> tuple[int, list[float | None], list[float | None]]:
        count, *rest = row
        of_numbers = [None if value is None else float(value) for value in rest[: len(numbers)]]
        totals = dict(zip(known, rest[len(numbers) :], strict=False))
        shares = [
            int(found or 0) / int(totals[name]) if totals[name] else None
            for (name, _), found in zip(categories, rest[len(numbers) + len(known) :], strict=True)
        ]
        return int(count), of_numbers, shares

    _, numbers_of_all, shares_of_all = read(everywhere)
    measured = {}
    for named_id, *row in engine.rows(by_segment):
        count, of_numbers, shares = read(row)
        values = [
            TypicalValue(name, None, everywhere if here is None else here, everywhere)
            for name, here, everywhere in zip(numbers, of_numbers, numbers_of_all, strict=True)
            if everywhere is not None
        ]
        values += [
            TypicalValue(name, value, everywhere if here is None else here, everywhere)
            for (name, value), here, everywhere in zip(
                categories, shares, shares_of_all, strict=True
            )
            if everywhere is not None
        ]
        measured[int(named_id)] = MeasuredSegment(count, tuple(values))
    return measured


def read_typical_values(records: Sequence[Mapping[str, Any]]) -> tuple[TypicalValue, ...]:
    """Read typical values as a table of segments stores them."""
    return tuple(TypicalValue(**record) for record in records)


def _median(engine: Engine, name: str) -> str:
    raw = f"cast({quoted(name)} as double)"
    return f"median(case when {engine.is_finite(raw)} then {raw} end)"
