"""A fitted classifier as one row: what the table ``prospects_model`` holds."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import pyarrow as pa

from segmentation.classification.classifier import SegmentClassifier
from segmentation.classification.storage import load_classifier
from segmentation.registry.current import require_fields
from segmentation.registry.digest import DIGEST, with_digests


@dataclass(frozen=True)
class ProspectSegment:
    """A segment that prospects can join.

    Attributes
    ----------
    segment_id : int
        The place of the segment in the classifier's probabilities.
    label : str
        As the data call it.
    segment_slug : str
    labelled_customers : int
        Customers that the classifier learned it from.
    headline : str
        What sets them apart, in words.
    yearly_revenue, yearly_revenue_error : float or None
        Mean revenue of one of them in a year, and its standard error; None where nobody's is known.
    """

    segment_id: int
    label: str
    segment_slug: str
    labelled_customers: int
    headline: str
    yearly_revenue: float | None
    yearly_revenue_error: float | None


@dataclass(frozen=True)
class ProspectsModel:
    """One fit. A table of these is the history of the classifier.

    The lists are the records of :class:`segmentation.classification.fit.ClassifierFit`;
    `payload` and `digest` are those of :mod:`segmentation.classification.storage`.
    """

    segmentation: str
    dataset: str
    variant: str
    model_number: int
    model_version: str
    previous_version: str | None
    fitted_at: datetime.datetime
    as_of: datetime.date
    lrfm_window_days: int
    fit_reason: str
    algorithm: str
    k: int
    options: str
    fit_hash: str
    sample_fingerprint: str
    library_versions: str
    features_used: str
    features_dropped: str
    target_source: str
    labelled_customers: int
    segments: list[ProspectSegment]
    selection: list[dict[str, Any]]
    classifier_metrics: list[dict[str, Any]]
    confusion: list[dict[str, Any]]
    importance: list[dict[str, Any]]
    calibration: list[dict[str, Any]]
    temperature: float
    warnings: list[str]
    payload: bytes
    digest: str

    def classifier(self) -> SegmentClassifier:
        """Return what was stored.

        Raises
        ------
        StoredClassifierError
            If the payload is not what was stored, or this scikit-learn cannot read it.
        """
        return load_classifier(self.payload, self.digest)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Read a row as the engine returns it.

        Raises
        ------
        StoredModelError
            If a field is empty that a model needs.
        """
        require_fields(record, cls)
        values = {field.name: record[field.name] for field in dataclasses.fields(cls)}
        values["segments"] = [ProspectSegment(**segment) for segment in record["segments"]]
        return cls(**values)


def _rows(**fields: pa.DataType) -> pa.DataType:
    return pa.list_(pa.struct(list(fields.items())))


_TEXT, _WHOLE, _REAL, _FLAG = pa.string(), pa.int64(), pa.float64(), pa.bool_()

SCHEMA = pa.schema(
    {
        "segmentation": _TEXT,
        "dataset": _TEXT,
        "variant": _TEXT,
        "model_number": _WHOLE,
        "model_version": _TEXT,
        "previous_version": _TEXT,
        "fitted_at": pa.timestamp("us"),
        "as_of": pa.date32(),
        "lrfm_window_days": _WHOLE,
        "fit_reason": _TEXT,
        "algorithm": _TEXT,
        "k": _WHOLE,
        "options": _TEXT,
        "fit_hash": _TEXT,
        "sample_fingerprint": _TEXT,
        "library_versions": _TEXT,
        "features_used": _TEXT,
        "features_dropped": _TEXT,
        "target_source": _TEXT,
        "labelled_customers": _WHOLE,
        "segments": _rows(
            segment_id=_WHOLE,
            label=_TEXT,
            segment_slug=_TEXT,
            labelled_customers=_WHOLE,
            headline=_TEXT,
            yearly_revenue=_REAL,
            yearly_revenue_error=_REAL,
        ),
        "selection": _rows(
            candidate=_TEXT,
            simplicity=_WHOLE,
            setting=_TEXT,
            macro_f1=_REAL,
            standard_error=_REAL,
            needed_macro_f1=_REAL,
            is_best=_FLAG,
            is_as_good=_FLAG,
            is_winner=_FLAG,
            leak_flag=_TEXT,
        ),
        "classifier_metrics": _rows(
            candidate=_TEXT,
            validation=_TEXT,
            metric=_TEXT,
            segment=_TEXT,
            mean=_REAL,
            standard_deviation=_REAL,
            standard_error=_REAL,
            folds=_WHOLE,
        ),
        "confusion": _rows(
            candidate=_TEXT, actual=_TEXT, predicted=_TEXT, customers=_WHOLE, share=_REAL
        ),
        "importance": _rows(
            candidate=_TEXT,
            feature=_TEXT,
            rank=_WHOLE,
            mean=_REAL,
            standard_deviation=_REAL,
            folds=_WHOLE,
            shuffles=_WHOLE,
        ),
        "calibration": _rows(
            candidate=_TEXT,
            stage=_TEXT,
            lower=_REAL,
            upper=_REAL,
            customers=_WHOLE,
            mean_probability=_REAL,
            accuracy=_REAL,
        ),
        "temperature": _REAL,
        "warnings": pa.list_(_TEXT),
        "payload": pa.binary(),
        "digest": _TEXT,
        DIGEST: _TEXT,
    }
)


def as_table(
    models: Sequence[ProspectsModel], earlier: Sequence[Mapping[str, Any]] = ()
) -> pa.Table:
    """Return models as the table that the engine stores, each row with its digest.

    Parameters
    ----------
    models : sequence of ProspectsModel
    earlier : sequence of mapping
        Rows of the table that were stored without a digest.

    Returns
    -------
    pyarrow.Table
        No rows where there is neither, and the same columns.
    """
    records = [*earlier, *(dataclasses.asdict(model) for model in models)]
    return with_digests(pa.Table.from_pylist(records, schema=SCHEMA))
