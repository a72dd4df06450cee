"""What the conditions of a playbook need of a fit: thresholds, and scales to explain them by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from segmentation.clustering.naming import NamingInputs
from segmentation.clustering.options import SegmentationOptions
from segmentation.clustering.states import (
    States,
    measured_thresholds,
    state_id,
    usable_conditions,
)
from segmentation.engine.base import Engine
from segmentation.features.numbers import PreparedFeature
from segmentation.features.preprocessor import FeaturePreprocessor
from segmentation.playbook.playbook import (
    OF_CUSTOMER,
    OF_SEGMENT,
    PlaybookRow,
    conditions_of,
)


@dataclass(frozen=True)
class ConditionsOfFit:
    """What a fit measures for the conditions of its playbook.

    Attributes
    ----------
    states : States
        With the thresholds of all conditions.
    explained : list of PreparedFeature
        Columns that only conditions look at, scaled to a standard deviation of 1 so that they
        can be compared with the features of the model.
    """

    states: States = field(default_factory=States)
    explained: list[PreparedFeature] = field(default_factory=list)


def measured_conditions(
    engine: Engine, table: str, options: SegmentationOptions, naming: NamingInputs, key: str
) -> ConditionsOfFit:
    """Measure what the conditions of a playbook need.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item with the customers that the model is fitted to.
    options : SegmentationOptions
    naming : NamingInputs
    key : str
        Column that identifies a row.
    """
    if not options.states:
        return ConditionsOfFit()
    columns = set(naming.columns)
    of_customers = usable_conditions(conditions_of(naming.playbook, OF_CUSTOMER), columns)
    of_segments = usable_conditions(conditions_of(naming.playbook, OF_SEGMENT), columns)
    rows = [*of_customers, *of_segments]
    thresholds = measured_thresholds(engine, table, rows)
    conditions = {state_id(row): row.condition for row in of_customers if row.condition is not None}
    return ConditionsOfFit(
        States(conditions, thresholds), _explained(engine, table, options, rows, key)
    )


def _explained(
    engine: Engine,
    table: str,
    options: SegmentationOptions,
    rows: Sequence[PlaybookRow],
    key: str,
) -> list[PreparedFeature]:
    named = [name for row in rows if row.condition for name in row.condition.columns]
    columns = [name for name in dict.fromkeys(named) if name not in options.features]
    if not columns:
        return []
    sample = engine.sample(table, columns=columns, key=key, rows=options.sample_rows)
    finite = np.isfinite(sample.to_numpy(float))
    known = [name for j, name in enumerate(columns) if finite[:, j].any()]
    if not known:
        return []
    return (
        FeaturePreprocessor(outliers="winsorize", transformation="log").fit(sample[known]).features_
    )
