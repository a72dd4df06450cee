"""The rows that a fit looks at: selected, sampled and made ready."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmentation.clustering import ALGORITHMS
from segmentation.clustering.conditions_of_fit import ConditionsOfFit
from segmentation.clustering.gamma import AUTO, default_gamma
from segmentation.clustering.kprototypes.gamma_choice import gamma_from_data
from segmentation.clustering.model_parts import ModelCategory
from segmentation.clustering.options import SegmentationOptions
from segmentation.clustering.sample import (
    check_columns,
    missing_shares,
    prepare_categories,
    prepare_features,
    rows_to_fit,
    scaled_sample,
    trimmed,
    without_outliers,
)
from segmentation.clustering.search_options import AlgorithmOptions
from segmentation.engine.base import Engine
from segmentation.engine.sql import Query, select
from segmentation.features.mixed_sample import MixedSample
from segmentation.features.prepared import PreparedFeatures
from segmentation.features.preprocessor import FeaturePreprocessor
from segmentation.registry.header import DroppedFeature
from segmentation.registry.option_checks import OptionError

log = logging.getLogger("segmentation")

# So few are not divided any further.
LEAST_ROWS_IN_NO_STATE = 100


@dataclass(frozen=True)
class RowsToFit:
    """The rows that a fit looks at, made ready.

    Attributes
    ----------
    inliers : str
        A from-item: the rows within the trims that ``outliers: drop`` leaves.
    missing : mapping of str to float
        Share of the sample without a value, by feature.
    prepared : PreparedFeatures
    categories : list of ModelCategory
        Without segments yet.
    dropped : list of DroppedFeature
    sample : MixedSample
        What Python searches in.
    is_imputed : bool
        Whether values were predicted that the engine cannot predict.
    fingerprint : str
        SHA-256 of what Python read.
    """

    inliers: str
    missing: Mapping[str, float]
    prepared: PreparedFeatures
    categories: list[ModelCategory]
    dropped: list[DroppedFeature]
    sample: MixedSample
    is_imputed: bool
    fingerprint: str


def read_rows_to_fit(
    engine: Engine, table: str, options: SegmentationOptions, key: str
) -> RowsToFit | None:
    """Read the rows that a fit looks at, and make them ready.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item with `key` and the features of `options`.
    options : SegmentationOptions
    key : str
        Column that identifies a row.

    Returns
    -------
    RowsToFit or None
        None if the table has no rows.

    Raises
    ------
    OptionError
        If a feature is not a column of its kind, or trims or outliers exclude every row.
    """
    check_columns(engine, table, options)
    believable = trimmed(engine, table, options)
    is_empty = not engine.rows(f"select 1 from {believable} limit 1")
    if is_empty and options.states and engine.rows(f"select 1 from {table} limit 1"):
        # E.g. nobody bought within the window: all are in a state, and a cluster is the runner-up.
        log.warning(
            "trims leaves nobody: no customer lies within %s; fitting to all", dict(options.trims)
        )
        believable = table
    sample = engine.sample(
        believable,
        columns=options.features,
        text_columns=options.categorical_features,
        key=key,
        rows=options.sample_rows,
    )
    if sample.empty:
        if engine.rows(f"select 1 from {table} limit 1"):
            raise OptionError(
                f"trims leaves nobody to fit: no customer lies within {dict(options.trims)}."
            )
        return None
    numeric = sample[list(options.features)]
    missing = missing_shares(numeric)
    preprocessor, used, dropped, imputed = prepare_features(numeric, options)
    categories, dropped_categories = prepare_categories(engine, table, options)
    prepared = PreparedFeatures(
        preprocessor.features_ if preprocessor else [],
        [category.prepared for category in categories],
    )
    rows = _mixed_sample(sample, preprocessor, prepared, imputed, options)
    if ALGORITHMS[options.algorithm].needs_both_kinds and not (
        rows.numbers.shape[1] and rows.codes.shape[1]
    ):
        raise OptionError(
            f"The algorithm {options.algorithm} needs numbers and categories, and in this data one "
            "kind does not vary. Choose kprototypes, which does with either."
        )
    return RowsToFit(
        inliers=without_outliers(engine, believable, preprocessor, options),
        missing=missing,
        prepared=prepared,
        categories=categories,
        dropped=dropped + dropped_categories,
        sample=rows,
        is_imputed=options.imputation == "mice" and any(missing[name] for name in used),
        fingerprint=_fingerprint(sample, options),
    )


def rows_in_no_state(
    engine: Engine,
    rows: RowsToFit,
    options: SegmentationOptions,
    conditions: ConditionsOfFit,
    key: str,
) -> RowsToFit | None:
    """Return the rows that clusters name, where states name most customers; None if there are few.

    Clusters of customers in states are dissolved: of a fit to all customers few would be left.
    """
    if not conditions.states.conditions:
        return None
    table = Query(rows.inliers).step(
        "customers_in_no_state",
        select(["*"], rows.inliers, where=f"({conditions.states.expression}) is null"),
    )
    counted = engine.rows(f"select count(*) from {table.from_item}")[0][0]
    if counted < LEAST_ROWS_IN_NO_STATE:
        return None
    log.info("states name most customers: clusters are fitted to the %s others", f"{counted:,}")
    return read_rows_to_fit(engine, table.from_item, options, key)


def _mixed_sample(
    sample: pd.DataFrame,
    preprocessor: FeaturePreprocessor | None,
    prepared: PreparedFeatures,
    imputed: pd.DataFrame,
    options: SegmentationOptions,
) -> MixedSample:
    numbers = scaled_sample(preprocessor, imputed, options)
    kept = rows_to_fit(preprocessor, imputed, options)
    codes = [
        category.codes(sample[category.name].to_numpy(object)[kept])
        for category in prepared.categories
    ]
    rows = MixedSample(
        numbers=numbers,
        codes=np.column_stack(codes) if codes else np.zeros((len(numbers), 0), dtype=np.intp),
        category_counts=tuple(len(category.categories) for category in prepared.categories),
        gamma=1.0,
    )
    return dataclasses.replace(rows, gamma=_gamma(rows, options))


def _gamma(rows: MixedSample, options: AlgorithmOptions) -> float:
    """Return the gamma of every k and algorithm of a fit."""
    if isinstance(options.gamma, int | float):
        return float(options.gamma)
    if options.gamma != AUTO:
        return default_gamma(rows.numbers.std(axis=0))
    # An unseen category is one more category to a fit.
    counts = [count + 1 for count in rows.category_counts]
    return gamma_from_data(rows.numbers, rows.codes, counts, random_state=options.seed)


def _fingerprint(sample: pd.DataFrame, options: SegmentationOptions) -> str:
    """Return a hash of what Python read."""
    numbers = sample[list(options.features)].to_numpy(float)
    fingerprint = hashlib.sha256(np.ascontiguousarray(numbers).tobytes())
    for name in options.categorical_features:
        values = sample[name].to_numpy(object)
        written = [None if pd.isna(value) else str(value) for value in values]
        fingerprint.update(json.dumps(written).encode())
    return fingerprint.hexdigest()
