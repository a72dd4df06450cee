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
import pandas as pd

from segmentation.clustering import ALGORITHMS
from segmentation.clustering.k_scan import KJudgement, choose_k, scan_k
from segmentation.clustering.kmeans import RefinedCentroids, refine_centroids
from segmentation.engine import DuckDBEngine, number, quoted
from segmentation.model_row import (
    DroppedFeature,
    FitMetrics,
    ModelFeature,
    ModelSegment,
    SegmentationModel,
)
from segmentation.naming import EarlierSegment, SegmentName, name_segments
from segmentation.options import OptionError, SegmentationOptions
from segmentation.playbook import FeatureWords, PlaybookRow, targets_hash
from segmentation.preprocessing import FeaturePreprocessor, Matrix, PreparedFeature
from segmentation.scoring import assigned_table

LIBRARIES = ("duckdb", "kneed", "numpy", "pandas", "scikit-learn", "scipy", "segmentation")

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
        If a feature is no numeric column of the table.
    """
    _check_features(engine, table, options)
    sample = engine.sample(table, columns=options.features, key=key, rows=options.sample_rows)
    if sample.empty:
        return None
    preprocessor, used, dropped = _prepare(sample, options)
    prepared = preprocessor.features_ if preprocessor else []
    scaled = _scaled_sample(preprocessor, sample, used, options)
    fitted_rows = _without_outliers(engine, table, preprocessor, options)

    judgements = _scan(scaled, options)
    by_rule = choose_k(
        judgements,
        least=options.auto_k_from,
        most=options.auto_k_to,
        floor=options.stability_floor,
    )
    asked = by_rule if options.k == "auto" else int(options.k)
    k = min(asked, len(np.unique(scaled, axis=0)) if used else 1)
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
    log.info("%s: refining on all customers in the engine", segmentation)
    refined = refine_centroids(
        engine,
        fitted_rows,
        prepared,
        start,
        max_passes=options.max_passes,
        tolerance=options.tolerance,
    )
    centroids = _ordered(refined)
    features = _model_features(engine, table, prepared, scaled)
    vocabulary = playbook.get(k, ())
    segments = _named_segments(
        engine, table, features, centroids, vocabulary, words, options, earlier
    )
    fingerprint = hashlib.sha256(np.ascontiguousarray(sample.to_numpy(float)).tobytes())
    model_number = earlier.model_number + 1 if earlier else 1
    return SegmentationModel(
        segmentation=segmentation,
        dataset=dataset,
        variant=variant,
        model_number=model_number,
        model_version=f"{segmentation}-{model_number:04d}-"
        + _content_hash(options, centroids, fingerprint.digest()),
        previous_version=earlier.model_version if earlier else None,
        fitted_at=datetime.datetime.now(datetime.UTC).replace(tzinfo=None),
        as_of=as_of,
        fit_reason=fit_reason,
        algorithm=options.algorithm,
        k=k,
        k_asked=str(options.k),
        k_by_rule=by_rule,
        options=options.as_json(),
        fit_hash=options.fit_hash(),
        playbook_hash=targets_hash(vocabulary),
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
    )


def current_names(
    model: SegmentationModel,
    playbook: Mapping[int, Sequence[PlaybookRow]],
    words: Mapping[str, FeatureWords],
) -> list[SegmentName]:
    """Return the names of a model's segments under today's playbook.

    While the playbook's slugs and targets are those that the model was named with, slugs are
    those stored in the model, and only what people read is looked up again. Once they change,
    the segments are matched anew: a playbook edit renames, it never refits.

    Parameters
    ----------
    model : SegmentationModel
    playbook : mapping of int to sequence of PlaybookRow
        k to its vocabulary.
    words : mapping
        Feature to its words.

    Returns
    -------
    list of SegmentName, length k
    """
    limit = json.loads(model.options)["naming_limit"]
    vocabulary = playbook.get(model.k, ())
    if targets_hash(vocabulary) != model.playbook_hash:
        return name_segments(model.profiles, vocabulary, words, limit=limit)
    written = {row.segment_slug: row.segment_name for row in vocabulary}
    return [
        SegmentName(
            segment_slug=segment.segment_slug,
            segment_name=written.get(segment.segment_slug, segment.segment_name),
            named_by=segment.named_by,
            naming_distance=segment.naming_distance,
        )
        for segment in model.segments
    ]


def _check_features(engine: DuckDBEngine, table: str, options: SegmentationOptions) -> None:
    numeric = engine.numeric_columns(table)
    missing = [name for name in options.features if name not in numeric]
    if missing:
        raise OptionError(
            f"features names {', '.join(missing)}, which the feature table does not have as a "
            f"number. Its numeric columns are: {', '.join(numeric)}."
        )


def _prepare(
    sample: pd.DataFrame, options: SegmentationOptions
) -> tuple[FeaturePreprocessor | None, list[str], list[DroppedFeature]]:
    """Return a preprocessor fitted to the features that vary, and why the others are left out."""
    dropped, used = [], []
    for name in options.features:
        finite = sample[name].to_numpy(float)
        finite = finite[np.isfinite(finite)]
        if not finite.size:
            dropped.append(DroppedFeature(name, "no customer has a value"))
        elif np.ptp(finite) == 0:
            dropped.append(
                DroppedFeature(name, f"every customer has the same value, {finite[0]:g}")
            )
        else:
            used.append(name)
    while used:
        preprocessor = FeaturePreprocessor(
            outliers=options.outliers,
            outlier_factor=options.outlier_factor,
            transformation=options.transform,
            scaling=options.scaling,
        ).fit(sample[used])
        scaled = _scaled_sample(preprocessor, sample, used, options)
        flat = [name for j, name in enumerate(used) if np.ptp(scaled[:, j]) == 0]
        if not flat:
            break
        dropped += [
            DroppedFeature(name, f"every value is the same after outliers: {options.outliers}")
            for name in flat
        ]
        used = [name for name in used if name not in flat]
    for feature in dropped:
        log.warning("feature %s is left out: %s", feature.name, feature.reason)
    return (preprocessor if used else None), used, dropped


def _scaled_sample(
    preprocessor: FeaturePreprocessor | None,
    sample: pd.DataFrame,
    used: list[str],
    options: SegmentationOptions,
) -> Matrix:
    if preprocessor is None:
        return np.zeros((len(sample), 0))
    rows = sample[used]
    if options.outliers == "drop":
        rows = rows[preprocessor.inliers(rows)]
    scaled: Matrix = preprocessor.transform(rows)
    return scaled


def _without_outliers(
    engine: DuckDBEngine,
    table: str,
    preprocessor: FeaturePreprocessor | None,
    options: SegmentationOptions,
) -> str:
    if options.outliers != "drop" or preprocessor is None:
        return table
    conditions = []
    for feature, (lower, upper) in zip(preprocessor.features_, preprocessor.bounds_.T, strict=True):
        raw = f"cast({quoted(feature.name)} as double)"
        conditions.append(
            f"(not {engine.is_finite(raw)} or {raw} between {number(lower)} and {number(upper)})"
        )
    return f"(select * from {table} where {' and '.join(conditions)})"


def _scan(scaled: Matrix, options: SegmentationOptions) -> list[KJudgement]:
    if not scaled.shape[1]:
        return []
    # The sample is ordered by a hash, so that its first rows are a sample of it.
    return scan_k(
        scaled[: options.scan_rows],
        ALGORITHMS[options.algorithm],
        range(options.scan_from, options.scan_to + 1),
        n_init=options.n_init,
        seed=options.seed,
        resamples=options.stability_resamples,
        announce=log.info,
    )


def _ordered(refined: RefinedCentroids) -> Matrix:
    """Return the centroids, largest segment first, then lower on the first differing feature."""
    order = sorted(
        range(len(refined.counts)),
        key=lambda i: (-refined.counts[i], refined.centroids[i].tolist()),
    )
    return refined.centroids[order]


def _model_features(
    engine: DuckDBEngine, table: str, prepared: Sequence[PreparedFeature], scaled: Matrix
) -> list[ModelFeature]:
    if not prepared:
        return []
    medians = engine.rows(f"select {_medians(engine, prepared)} from {table}")[0]
    return [
        ModelFeature(
            prepared=feature,
            mean=float(scaled[:, j].mean()),
            standard_deviation=float(scaled[:, j].std()),
            typical=float(medians[j]),
        )
        for j, feature in enumerate(prepared)
    ]


def _medians(engine: DuckDBEngine, prepared: Sequence[PreparedFeature]) -> str:
    columns = []
    for feature in prepared:
        raw = f"cast({quoted(feature.name)} as double)"
        columns.append(f"median(case when {engine.is_finite(raw)} then {raw} end)")
    return ", ".join(columns)


def _named_segments(
    engine: DuckDBEngine,
    table: str,
    features: list[ModelFeature],
    centroids: Matrix,
    vocabulary: Sequence[PlaybookRow],
    words: Mapping[str, FeatureWords],
    options: SegmentationOptions,
    earlier: SegmentationModel | None,
) -> list[ModelSegment]:
    prepared = [feature.prepared for feature in features]
    names_of_raw = [feature.name for feature in prepared]
    assigned = assigned_table(engine, table, prepared, centroids, keep=names_of_raw)
    medians = f", {_medians(engine, prepared)}" if prepared else ""
    described = {
        row[0]: row[1:]
        for row in engine.rows(
            f"select segment_id, count(*){medians} from ({assigned}) group by segment_id"
        )
    }
    profiles = [_profile(features, dict(zip(names_of_raw, c, strict=True))) for c in centroids]
    names = name_segments(
        profiles,
        vocabulary,
        words,
        limit=options.naming_limit,
        earlier=_earlier_segments(features, earlier),
    )
    segments = []
    for i, (centroid, profile, name) in enumerate(zip(centroids, profiles, names, strict=True)):
        count, *typical = described.get(i, (0, *[None] * len(features)))
        segments.append(
            ModelSegment(
                segment_id=i,
                segment_slug=name.segment_slug,
                segment_name=name.segment_name,
                named_by=name.named_by,
                naming_distance=name.naming_distance,
                customers=int(count),
                centroid=[float(c) for c in centroid],
                profile=list(profile.values()),
                # A segment in which nobody has a value is described by what stands for one.
                typical=[
                    feature.prepared.fill if value is None else float(value)
                    for feature, value in zip(features, typical, strict=True)
                ],
            )
        )
    return segments


def _profile(features: Sequence[ModelFeature], centroid: Mapping[str, float]) -> dict[str, float]:
    return {
        f.prepared.name: (float(centroid[f.prepared.name]) - f.mean) / f.standard_deviation
        for f in features
        if f.prepared.name in centroid
    }


def _earlier_segments(
    features: Sequence[ModelFeature], earlier: SegmentationModel | None
) -> list[EarlierSegment]:
    """Return the segments of the model before, placed among the new model's z-scores."""
    if earlier is None:
        return []
    now = {feature.prepared.name: feature.prepared for feature in features}
    placed = []
    for segment in earlier.segments:
        centroid = {
            old.prepared.name: float(
                now[old.prepared.name].scaled(old.prepared.unscaled(np.array([value])))[0]
            )
            for old, value in zip(earlier.features, segment.centroid, strict=True)
            if old.prepared.name in now
        }
        placed.append(
            EarlierSegment(segment.segment_slug, segment.segment_name, _profile(features, centroid))
        )
    return placed


def _content_hash(options: SegmentationOptions, centroids: Matrix, fingerprint: bytes) -> str:
    content = options.fit_hash().encode() + np.ascontiguousarray(centroids).tobytes() + fingerprint
    return hashlib.sha256(content).hexdigest()[:8]


def _library_versions() -> str:
    versions = {name: importlib.metadata.version(name) for name in LIBRARIES}
    return json.dumps({"python": platform.python_version(), **versions}, sort_keys=True)
