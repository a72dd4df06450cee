"""What the classifier of prospects learns where no segments are known: the segment at an age.

The current value model, with its states before its clusters, says which segment established
customers were in at the age of the horizon; ``int_features_at_age`` has their features as of then.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmentation.clustering.assign import scoring_rule
from segmentation.clustering.customer_segments import with_features_of
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.naming import NamedSegment, read_segments
from segmentation.engine.base import Engine, Table
from segmentation.engine.sql import quoted, select
from segmentation.scoring.prototypes import NOISE
from segmentation.steps.begin import Step

# Where targets come from that no label gives.
SEGMENT_AT_AGE = "segment at age"


@dataclass(frozen=True)
class TablesAtAge:
    """What a fit reads to learn segments at an age: relations or table names.

    Attributes
    ----------
    horizon, features, later_sales
        ``int_prospect_horizon``, ``int_features_at_age``, ``int_later_sales``.
    value_features, value_models, value_current_model, value_segments
        ``int_value_features``, and the tables of the value segmentation.
    """

    horizon: Table
    features: Table
    later_sales: Table
    value_features: Table
    value_models: Table
    value_current_model: Table
    value_segments: Table


@dataclass(frozen=True)
class ValueRule:
    """The current value model, and its segments as they are named today.

    Attributes
    ----------
    model : SegmentationModel
    segments : list of NamedSegment
        Its clusters, then its states.
    """

    model: SegmentationModel
    segments: list[NamedSegment]

    @property
    def text(self) -> str:
        """What decides a customer's segment: another text means other segments."""
        thresholds = {threshold.name: threshold.value for threshold in self.model.thresholds}
        conditions = [
            f"{segment.segment_id}: {segment.condition.written(thresholds)}"
            for segment in self.segments
            if segment.condition
        ]
        return "; ".join([self.model.model_version, *conditions])

    def segments_of(self, engine: Engine, table: str, key: str = "customer_id") -> pd.Series:
        """Return the segment_id of each row of a table of value features, indexed by the key.

        A row in no dense group has no segment.
        """
        rule = scoring_rule(self.model, self.segments)
        assigned = rule.assigned(engine, with_features_of(engine, table, self.model), keep=[key])
        found = engine.rows(
            assigned.step(
                "segments_at_age",
                select([quoted(key), "named_id"], assigned.result, where=f"named_id <> {NOISE}"),
            )
        )
        return pd.Series(
            [int(segment) for _, segment in found],
            index=[customer for customer, _ in found],
            dtype=object,
            name="value_segment_id",
        )


@dataclass(frozen=True)
class Horizon:
    """The age that segments are forecast for.

    Attributes
    ----------
    days : int or None
        None where too few customers have reached any.
    learned_from_day : date or None
        Customers who first bought before it are left out.
    why_none : str or None
    """

    days: int | None
    learned_from_day: datetime.date | None
    why_none: str | None


def read_horizon(step: Step, tables: TablesAtAge) -> Horizon:
    """Read the row of ``int_prospect_horizon``."""
    (row,) = step.records(tables.horizon)
    return Horizon(row["horizon_days"], row["learned_from_day"], row["no_forecast_because"])


def read_value_rule(step: Step, tables: TablesAtAge) -> ValueRule | None:
    """Read the current value model and its segments; None where there is no model."""
    model = step.model(
        tables.value_models,
        tables.value_current_model,
        SegmentationModel,
        tables.value_features,
    )
    if model is None:
        return None
    return ValueRule(model, read_segments(step.records(tables.value_segments)))


def sampled_customers(engine: Engine, tables: TablesAtAge, rows: int) -> str:
    """Return a from-item with at most `rows` customers at the age: those of the smallest hash."""
    at_age = engine.from_item(tables.features)
    return f"(select * from {at_age} order by md5(customer_id), customer_id limit {rows})"


def with_targets(
    step: Step, labelled: pd.DataFrame, sampled: str, tables: TablesAtAge, rule: ValueRule
) -> pd.DataFrame:
    """Add what there is to learn of customers who have reached the age.

    Parameters
    ----------
    step : Step
    labelled : pandas.DataFrame
        Features of the customers of `sampled`.
    sampled : str
        See :func:`sampled_customers`.
    tables : TablesAtAge
    rule : ValueRule

    Returns
    -------
    pandas.DataFrame
        Also ``target`` (the slug of the segment at the age), ``value_segment_id``,
        ``first_purchase_on``, ``first_day`` (days from the first of all first purchases) and
        ``later_revenue``.
    """
    engine = step.engine
    ids = rule.segments_of(engine, sampled)
    slugs = {segment.segment_id: segment.segment_slug for segment in rule.segments}
    later = engine.from_item(tables.later_sales)
    known = engine.frame(
        "select at_age.customer_id, at_age.first_purchase_on, "
        "cast(sales.later_revenue as double) as later_revenue "
        f"from {sampled} as at_age inner join {later} as sales "
        "on at_age.customer_id = sales.customer_id"
    ).set_index("customer_id")
    bought_on = pd.to_datetime(known["first_purchase_on"])
    days = (bought_on - bought_on.min()).dt.days
    customers = labelled["customer_id"]
    found = customers.map(ids)
    return labelled.assign(
        value_segment_id=found,
        target=found.map(slugs),
        first_purchase_on=customers.map(bought_on),
        first_day=customers.map(days).to_numpy(int),
        later_revenue=customers.map(known["later_revenue"]).to_numpy(float),
    )


def value_ids(labelled: pd.DataFrame, segments: Sequence[str]) -> list[int]:
    """Return the value segment that each learned segment is."""
    ids = labelled.groupby("target")["value_segment_id"].first()
    return [int(ids[segment]) for segment in segments]


def mean_sales(labelled: pd.DataFrame, segments: Sequence[str]) -> list[float]:
    """Return the mean later sales of the customers that each segment was learned from."""
    means = labelled.groupby("target")["later_revenue"].apply(lambda own: float(np.mean(own)))
    return [float(means[segment]) for segment in segments]
