"""Segments of established customers by their later behaviour: the target for prospects."""

from __future__ import annotations

import dataclasses

import pandas as pd

from segmentation.clustering.names import NamingInputs
from segmentation.clustering.options import SegmentationOptions
from segmentation.engine.base import Engine
from segmentation.engine.sql import quoted, select
from segmentation.registry.header import FitRequest
from segmentation.registry.run import Run
from segmentation.scoring.nearest import assigned_table
from segmentation.steps.fits import fit_model

# Where targets come from that are learned from later orders and not given as known segments.
LATER_BEHAVIOUR = "later behaviour"

# Length is not a feature: the time since the first purchase is not behaviour.
LATER_OPTIONS = SegmentationOptions(
    features=("recency_days", "frequency", "monetary"),
    k=4,
    transform="yeo_johnson",
    scan_to=2,
    stability_resamples=2,
    compared_algorithms=(),
)


def later_segments(
    engine: Engine,
    table: str,
    run: Run,
    naming: NamingInputs,
    *,
    seed: int,
    key: str = "customer_id",
) -> pd.Series:
    """Segment established customers by recency, frequency and monetary of their later orders.

    K-Means with four segments, named by the playbook of the value segmentation.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item like ``int_later_features``: nothing of the first days is in it.
    run : Run
    naming : NamingInputs
        With the playbook of the value segmentation.
    seed : int
    key : str

    Returns
    -------
    pandas.Series
        The slug of each customer's segment, indexed by the key; empty for an empty table.
    """
    model = fit_model(
        engine,
        table,
        dataclasses.replace(LATER_OPTIONS, seed=seed),
        FitRequest("later behaviour", run, "the classifier of prospects learns it"),
        naming,
        key=key,
    )
    if model is None:
        return pd.Series(dtype=object, name="target")
    assigned = assigned_table(engine, table, model.prepared_features, model.prototypes, [key])
    slugs = {segment.segment_id: segment.segment_slug for segment in model.segments}
    found = engine.rows(
        assigned.step(
            "segments_of_customers",
            select([quoted(key), "segment_id"], assigned.result, order_by="1"),
        )
    )
    return pd.Series(
        [slugs[segment] for _, segment in found],
        index=[customer for customer, _ in found],
        dtype=object,
        name="target",
    )
