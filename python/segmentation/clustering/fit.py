"""One fit: from a table of features to a named model."""

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
from segmentation.clustering.algorithms import Algorithm
from segmentation.clustering.comparison import compare_algorithms
from segmentation.clustering.conditions_of_fit import ConditionsOfFit, measured_conditions
from segmentation.clustering.evidence import feature_evidence
from segmentation.clustering.gamma import AUTO, default_gamma
from segmentation.clustering.judgements import AlgorithmJudgement, KJudgement, NullComparison
from segmentation.clustering.k_choice import knee_of, scan_k
from segmentation.clustering.kprototypes.gamma_choice import gamma_from_data
from segmentation.clustering.model import (
    FitMetrics,
    ModelCategory,
    ModelFeature,
    ModelPrototype,
    ModelSegment,
    SegmentationModel,
    Threshold,
)
from segmentation.clustering.names import (
    NamingInputs,
    with_names,
    with_segment_shares,
    z_scores,
)
from segmentation.clustering.options import AlgorithmOptions, SegmentationOptions
from segmentation.clustering.projection import fit_projection
from segmentation.clustering.refinement import RefinedPrototypes, refine_prototypes, segment_means
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
from segmentation.clustering.small_segments import without_small_segments
from segmentation.clustering.structure import (
    CONTINUUM,
    compare_with_null,
    number_of_groups,
    structure_of,
)
from segmentation.clustering.typical_values import ScoringRule, measured_segments
from segmentation.engine.base import Engine
from segmentation.engine.sql import Query, select
from segmentation.features.mixed_sample import MixedSample
from segmentation.features.prepared import PreparedFeatures
from segmentation.features.preprocessor import FeaturePreprocessor
from segmentation.registry.header import DroppedFeature, FitRequest, FittedContent
from segmentation.registry.option_checks import OptionError
from segmentation.registry.option_groups import FitConfiguration
from segmentation.scoring.columns import medians
from segmentation.scoring.nearest import assigned_table
from segmentation.scoring.prototypes import Prototypes, from_centers

# Silhouettes take the square of this; the third digit of the evidence does not need more.
EVIDENCE_ROWS = 2_000

# So few are not divided any further.
LEAST_ROWS_IN_NO_STATE = 100

log = logging.getLogger("segmentation")


@dataclass(frozen=True)
class _RowsToFit:
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


@dataclass(frozen=True)
class _ChosenK:
    """How many segments there will be, and why."""

    judgements: list[KJudgement]
    comparisons: list[NullComparison]
    structure: str | None
    by_rule: int
    k: int


def fit_model(
    engine: Engine,
    table: str,
    options: SegmentationOptions,
    request: FitRequest,
    naming: NamingInputs | None = None,
    *,
    key: str = "customer_id",
) -> SegmentationModel | None:
    """Fit a segmentation to a table.

    Python reads a sample (:meth:`Engine.sample`); the engine reads all rows.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item with `key` and the features of `options`.
    options : SegmentationOptions
    request : FitRequest
        What the model is of, and why it is fitted.
    naming : NamingInputs, optional
        What its segments are called after; without, after what sets them apart.
    key : str
        Column that identifies a row.

    Returns
    -------
    SegmentationModel or None
        None if the table has no rows.

    Raises
    ------
    OptionError
        If a feature is not a numeric column of the table, or trims or outliers exclude every row.
    """
    naming = dataclasses.replace(
        naming or NamingInputs(limits=options), columns=frozenset(engine.numeric_columns(table))
    )
    rows = _rows_to_fit(engine, table, options, key)
    if rows is None:
        return None
    algorithm = ALGORITHMS[options.algorithm]
    chosen = _choose_k(rows, options, request.segmentation)
    fitted = rows.sample.rows(slice(0, algorithm.most_rows))
    conditions = measured_conditions(engine, rows.inliers, options, naming, key)
    refined = _search_and_refine(
        engine, rows, fitted, chosen.k, options, request.segmentation, conditions
    )
    if algorithm.takes_k and 2 * refined.prototypes.segments < chosen.k:
        others = _rows_in_no_state(engine, rows, options, conditions, key)
        if others is not None:
            rows = others
            fitted = rows.sample.rows(slice(0, algorithm.most_rows))
            refined = _search_and_refine(
                engine,
                rows,
                fitted,
                min(chosen.k, rows.sample.distinct_rows),
                options,
                request.segmentation,
                conditions,
            )
    prototypes = _largest_first(engine, table, rows.prepared, refined.prototypes)
    k = prototypes.segments
    judged = rows.sample.rows(slice(0, EVIDENCE_ROWS))
    header = request.header(
        options.as_json(),
        FitConfiguration(options).fit_hash,
        FittedContent(
            algorithm=options.algorithm,
            k=k,
            features=rows.prepared.names,
            dropped=rows.dropped,
            content=_content(prototypes),
            fingerprint=rows.fingerprint,
        ),
    )
    features = _model_features(engine, table, rows)
    unnamed = SegmentationModel(
        **vars(header),
        k_asked=str(options.k_of_algorithm) if algorithm.takes_k else "as many as there are",
        k_by_rule=chosen.by_rule,
        playbook_hash="",
        features=features,
        dropped_features=rows.dropped,
        segments=_unnamed_segments(engine, table, rows, features, prototypes),
        metrics=FitMetrics(
            inertia=refined.inertia,
            customers=sum(refined.counts),
            sample_customers=len(fitted),
            passes=refined.passes,
            converged=refined.converged,
        ),
        k_scan=chosen.judgements,
        null_comparisons=chosen.comparisons,
        structure=chosen.structure,
        evidence=feature_evidence(
            judged, prototypes.assign(judged), rows.prepared.names, seed=options.seed
        ),
        gamma=rows.sample.gamma,
        categories=with_segment_shares(engine, table, rows.prepared, prototypes, rows.categories),
        prototype_rows=_prototype_rows(prototypes),
        knee_of_shorter_scan=knee_of(chosen.judgements[:-2]),
        comparison=_compared(rows.sample, k if k > 1 else chosen.by_rule, options, request),
        projection=fit_projection(rows.sample),
        thresholds=[Threshold(n, v) for n, v in conditions.states.thresholds.items()],
        promises=[],
        explained=conditions.explained,
    )
    rule = ScoringRule(rows.prepared, prototypes, conditions.states)
    measured = measured_segments(engine, table, rule, unnamed.known_numbers)
    return with_names(unnamed, measured, naming)


def _rows_to_fit(
    engine: Engine, table: str, options: SegmentationOptions, key: str
) -> _RowsToFit | None:
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
    return _RowsToFit(
        inliers=without_outliers(engine, believable, preprocessor, options),
        missing=missing,
        prepared=prepared,
        categories=categories,
        dropped=dropped + dropped_categories,
        sample=rows,
        is_imputed=options.imputation == "mice" and any(missing[name] for name in used),
        fingerprint=_fingerprint(sample, options),
    )


def _rows_in_no_state(
    engine: Engine,
    rows: _RowsToFit,
    options: SegmentationOptions,
    conditions: ConditionsOfFit,
    key: str,
) -> _RowsToFit | None:
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
    return _rows_to_fit(engine, table.from_item, options, key)


def _choose_k(rows: _RowsToFit, options: SegmentationOptions, segmentation: str) -> _ChosenK:
    algorithm = ALGORITHMS[options.algorithm]
    judgements = _scan(rows.sample, options)
    distinct = rows.sample.distinct_rows
    comparisons = _compared_with_null(rows.sample, options)
    structure = structure_of(comparisons)
    if structure == CONTINUUM:
        log.info(
            "%s: the customers form a continuum: segments are useful slices of it, not groups "
            "that lie apart",
            segmentation,
        )
    # Without a k in the range, the largest that there is.
    by_rule = number_of_groups(comparisons, options.auto_k_from, options.auto_k_to) or max(
        (judgement.k for judgement in judgements), default=min(distinct, options.auto_k_to)
    )
    wanted = options.k_of_algorithm
    asked = by_rule if wanted == "auto" else int(wanted)
    k = min(asked, distinct)
    if k < asked and algorithm.takes_k:
        log.warning(
            "%s: %d segments were asked for, but only %d customers differ; fitting k = %d",
            segmentation, asked, k, k,
        )  # fmt: skip
    return _ChosenK(judgements, comparisons, structure, by_rule, k)


def _search_and_refine(
    engine: Engine,
    rows: _RowsToFit,
    fitted: MixedSample,
    k: int,
    options: SegmentationOptions,
    segmentation: str,
    conditions: ConditionsOfFit,
) -> RefinedPrototypes:
    """Search for prototypes in a sample, refine them on all rows, and dissolve small ones."""
    algorithm = ALGORITHMS[options.algorithm]
    log.info(
        "%s: fitting %s on %s customers%s",
        segmentation,
        options.algorithm,
        f"{len(fitted):,}",
        f", k = {k}" if algorithm.takes_k else "",
    )
    start = _prototypes(algorithm, fitted, k, options, segmentation)
    # The engine cannot predict what is missing: what was imputed would be undone.
    is_refined = algorithm.recentered is not None and not rows.is_imputed
    if is_refined:
        log.info("%s: refining on all customers in the engine", segmentation)

    def refine(start: Prototypes) -> RefinedPrototypes:
        return refine_prototypes(
            engine,
            rows.inliers,
            rows.prepared,
            start,
            recentered=algorithm.recentered if is_refined else None,
            gamma=rows.sample.gamma,
            max_passes=options.max_passes,
            tolerance=options.tolerance,
        )

    return without_small_segments(
        engine,
        rows.inliers,
        refine(start),
        lambda prototypes: ScoringRule(rows.prepared, prototypes, conditions.states),
        refine,
        options.min_segment_share,
    )


def _unnamed_segments(
    engine: Engine,
    table: str,
    rows: _RowsToFit,
    features: list[ModelFeature],
    prototypes: Prototypes,
) -> list[ModelSegment]:
    # Where there is one prototype to a segment it is the centroid that the fit arrived at.
    centroids = (
        prototypes.centers
        if prototypes.is_one_each
        else segment_means(engine, table, rows.prepared, prototypes).means
    )
    names = [feature.prepared.name for feature in features]
    return [
        ModelSegment(
            segment_id=i,
            segment_slug="",
            segment_name="",
            named_by="",
            naming_distance=None,
            customers=0,
            centroid=[float(c) for c in centroid],
            profile=list(z_scores(features, dict(zip(names, centroid, strict=True))).values()),
            typical=[],
        )
        for i, centroid in enumerate(centroids)
    ]


def _compared(
    rows: MixedSample, k: int, options: SegmentationOptions, request: FitRequest
) -> list[AlgorithmJudgement]:
    return compare_algorithms(
        rows.rows(slice(0, options.compared_rows)),
        options.compared_algorithms,
        k,
        n_init=options.compared_n_init,
        seed=options.seed,
        resamples=options.compared_resamples,
        announce=lambda message: log.info("%s: %s", request.segmentation, message),
    )


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


def _prototypes(
    algorithm: Algorithm,
    rows: MixedSample,
    k: int,
    options: SegmentationOptions,
    segmentation: str,
) -> Prototypes:
    if not rows.numbers.shape[1] and not rows.codes.shape[1]:
        return from_centers(np.zeros((1, 0)))
    found = algorithm.fit(rows, k, n_init=options.n_init, seed=options.seed).prototypes
    if not found.segments:
        raise OptionError(
            f"{segmentation}: {options.algorithm} finds no dense group among {len(rows):,} "
            "customers: everybody would be noise. Choose fewer features, or an algorithm without "
            "noise, e.g. kprototypes."
        )
    return found


def _scan(rows: MixedSample, options: SegmentationOptions) -> list[KJudgement]:
    algorithm = ALGORITHMS[options.algorithm]
    if not algorithm.takes_k or not rows.numbers.shape[1] + rows.codes.shape[1]:
        return []
    # The sample is ordered by a hash, so that its first rows are a sample of it.
    return scan_k(
        rows.rows(slice(0, min(options.scan_rows, algorithm.most_rows))),
        algorithm,
        range(options.scan_from, options.scan_to + 1),
        n_init=options.scan_n_init,
        seed=options.seed,
        resamples=options.stability_resamples,
        announce=log.info,
    )


def _compared_with_null(rows: MixedSample, options: SegmentationOptions) -> list[NullComparison]:
    if not ALGORITHMS[options.algorithm].takes_k or not rows.embedded.shape[1]:
        return []
    log.info("comparing with %d samples of a continuum", options.null_draws)
    return compare_with_null(
        rows.rows(slice(0, options.null_rows)),
        range(options.scan_from, options.scan_to + 1),
        draws=options.null_draws,
        seed=options.seed,
    )


def _largest_first(
    engine: Engine, table: str, prepared: PreparedFeatures, prototypes: Prototypes
) -> Prototypes:
    """Return the segments by size over all customers, those who took no part in the fit too.

    Of equal ones, the one whose first prototype is lower on the first feature on which they
    differ comes first; then the one whose first category is cheaper.
    """
    assigned = assigned_table(engine, table, prepared, prototypes)
    counts = dict(engine.rows(f"select segment_id, count(*) from ({assigned}) group by segment_id"))
    first = [int(np.argmax(prototypes.segment_ids == i)) for i in range(prototypes.segments)]
    order = sorted(
        range(prototypes.segments),
        key=lambda i: (
            -counts.get(i, 0),
            prototypes.centers[first[i]].tolist(),
            [costs[first[i]].tolist() for costs in prototypes.category_costs],
        ),
    )
    return prototypes.reordered(order)


def _prototype_rows(prototypes: Prototypes) -> list[ModelPrototype]:
    return [
        ModelPrototype(
            segment_id=int(segment),
            center=prototypes.centers[i].tolist(),
            weights=None if prototypes.weights is None else prototypes.weights[i].tolist(),
            offset=float(prototypes.offsets[i]),
            reach=None if prototypes.reaches is None else float(prototypes.reaches[i]),
            category_costs=[costs[i].tolist() for costs in prototypes.category_costs],
        )
        for i, segment in enumerate(prototypes.segment_ids)
    ]


def _model_features(engine: Engine, table: str, rows: _RowsToFit) -> list[ModelFeature]:
    numbers, prepared = rows.sample.numbers, rows.prepared
    if not prepared.numbers:
        return []
    typical = engine.rows(f"select {medians(engine, prepared.numbers)} from {table}")[0]
    return [
        ModelFeature(
            prepared=feature,
            mean=float(numbers[:, j].mean()),
            standard_deviation=float(numbers[:, j].std()),
            typical=float(typical[j]),
            missing_share=rows.missing[feature.name],
        )
        for j, feature in enumerate(prepared.numbers)
    ]


def _fingerprint(sample: pd.DataFrame, options: SegmentationOptions) -> str:
    """Return a hash of what Python read."""
    numbers = sample[list(options.features)].to_numpy(float)
    fingerprint = hashlib.sha256(np.ascontiguousarray(numbers).tobytes())
    for name in options.categorical_features:
        values = sample[name].to_numpy(object)
        written = [None if pd.isna(value) else str(value) for value in values]
        fingerprint.update(json.dumps(written).encode())
    return fingerprint.hexdigest()


def _content(prototypes: Prototypes) -> bytes:
    """Return what was fitted as bytes."""
    costs = (np.ascontiguousarray(costs).tobytes() for costs in prototypes.category_costs)
    return np.ascontiguousarray(prototypes.centers).tobytes() + b"".join(costs)
