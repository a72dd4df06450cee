"""One fit: from a table of features to a named model."""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass

import numpy as np

from segmentation.clustering import ALGORITHMS
from segmentation.clustering.comparison import compare_algorithms
from segmentation.clustering.conditions_of_fit import ConditionsOfFit, measured_conditions
from segmentation.clustering.counted_succession import counted_succession
from segmentation.clustering.evidence import feature_evidence
from segmentation.clustering.judgements import AlgorithmJudgement, KJudgement, NullComparison
from segmentation.clustering.k_choice import FitsToJudge, knee_of, scan_k
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.model_parts import (
    FitMetrics,
    ModelFeature,
    ModelPrototype,
    ModelSegment,
    Threshold,
    z_scores,
)
from segmentation.clustering.names import with_names
from segmentation.clustering.naming import NamingInputs
from segmentation.clustering.options import SegmentationOptions
from segmentation.clustering.projection import fit_projection
from segmentation.clustering.refinement import (
    LloydPasses,
    RefinedPrototypes,
    refine_prototypes,
    segment_means,
)
from segmentation.clustering.rows_to_fit import RowsToFit, read_rows_to_fit, rows_in_no_state
from segmentation.clustering.segment_shares import with_segment_shares
from segmentation.clustering.small_segments import without_small_segments
from segmentation.clustering.structure import (
    CONTINUUM,
    compare_with_null,
    number_of_groups,
    structure_of,
)
from segmentation.clustering.typical_values import ScoringRule, measured_segments
from segmentation.engine.base import Engine
from segmentation.features.mixed_sample import MixedSample
from segmentation.features.prepared import PreparedFeatures
from segmentation.registry.header import FitRequest, FittedContent
from segmentation.registry.option_checks import OptionError
from segmentation.registry.option_groups import FitConfiguration
from segmentation.scoring.columns import medians
from segmentation.scoring.nearest import assigned_table
from segmentation.scoring.prototypes import Prototypes, from_centers

# Silhouettes take the square of this; the third digit of the evidence does not need more.
EVIDENCE_ROWS = 2_000

log = logging.getLogger("segmentation")


@dataclass(frozen=True)
class _ChosenK:
    """How many segments there will be, and why."""

    judgements: list[KJudgement]
    comparisons: list[NullComparison]
    structure: str | None
    by_rule: int
    k: int


@dataclass(frozen=True)
class _Found:
    """What a fit found, and in which rows.

    `refined` is what the passes over all rows arrived at; `prototypes` are these by size.
    """

    rows: RowsToFit
    chosen: _ChosenK
    conditions: ConditionsOfFit
    refined: RefinedPrototypes
    prototypes: Prototypes


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
    rows = read_rows_to_fit(engine, table, options, key)
    if rows is None:
        return None
    chosen = _choose_k(rows, options, request.segmentation)
    conditions = measured_conditions(engine, rows.inliers, options, naming, key)
    refined = _search_and_refine(engine, rows, chosen.k, options, request.segmentation, conditions)
    if ALGORITHMS[options.algorithm].takes_k and 2 * refined.prototypes.segments < chosen.k:
        others = rows_in_no_state(engine, rows, options, conditions, key)
        if others is not None:
            rows, k = others, min(chosen.k, others.sample.distinct_rows)
            refined = _search_and_refine(engine, rows, k, options, request.segmentation, conditions)
    prototypes = _largest_first(engine, table, rows.prepared, refined.prototypes)
    found = _Found(rows, chosen, conditions, refined, prototypes)
    unnamed = _unnamed_model(engine, table, options, request, found)
    rule = ScoringRule(rows.prepared, prototypes, conditions.states)
    measured = measured_segments(engine, table, rule, unnamed.known_numbers)
    if naming.earlier is not None:
        succession = counted_succession(engine, table, unnamed, naming.earlier, naming)
        unnamed = dataclasses.replace(unnamed, succession=succession)
    return with_names(unnamed, measured, naming)


def _unnamed_model(
    engine: Engine, table: str, options: SegmentationOptions, request: FitRequest, found: _Found
) -> SegmentationModel:
    """Return the model with all that does not depend on what its segments are called."""
    rows, chosen, refined, prototypes = found.rows, found.chosen, found.refined, found.prototypes
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
    takes_k = ALGORITHMS[options.algorithm].takes_k
    return SegmentationModel(
        **vars(header),
        k_asked=str(options.k_of_algorithm) if takes_k else "as many as there are",
        k_by_rule=chosen.by_rule,
        playbook_hash="",
        features=features,
        dropped_features=rows.dropped,
        segments=_unnamed_segments(engine, table, rows, features, prototypes),
        metrics=FitMetrics(
            inertia=refined.inertia,
            customers=sum(refined.counts),
            sample_customers=len(_searched(rows.sample, options)),
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
        thresholds=[Threshold(n, v) for n, v in found.conditions.states.thresholds.items()],
        promises=[],
        explained=found.conditions.explained,
        distributions=[],
        succession=None,
    )


def _choose_k(rows: RowsToFit, options: SegmentationOptions, segmentation: str) -> _ChosenK:
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
    rows: RowsToFit,
    k: int,
    options: SegmentationOptions,
    segmentation: str,
    conditions: ConditionsOfFit,
) -> RefinedPrototypes:
    """Search for prototypes in a sample, refine them on all rows, and dissolve small ones."""
    algorithm = ALGORITHMS[options.algorithm]
    searched = _searched(rows.sample, options)
    log.info(
        "%s: fitting %s on %s customers%s",
        segmentation,
        options.algorithm,
        f"{len(searched):,}",
        f", k = {k}" if algorithm.takes_k else "",
    )
    start = _prototypes(searched, k, options, segmentation)
    # The engine cannot predict what is missing: what was imputed would be undone.
    lloyd = None
    if algorithm.recentered is not None and not rows.is_imputed:
        log.info("%s: refining on all customers in the engine", segmentation)
        lloyd = LloydPasses(
            algorithm.recentered, rows.sample.gamma, options.max_passes, options.tolerance
        )

    def refine(start: Prototypes) -> RefinedPrototypes:
        return refine_prototypes(engine, rows.inliers, rows.prepared, start, lloyd)

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
    rows: RowsToFit,
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
        FitsToJudge(options.compared_n_init, options.seed, options.compared_resamples),
        announce=lambda message: log.info("%s: %s", request.segmentation, message),
    )


def _searched(sample: MixedSample, options: SegmentationOptions) -> MixedSample:
    """Return the rows of a sample that the algorithm searches in."""
    return sample.rows(slice(0, ALGORITHMS[options.algorithm].most_rows))


def _prototypes(
    rows: MixedSample, k: int, options: SegmentationOptions, segmentation: str
) -> Prototypes:
    if not rows.numbers.shape[1] and not rows.codes.shape[1]:
        return from_centers(np.zeros((1, 0)))
    algorithm = ALGORITHMS[options.algorithm]
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
        FitsToJudge(options.scan_n_init, options.seed, options.stability_resamples),
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


def _model_features(engine: Engine, table: str, rows: RowsToFit) -> list[ModelFeature]:
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


def _content(prototypes: Prototypes) -> bytes:
    """Return what was fitted as bytes."""
    costs = (np.ascontiguousarray(costs).tobytes() for costs in prototypes.category_costs)
    return np.ascontiguousarray(prototypes.centers).tobytes() + b"".join(costs)
