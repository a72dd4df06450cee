"""The input of a fit: selected rows, usable features and their preparation."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.clustering.model_parts import ModelCategory
from segmentation.clustering.options import SegmentationOptions
from segmentation.clustering.preparation_options import FeatureOptions, PreparationOptions
from segmentation.engine.base import Engine
from segmentation.engine.sql import Query, all_of, number, quoted, select
from segmentation.features.arrays import Matrix
from segmentation.features.imputation import impute_mice
from segmentation.features.preprocessor import FeaturePreprocessor
from segmentation.registry.header import DroppedFeature
from segmentation.registry.option_checks import OptionError

# A column with more categories is closer to free text.
MOST_CATEGORIES = 100

log = logging.getLogger("segmentation")


def check_columns(engine: Engine, table: str, options: SegmentationOptions) -> None:
    """Raise an OptionError if an option names a column that is missing or has another type."""
    numeric = engine.numeric_columns(table)
    text = engine.text_columns(table)
    for option, names, known, kind, kinds in (
        ("features", options.features, numeric, "a number", "numeric"),
        ("trims", tuple(options.trims), numeric, "a number", "numeric"),
        ("categorical_features", options.categorical_features, text, "text", "text"),
    ):
        missing = [name for name in names if name not in known]
        if missing:
            raise OptionError(
                f"{option} names {', '.join(missing)}, which the feature table does not have as "
                f"{kind}. Its {kinds} columns are: {', '.join(known)}."
            )


def trimmed(engine: Engine, table: str, options: PreparationOptions) -> str:
    """Return a FROM item for the rows of a table within the trims."""
    conditions = []
    for name, (lowest, highest) in options.trims.items():
        raw = f"cast({quoted(name)} as double)"
        bounds = [] if lowest is None else [f"{raw} >= {number(lowest)}"]
        bounds += [] if highest is None else [f"{raw} <= {number(highest)}"]
        if bounds:
            conditions.append(f"(not {engine.is_finite(raw)} or ({' and '.join(bounds)}))")
    return _rows_where(table, "rows_within_trims", conditions)


def prepare_categories(
    engine: Engine, table: str, options: FeatureOptions
) -> tuple[list[ModelCategory], list[DroppedFeature]]:
    """Return the category columns that vary, and the dropped ones.

    The categories come from all rows of the table, not only from the sample. Of a column with more
    than a hundred categories, the hundred most frequent are known (of equally frequent ones the
    first); the others count as unseen.

    Returns
    -------
    list of ModelCategory
        Without shares of segments.
    list of DroppedFeature
    """
    prepared, dropped = [], []
    for name in options.categorical_features:
        column = f"cast({quoted(name)} as varchar)"
        counts = {
            value: int(count)
            for value, count in engine.rows(f"select {column}, count(*) from {table} group by 1")
        }
        missing = counts.pop(None, 0)
        # The order of code points: the same on every engine and in every locale.
        frequent = sorted(counts, key=lambda value: (-counts[value], value))[:MOST_CATEGORIES]
        if len(counts) < 2:
            reason = (
                f"every customer has the same value, {frequent[0]}"
                if frequent
                else "no customer has a value"
            )
            dropped.append(DroppedFeature(name, reason))
            log.warning("feature %s is left out: %s", name, reason)
            continue
        if len(counts) > MOST_CATEGORIES:
            log.warning(
                "feature %s has %s categories; all but the %d most frequent count as unseen",
                name, f"{len(counts):,}", MOST_CATEGORIES,
            )  # fmt: skip
        total = sum(counts.values())
        fill = frequent[0]
        known = sorted(frequent)
        prepared.append(
            ModelCategory(
                name=name,
                categories=known,
                fill=fill,
                missing_share=missing / (total + missing),
                shares=[counts[value] / total for value in known],
                segment_shares=[],
            )
        )
    return prepared, dropped


def missing_shares(sample: pd.DataFrame) -> dict[str, float]:
    """Return, for each column, the share of rows without a finite value."""
    finite = np.isfinite(sample.to_numpy(float))
    return dict(zip(sample.columns, (~finite).mean(axis=0), strict=True))


def prepare_features(
    sample: pd.DataFrame, options: SegmentationOptions
) -> tuple[FeaturePreprocessor | None, list[str], list[DroppedFeature], pd.DataFrame]:
    """Return a fitted preprocessor, the features that vary, the dropped ones, and the sample.

    The sample has the features that vary, with missing values filled for the fit.
    """
    dropped, used = [], []
    for name in options.features:
        finite = sample[name].to_numpy(float)
        finite = finite[np.isfinite(finite)]
        if not finite.size:
            dropped.append(DroppedFeature(name, "no customer has a value"))
        elif np.ptp(finite) == 0:
            reason = f"every customer has the same value, {finite[0]:,.15g}"
            dropped.append(DroppedFeature(name, reason))
        else:
            used.append(name)
    imputed = sample[used]
    if used and options.imputation == "mice":
        imputed = impute_mice(imputed, seed=options.seed)
    transforms = dict(zip(options.features, options.transforms, strict=True))
    while used:
        if options.outliers == "drop" and not _anything_inside(imputed[used], options):
            raise OptionError(
                f"outliers: drop leaves nobody to fit: each of {len(sample):,} customers lies "
                f"beyond outlier_factor {options.outlier_factor:g} on some feature. Raise the "
                "factor, or use clip."
            )
        preprocessor = FeaturePreprocessor(
            outliers=options.outliers,
            outlier_factor=options.outlier_factor,
            transformation=[transforms[name] for name in used],
            scaling=options.scaling,
            winsorized_share=options.winsorized_share,
            floors=[options.floors.get(name) for name in used],
        ).fit(imputed[used])
        scaled = scaled_sample(preprocessor, imputed[used], options)
        flat = [name for j, name in enumerate(used) if np.ptp(scaled[:, j]) == 0]
        if not flat:
            break
        dropped += [
            DroppedFeature(
                name, f"every value is the same once prepared, outliers: {options.outliers}"
            )
            for name in flat
        ]
        used = [name for name in used if name not in flat]
    for feature in dropped:
        log.warning("feature %s is left out: %s", feature.name, feature.reason)
    return (preprocessor if used else None), used, dropped, imputed[used]


def _anything_inside(rows: pd.DataFrame, options: PreparationOptions) -> bool:
    bounds = FeaturePreprocessor(outlier_factor=options.outlier_factor).fit(rows)
    return bool(bounds.inliers(rows).any())


def scaled_sample(
    preprocessor: FeaturePreprocessor | None, rows: pd.DataFrame, options: PreparationOptions
) -> Matrix:
    """Return the scaled features of a sample, shape (n_rows, n_used), without dropped outliers."""
    if preprocessor is None:
        return np.zeros((len(rows), 0))
    scaled: Matrix = preprocessor.transform(rows[rows_to_fit(preprocessor, rows, options)])
    return scaled


def rows_to_fit(
    preprocessor: FeaturePreprocessor | None, rows: pd.DataFrame, options: PreparationOptions
) -> NDArray[np.bool_]:
    """Return which rows of a sample, shape (n_rows,), ``outliers: drop`` keeps."""
    if preprocessor is None or options.outliers != "drop":
        return np.ones(len(rows), dtype=bool)
    return preprocessor.inliers(rows)


def without_outliers(
    engine: Engine,
    table: str,
    preprocessor: FeaturePreprocessor | None,
    options: PreparationOptions,
) -> str:
    """Return a FROM item for the rows of a table that ``outliers: drop`` keeps."""
    if options.outliers != "drop" or preprocessor is None:
        return table
    conditions = []
    for feature, (lower, upper) in zip(preprocessor.features_, preprocessor.bounds_.T, strict=True):
        raw = f"cast({quoted(feature.name)} as double)"
        conditions.append(
            f"(not {engine.is_finite(raw)} or {raw} between {number(lower)} and {number(upper)})"
        )
    return _rows_where(table, "rows_without_outliers", conditions)


def _rows_where(table: str, name: str, conditions: list[str]) -> str:
    if not conditions:
        return table
    return Query(table).step(name, select(["*"], table, where=all_of(conditions))).from_item
