"""A fitted classifier as one row: what the table ``prospects_model`` holds."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from segmentation.classification.classifier import SegmentClassifier
from segmentation.classification.metrics import BASELINE
from segmentation.classification.options import LOG_LOSS
from segmentation.classification.storage import check_stored, load_classifier
from segmentation.registry.arrow import FLAG, REAL, REALS, TEXT, WHOLE, records, struct
from segmentation.registry.header import ModelHeader, model_columns


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
        Mean revenue of one of them in a year, and its standard error; None if none is known.
    """

    segment_id: int
    label: str
    segment_slug: str
    labelled_customers: int
    headline: str
    yearly_revenue: float | None
    yearly_revenue_error: float | None


@dataclass(frozen=True)
class ProspectsModel(ModelHeader):
    """One fit. A table of these is the history of the classifier.

    The lists are the records of :class:`segmentation.classification.fit.ClassifierFit`;
    `payload` and `digest` are those of :mod:`segmentation.classification.storage`.

    Attributes
    ----------
    criterion : str
        What candidates were compared by.
    needed_score : float or None
        The value of it that was as good as the best.
    horizon_days : int or None
        The age that segments are forecast for; None where they are known segments, as everything
        below is.
    learned_from_day : date or None
        Customers who first bought before it were left out (burn-in).
    value_rule : str or None
        What gave the segments that were learned: the version of the value model, and its states.
    value_segment_ids : list of int
        The value segment that each segment is.
    backtest : dict or None
        The fields of :class:`segmentation.classification.backtest.Backtest`.
    spend : dict or None
        The fields of :class:`segmentation.classification.sales.SpendModel`.
    segment_sales : list of float
        Mean later sales of the customers that each segment was learned from.
    sales_backtest_ratio : float or None
        Expected by actual sales of past cohorts.
    """

    SCHEMA: ClassVar[pa.Schema] = model_columns(
        {
            "target_source": TEXT,
            "labelled_customers": WHOLE,
            "segments": records(
                segment_id=WHOLE,
                label=TEXT,
                segment_slug=TEXT,
                labelled_customers=WHOLE,
                headline=TEXT,
                yearly_revenue=REAL,
                yearly_revenue_error=REAL,
            ),
            "selection": records(
                candidate=TEXT,
                simplicity=WHOLE,
                setting=TEXT,
                macro_f1=REAL,
                standard_error=REAL,
                needed_macro_f1=REAL,
                is_best=FLAG,
                is_as_good=FLAG,
                is_winner=FLAG,
                leak_flag=TEXT,
            ),
            "classifier_metrics": records(
                candidate=TEXT,
                validation=TEXT,
                metric=TEXT,
                segment=TEXT,
                mean=REAL,
                standard_deviation=REAL,
                standard_error=REAL,
                folds=WHOLE,
            ),
            "confusion": records(
                candidate=TEXT, actual=TEXT, predicted=TEXT, customers=WHOLE, share=REAL
            ),
            "importance": records(
                candidate=TEXT,
                feature=TEXT,
                rank=WHOLE,
                mean=REAL,
                standard_deviation=REAL,
                folds=WHOLE,
                shuffles=WHOLE,
            ),
            "calibration": records(
                candidate=TEXT,
                stage=TEXT,
                lower=REAL,
                upper=REAL,
                customers=WHOLE,
                mean_probability=REAL,
                accuracy=REAL,
            ),
            "temperature": REAL,
            "warnings": pa.list_(TEXT),
            "payload": pa.binary(),
            "digest": TEXT,
            "criterion": TEXT,
            "needed_score": REAL,
            "horizon_days": WHOLE,
            "learned_from_day": pa.date32(),
            "value_rule": TEXT,
            "value_segment_ids": pa.list_(WHOLE),
            "backtest": struct(drift=REAL, cohorts=WHOLE, coverage=REAL, sampling_errors=REALS),
            "spend": struct(
                features=pa.list_(TEXT),
                fills=REALS,
                centers=REALS,
                scales=REALS,
                weights=REALS,
                intercept=REAL,
                mean=REAL,
            ),
            "segment_sales": REALS,
            "sales_backtest_ratio": REAL,
        }
    )
    ADDED_LATER: ClassVar[Mapping[str, Any]] = {
        "criterion": "macro_f1",
        "value_segment_ids": [],
        "segment_sales": [],
    }

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
    criterion: str
    needed_score: float | None
    horizon_days: int | None
    learned_from_day: datetime.date | None
    value_rule: str | None
    value_segment_ids: list[int]
    backtest: dict[str, Any] | None
    spend: dict[str, Any] | None
    segment_sales: list[float]
    sales_backtest_ratio: float | None

    def classifier(self) -> SegmentClassifier:
        """Return what was stored.

        Raises
        ------
        StoredClassifierError
            If the payload is not what was stored, or this scikit-learn cannot read it.
        """
        return load_classifier(self.payload, self.digest)

    def check_classifier(self) -> None:
        """Check that :meth:`classifier` returns one, without loading it where that is known.

        Raises
        ------
        StoredClassifierError
            As there.
        """
        check_stored(self.payload, self.digest)

    @property
    def skill(self) -> float | None:
        """How much better it is than the shares of the segments, by its criterion, out of fold.

        The share by which its log loss is lower, or by how much its macro F1 is higher; None where
        that was not measured.
        """
        scores = {
            record["candidate"]: record["mean"]
            for record in self.classifier_metrics
            if record["validation"] == "grouped"
            and record["metric"] == self.criterion
            and record["segment"] is None
        }
        own, of_shares = scores.get(self.algorithm), scores.get(BASELINE)
        if own is None or of_shares is None:
            return None
        if self.criterion != LOG_LOSS:
            return float(own - of_shares)
        return float(1.0 - own / of_shares) if of_shares > 0 else None

    @classmethod
    def _read(cls, values: dict[str, Any]) -> dict[str, Any]:
        return values | {"segments": [ProspectSegment(**s) for s in values["segments"]]}
