"""One fit: from a table of features to a named model."""

from __future__ import annotations

import datetime
import hashlib
import importlib.metadata
import json
import logging
import platform
from collections.abc import Mapping, Sequence

import numpy as np

from segmentation.clustering import ALGORITHMS
from segmentation.clustering.evidence import feature_evidence
from segmentation.clustering.k_scan import KJudgement, choose_k, scan_k
from segmentation.clustering.kmeans import RefinedCentroids, refine_centroids
from segmentation.engine import DuckDBEngine
from segmentation.fit_sample import (
    check_columns,
    missing_shares,
    prepare_features,
    scaled_sample,
    trimmed,
    without_outliers,
)
from segmentation.model_names import named_segments
from segmentation.model_row import FitMetrics, ModelFeature, SegmentationModel
from segmentation.options import OptionError, SegmentationOptions
from segmentation.playbook import FeatureWords, PlaybookRow, targets_hash, vocabulary_for
from segmentation.preprocessing import Matrix, PreparedFeature
from segmentation.scoring import assigned_table, medians, nearest

LIBRARIES = ("duckdb", "kneed", "numpy", "pandas", "scikit-learn", "scipy", "segmentation")

# Silhouettes take the square of this; the third digit of the evidence does not need more.
EVIDENCE_ROWS = 2_000

log = logging.getLogger("segmentation")


def fit_model(
    engine: DuckDBEngine,
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
    earlier: SegmentationModel | None = None,
    key: str = "customer_id",
) -> SegmentationModel | None:
    """Fit a segmentation to a table.

    Python reads a sample (:meth:`DuckDBEngine.sample`); the engine reads all rows.

    Parameters
    ----------
    engine : DuckDBEngine
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
    earlier : SegmentationModel, optional
        The model that this one follows; its segments hand their slugs on.
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
    sample = engine.sample(believable, columns=options.features, key=key, rows=options.sample_rows)
    if sample.empty:
        if engine.rows(f"select 1 from {table} limit 1"):
            raise OptionError(
                f"trims leaves nobody to fit: no customer lies within {dict(options.trims)}."
            )
        return None
    missing = missing_shares(sample)
    preprocessor, used, dropped, imputed = prepare_features(sample, options)
    prepared = preprocessor.features_ if preprocessor else []
    scaled = scaled_sample(preprocessor, imputed, used, options)
    fitted_rows = without_outliers(engine, believable, preprocessor, options)

    judgements = _scan(scaled, options)
    distinct = len(np.unique(scaled, axis=0)) if used else 1
    by_rule = choose_k(
        judgements,
        least=options.auto_k_from,
        most=options.auto_k_to,
        floor=options.stability_floor,
        otherwise=min(distinct, options.auto_k_to),
    )
    asked = by_rule if options.k == "auto" else int(options.k)
    k = min(asked, distinct)
    if k < asked:
        log.warning(
            "%s: %d segments were asked for, but only %d customers differ; fitting k = %d",
            segmentation, asked, k, k,
        )  # fmt: skip
    log.info("%s: fitting k = %d on %s customers", segmentation, k, f"{len(scaled):,}")
    start = (
        ALGORITHMS[options.algorithm](scaled, k, n_init=options.n_init, seed=options.seed)
        if used
        else np.zeros((1, 0))
    )
    # The engine cannot predict what is missing: what was imputed would be undone.
    is_imputed = options.imputation == "mice" and any(missing[name] for name in used)
    if not is_imputed:
        log.info("%s: refining on all customers in the engine", segmentation)
    refined = refine_centroids(
        engine,
        fitted_rows,
        prepared,
        start,
        max_passes=0 if is_imputed else options.max_passes,
        tolerance=options.tolerance,
    )
    centroids = _largest_first(engine, table, prepared, refined)
    features = _model_features(engine, table, prepared, scaled, missing)
    _warn_of_unknown_targets(vocabulary_for(playbook, k), features)
    segments = named_segments(engine, table, features, centroids, playbook, words, options, earlier)
    fingerprint = hashlib.sha256(np.ascontiguousarray(sample.to_numpy(float)).tobytes())
    model_number = earlier.model_number + 1 if earlier else 1
    return SegmentationModel(
        segmentation=segmentation,
        dataset=dataset,
        variant=variant,
        model_number=model_number,
        model_version=f"{segmentation}-{model_number:04d}-"
        + _content_hash(dataset, variant, options, centroids, fingerprint.digest()),
        previous_version=earlier.model_version if earlier else None,
        fitted_at=datetime.datetime.now(datetime.UTC).replace(tzinfo=None),
        as_of=as_of,
        lrfm_window_days=window_days,
        fit_reason=fit_reason,
        algorithm=options.algorithm,
        k=k,
        k_asked=str(options.k),
        k_by_rule=by_rule,
        options=options.as_json(),
        fit_hash=options.fit_hash(),
        playbook_hash=targets_hash(playbook),
        sample_fingerprint=fingerprint.hexdigest(),
        library_versions=_library_versions(),
        features_used=", ".join(feature.prepared.name for feature in features),
        features_dropped="; ".join(f"{feature.name}: {feature.reason}" for feature in dropped),
        features=features,
        dropped_features=dropped,
        segments=segments,
        metrics=FitMetrics(
            inertia=refined.inertia,
            customers=sum(refined.counts),
            sample_customers=len(scaled),
            passes=refined.passes,
            converged=refined.converged,
        ),
        k_scan=judgements,
        evidence=feature_evidence(
            scaled[:EVIDENCE_ROWS],
            nearest(scaled[:EVIDENCE_ROWS], centroids),
            [feature.name for feature in prepared],
            seed=options.seed,
        ),
    )


def _scan(scaled: Matrix, options: SegmentationOptions) -> list[KJudgement]:
    if not scaled.shape[1]:
        return []
    # The sample is ordered by a hash, so that its first rows are a sample of it.
    return scan_k(
        scaled[: options.scan_rows],
        ALGORITHMS[options.algorithm],
        range(options.scan_from, options.scan_to + 1),
        n_init=options.scan_n_init,
        seed=options.seed,
        resamples=options.stability_resamples,
        announce=log.info,
    )


def _largest_first(
    engine: DuckDBEngine,
    table: str,
    prepared: Sequence[PreparedFeature],
    refined: RefinedCentroids,
) -> Matrix:
    """Return the centroids by size over all customers, those who took no part in the fit too.

    Of equal ones, the one that is lower on the first feature on which they differ comes first.
    """
    assigned = assigned_table(engine, table, prepared, refined.centroids)
    counts = dict(engine.rows(f"select segment_id, count(*) from ({assigned}) group by segment_id"))
    order = sorted(
        range(len(refined.centroids)),
        key=lambda i: (-counts.get(i, 0), refined.centroids[i].tolist()),
    )
    return refined.centroids[order]


def _model_features(
    engine: DuckDBEngine,
    table: str,
    prepared: Sequence[PreparedFeature],
    scaled: Matrix,
    missing: Mapping[str, float],
) -> list[ModelFeature]:
    if not prepared:
        return []
    typical = engine.rows(f"select {medians(engine, prepared)} from {table}")[0]
    return [
        ModelFeature(
            prepared=feature,
            mean=float(scaled[:, j].mean()),
            standard_deviation=float(scaled[:, j].std()),
            typical=float(typical[j]),
            missing_share=missing[feature.name],
        )
        for j, feature in enumerate(prepared)
    ]


def _content_hash(
    dataset: str,
    variant: str,
    options: SegmentationOptions,
    centroids: Matrix,
    fingerprint: bytes,
) -> str:
    identity = f"{dataset}/{variant}/{options.fit_hash()}/".encode()
    content = identity + np.ascontiguousarray(centroids).tobytes() + fingerprint
    return hashlib.sha256(content).hexdigest()[:8]


def _warn_of_unknown_targets(
    vocabulary: Sequence[PlaybookRow], features: Sequence[ModelFeature]
) -> None:
    known = [feature.prepared.name for feature in features]
    for row in vocabulary:
        unknown = [name for name in row.targets if name not in known]
        if unknown:
            log.warning(
                "segment_playbook: row '%s' aims at %s, which is no feature of this model (%s)",
                row.segment_slug,
                ", ".join(unknown),
                ", ".join(known),
            )


def _library_versions() -> str:
    versions = {name: importlib.metadata.version(name) for name in LIBRARIES}
    return json.dumps({"python": platform.python_version(), **versions}, sort_keys=True)
