"""Learns which segment prospects join, and tests it on past cohorts."""

from __future__ import annotations

import dataclasses
import json
import logging
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from segmentation.classification import ClassifierOptions
from segmentation.classification.backtest import Backtest, Winner, backtest, cohorts_of
from segmentation.classification.features import as_matrix
from segmentation.classification.sales import SpendModel, backtested_ratio, fit_spend
from segmentation.engine.base import Engine
from segmentation.features.further_columns import further_numbers, with_further_columns
from segmentation.steps.begin import Step
from segmentation.steps.fits import fit_classifier
from segmentation.steps.prospect_targets import (
    SEGMENT_AT_AGE,
    Horizon,
    TablesAtAge,
    ValueRule,
    read_horizon,
    read_value_rule,
    sampled_customers,
    with_targets,
)

if TYPE_CHECKING:
    from segmentation.classification import ClassifierFit

log = logging.getLogger("segmentation")

# Most labelled customers that a classifier learns from: those with the smallest hash of their id.
LABELLED_ROWS = 50_000

KNOWN_SEGMENT = "known segment"


class ProspectTargets:
    """Where targets come from: known segments, or the value model and its features at an age.

    Each part is read when it is first asked for, because most builds keep their classifier, and
    data sets with known segments need no value model.
    """

    def __init__(self, step: Step, features: str, at_age: TablesAtAge) -> None:
        self.step = step
        self.features = features
        self.at_age = at_age

    @cached_property
    def target_source(self) -> str | None:
        """The source that the features name; None without customers."""
        found = self.step.engine.rows(f"select distinct target_source from {self.features}")
        return str(found[0][0]) if found else None

    @cached_property
    def horizon(self) -> Horizon:
        """The age that segments are forecast for."""
        if self.target_source != SEGMENT_AT_AGE:
            return Horizon(None, None, None)
        return read_horizon(self.step, self.at_age)

    @cached_property
    def rule(self) -> ValueRule | None:
        """The value model that gives segments; None where it is not used, or there is none."""
        return read_value_rule(self.step, self.at_age) if self.horizon.days else None


@dataclass(frozen=True)
class LearnedProspects:
    """A fitted classifier, and the customers that it was learned from.

    Attributes
    ----------
    labelled : pandas.DataFrame
        The customers that it was learned from, each with a target.
    source : str
        Where their targets come from.
    fitted : ClassifierFit
    horizon : Horizon
    rule : ValueRule or None
    tested : Backtest or None
    spend : SpendModel or None
    sales_ratio : float or None
        Of :func:`segmentation.classification.sales.backtested_ratio`.
    """

    labelled: pd.DataFrame
    source: str
    fitted: ClassifierFit
    horizon: Horizon
    rule: ValueRule | None = None
    tested: Backtest | None = None
    spend: SpendModel | None = None
    sales_ratio: float | None = None

    @property
    def taking_part(self) -> pd.DataFrame:
        """The customers whose segment can be predicted."""
        assert self.fitted.classifier is not None
        return self.labelled[self.labelled["target"].isin(self.fitted.classifier.segments)]


def learn_prospects(source: ProspectTargets, options: ClassifierOptions) -> LearnedProspects:
    """Learn which segment customers join, from those whose segment is known.

    Parameters
    ----------
    source : ProspectTargets
    options : ClassifierOptions
    """
    engine = source.step.engine
    labelled = _labelled(source, options)
    shared = _identities_of_prospects(engine, source.features)
    fitted = fit_classifier(labelled, "target", "identity_id", options, prospect_identities=shared)
    if options.exclude_shared_identities:
        # The figures of segments in the model row describe the training data.
        labelled = labelled[~labelled["identity_id"].isin(shared)]
    learned = LearnedProspects(
        labelled, source.target_source or KNOWN_SEGMENT, fitted, source.horizon, source.rule
    )
    if fitted.classifier is None or source.rule is None:
        return learned
    return _with_past(source, learned, options)


def _with_past(
    source: ProspectTargets, learned: LearnedProspects, options: ClassifierOptions
) -> LearnedProspects:
    """Add the tests on past cohorts: the drift of shares, and the errors of intervals and sales."""
    classifier = learned.fitted.classifier
    assert classifier is not None
    rows = learned.taking_part
    setting = next(record for record in learned.fitted.selection if record["is_winner"])["setting"]
    winner = Winner(
        classifier.candidate,
        json.loads(setting),
        classifier.columns,
        classifier.temperature,
        len(classifier.segments),
        options.seed,
    )
    cohorts = cohorts_of(rows["first_day"].to_numpy(int))
    prospects = _frame(source, options, f"(select * from {source.features} where is_prospect)")
    tested = backtest(
        winner,
        as_matrix(rows, classifier.columns),
        np.searchsorted(np.array(classifier.segments), rows["target"].to_numpy(str)),
        cohorts,
        as_matrix(prospects, classifier.columns),
    )
    sales = rows["later_revenue"].to_numpy(float)
    return dataclasses.replace(
        learned,
        tested=tested,
        spend=fit_spend(rows, sales),
        sales_ratio=backtested_ratio(rows, sales, cohorts, options.seed),
    )


def _labelled(source: ProspectTargets, options: ClassifierOptions) -> pd.DataFrame:
    """Return the customers to learn from, each with a target."""
    if source.target_source != SEGMENT_AT_AGE:
        labelled = _frame(
            source, options, f"(select * from {source.features} where not is_prospect)"
        )
    elif source.rule is None:
        if source.horizon.why_none:
            log.warning("prospects: %s", source.horizon.why_none)
        labelled = _frame(source, options, f"(select * from {source.features} where false)")
    else:
        sampled = sampled_customers(source.step.engine, source.at_age, LABELLED_ROWS)
        chosen = (
            f"(select * from {source.features} "
            f"where customer_id in (select customer_id from {sampled}))"
        )
        labelled = with_targets(
            source.step, _frame(source, options, chosen), sampled, source.at_age, source.rule
        )
    return labelled[labelled["target"].notna()].reset_index(drop=True)


def _frame(source: ProspectTargets, options: ClassifierOptions, table: str) -> pd.DataFrame:
    """Return customers with all columns that options name: those of the smallest hash."""
    engine = source.step.engine
    numbers = further_numbers(
        engine,
        source.features,
        [name for name in options.features if name not in options.ordered_categories],
    )
    laid_out = with_further_columns(
        engine,
        table,
        numbers=numbers,
        texts=[name for name in options.features if name not in numbers],
    )
    return engine.frame(
        f"select * from {laid_out} order by md5(customer_id), customer_id limit {LABELLED_ROWS}"
    )


def _identities_of_prospects(engine: Engine, table: str) -> list[str]:
    return [
        row[0]
        for row in engine.rows(
            f"select distinct identity_id from {table} where is_prospect and identity_id in "
            f"(select identity_id from {table} where not is_prospect)"
        )
    ]
