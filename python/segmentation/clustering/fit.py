"""One fit: from a table of features to a named model."""

from __future__ import annotations

import datetime
import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from segmentation.clustering import ALGORITHMS
from segmentation.clustering.algorithms import Algorithm
from segmentation.clustering.comparison import compare_algorithms
from segmentation.clustering.evidence import feature_evidence
from segmentation.clustering.gamma import default_gamma
from segmentation.clustering.k_choice import KJudgement, choose_k, knee_of, scan_k
from segmentation.clustering.model import (
    FitMetrics,
    ModelFeature,
    ModelPrototype,
    SegmentationModel,
)
from segmentation.clustering.names import named_segments, with_segment_shares
from segmentation.clustering.options import SegmentationOptions
from segmentation.clustering.projection import fit_projection
from segmentation.clustering.refinement import refine_prototypes, segment_means
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
from segmentation.engine.base import Engine
from segmentation.features.mixed_sample import MixedSample
from segmentation.features.numbers import FeaturePreprocessor
from segmentation.features.prepared import PreparedFeatures
from segmentation.playbook.feature_words import FeatureWords
from segmentation.playbook.playbook import PlaybookRow, targets_hash, usable_rows, vocabulary_for
from segmentation.registry.library_versions import library_versions
from segmentation.registry.option_checks import OptionError
from segmentation.scoring.columns import medians
from segmentation.scoring.nearest import assigned_table
from segmentation.scoring.prototypes import Prototypes, from_centers

# Silhouettes take the square of this; the third digit of the evidence does not need more.
EVIDENCE_ROWS = 2_000

log = logging.getLogger("segmentation")


def fit_model(
    engine: Engine,
    table: str,
    options: SegmentationOptions,
    *,
    segmentation: str,
    dataset: str,
    variant: str,
    as_of: datetime.date,
    window_days: int,
    fit_reason: str,
    playbook: Mapping[int, Sequence[PlaybookRow]],
    words: Mapping[str, FeatureWords],
    model_number: int = 1,
    previous_version: str | None = None,
    earlier: SegmentationModel | None = None,
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
    segmentation, dataset, variant : str
        What the model is of.
    as_of : datetime.date
        The day that the features are of.
    window_days : int
        The days that frequency and monetary count.
    fit_reason : str
        Why this fit is made.
    playbook : mapping of int to sequence of PlaybookRow
        k to its vocabulary.
    words : mapping
        Feature to its words.
    model_number : int
        The number of this fit.
    previous_version : str, optional
        The version that it follows.
    earlier : SegmentationModel, optional
        The model whose segments hand their slugs on.
    key : str
        Column that identifies a row.

    Returns
    -------
    SegmentationModel or None
        None where the table has no rows: there is nobody to segment.

    Raises
    ------
    OptionError
        If a feature is no numeric column of the table, or trims or outliers leave nobody.
    """
    check_columns(engine, table, options)
    believable = trimmed(engine, table, options)
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
    dropped += dropped_categories
    prepared = PreparedFeatures(
        preprocessor.features_ if preprocessor else [],
        [category.prepared for category in categories],
    )
    rows = _mixed_sample(sample, preprocessor, prepared, imputed, used, options)
    fitted_rows = without_outliers(engine, believable, preprocessor, options)

    algorithm = ALGORITHMS[options.algorithm]
    if algorithm.needs_both_kinds and not (rows.numbers.shape[1] and rows.codes.shape[1]):
        raise OptionError(
            f"The algorithm {options.algorithm} needs numbers and categories, and in this data one "
            "kind does not vary. Choose kprototypes, which does with either."
        )
    judgements = _scan(rows, options)
    distinct = rows.distinct_rows
    by_rule = choose_k(
        judgements,
        least=options.auto_k_from,
        most=options.auto_k_to,
        floor=options.stability_floor,
        otherwise=min(distinct, options.auto_k_to),
        is_mixed=bool(categories),
    )
    wanted = options.k_of_algorithm
    asked = by_rule if wanted == "auto" else int(wanted)
    k = min(asked, distinct)
    if k < asked and algorithm.takes_k:
        log.warning(
            "%s: %d segments were asked for, but only %d customers differ; fitting k = %d",
            segmentation, asked, k, k,
        )  # fmt: skip
    fitted = rows.rows(slice(0, algorithm.most_rows))
    log.info(
        "%s: fitting %s on %s customers%s",
        segmentation,
        options.algorithm,
        f"{len(fitted):,}",
        f", k = {k}" if algorithm.takes_k else "",
    )
    start = _prototypes(algorithm, fitted, k, options, segmentation)
    # The engine cannot predict what is missing: what was imputed would be undone.
    is_imputed = options.imputation == "mice" and any(missing[name] for name in used)
    is_refined = algorithm.recentered is not None and not is_imputed
    if is_refined:
        log.info("%s: refining on all customers in the engine", segmentation)
    refined = refine_prototypes(
        engine,
        fitted_rows,
        prepared,
        start,
        recentered=algorithm.recentered if is_refined else None,
        gamma=rows.gamma,
        max_passes=options.max_passes,
        tolerance=options.tolerance,
    )
    prototypes = _largest_first(engine, table, prepared, refined.prototypes)
    k = prototypes.segments
    features = _model_features(engine, table, prepared, rows, missing)
    vocabulary = usable_rows(vocabulary_for(playbook, k), set(prepared.names))
    categories = with_segment_shares(engine, table, prepared, prototypes, categories)
    # Where there is one prototype to a segment it is the centroid that the fit arrived at.
    centroids = (
        prototypes.centers
        if prototypes.is_one_each
        else segment_means(engine, table, prepared, prototypes).means
    )
    segments = named_segments(
        engine,
        table,
        features,
        categories,
        prototypes,
        centroids,
        vocabulary,
        words,
        options,
        earlier,
    )
    fingerprint = _fingerprint(sample, options)
    judged = rows.rows(slice(0, EVIDENCE_ROWS))
    return SegmentationModel(
        segmentation=segmentation,
        dataset=dataset,
        variant=variant,
        model_number=model_number,
        model_version=f"{segmentation}-{model_number:04d}-"
        + _content_hash(dataset, variant, options, prototypes, fingerprint.digest()),
        previous_version=previous_version,
        fitted_at=datetime.datetime.now(datetime.UTC).replace(tzinfo=None),
        as_of=as_of,
        lrfm_window_days=window_days,
        fit_reason=fit_reason,
        algorithm=options.algorithm,
        k=k,
        k_asked=str(wanted) if algorithm.takes_k else "as many as there are",
        k_by_rule=by_rule,
        options=options.as_json(),
        fit_hash=options.fit_hash(),
        playbook_hash=targets_hash(playbook),
        sample_fingerprint=fingerprint.hexdigest(),
        library_versions=library_versions(),
        features_used=", ".join(prepared.names),
        features_dropped="; ".join(f"{feature.name}: {feature.reason}" for feature in dropped),
        features=features,
        dropped_features=dropped,
        segments=segments,
        metrics=FitMetrics(
            inertia=refined.inertia,
            customers=sum(refined.counts),
            sample_customers=len(fitted),
            passes=refined.passes,
            converged=refined.converged,
        ),
        k_scan=judgements,
        evidence=feature_evidence(
            judged, prototypes.assign(judged), prepared.names, seed=options.seed
        ),
        gamma=rows.gamma,
        categories=categories,
        prototype_rows=_prototype_rows(prototypes),
        knee_of_shorter_scan=knee_of(judgements[:-2]),
        comparison=compare_algorithms(
            rows.rows(slice(0, options.compared_rows)),
            options.compared_algorithms,
            k if k > 1 else by_rule,
            n_init=options.compared_n_init,
            seed=options.seed,
            resamples=options.compared_resamples,
            announce=lambda message: log.info("%s: %s", segmentation, message),
        ),
        projection=fit_projection(rows),
    )


def _mixed_sample(
    sample: pd.DataFrame,
    preprocessor: FeaturePreprocessor | None,
    prepared: PreparedFeatures,
    imputed: pd.DataFrame,
    used: list[str],
    options: SegmentationOptions,
) -> MixedSample:
    numbers = scaled_sample(preprocessor, imputed, used, options)
    kept = rows_to_fit(preprocessor, imputed[used], options)
    codes = [
        category.codes(sample[category.name].to_numpy(object)[kept])
        for category in prepared.categories
    ]
    return MixedSample(
        numbers=numbers,
        codes=np.column_stack(codes) if codes else np.zeros((len(numbers), 0), dtype=np.intp),
        category_counts=tuple(len(category.categories) for category in prepared.categories),
        gamma=default_gamma(numbers) if options.gamma is None else float(options.gamma),
    )


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


def _model_features(
    engine: Engine,
    table: str,
    prepared: PreparedFeatures,
    rows: MixedSample,
    missing: Mapping[str, float],
) -> list[ModelFeature]:
    if not prepared.numbers:
        return []
    typical = engine.rows(f"select {medians(engine, prepared.numbers)} from {table}")[0]
    return [
        ModelFeature(
            prepared=feature,
            mean=float(rows.numbers[:, j].mean()),
            standard_deviation=float(rows.numbers[:, j].std()),
            typical=float(typical[j]),
            missing_share=missing[feature.name],
        )
        for j, feature in enumerate(prepared.numbers)
    ]


def _fingerprint(sample: pd.DataFrame, options: SegmentationOptions) -> Any:
    """Return a hash of what Python read."""
    numbers = sample[list(options.features)].to_numpy(float)
    fingerprint = hashlib.sha256(np.ascontiguousarray(numbers).tobytes())
    for name in options.categorical_features:
        values = sample[name].to_numpy(object)
        written = [None if pd.isna(value) else str(value) for value in values]
        fingerprint.update(json.dumps(written).encode())
    return fingerprint


def _content_hash(
    dataset: str,
    variant: str,
    options: SegmentationOptions,
    prototypes: Prototypes,
    fingerprint: bytes,
) -> str:
    identity = f"{dataset}/{variant}/{options.fit_hash()}/".encode()
    costs = b"".join(np.ascontiguousarray(costs).tobytes() for costs in prototypes.category_costs)
    centers = np.ascontiguousarray(prototypes.centers).tobytes()
    content = identity + centers + costs + fingerprint
    return hashlib.sha256(content).hexdigest()[:8]
