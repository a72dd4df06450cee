"""A fit of lifetime value as one row: what the table ``lifetime_value_model`` holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from segmentation.registry.arrow import FLAG, REAL, REALS, TEXT, WHOLE, records, struct
from segmentation.registry.header import ModelHeader, model_columns

SEGMENTATION = "lifetime_value"

# The columns of rpt_value_forecast_accuracy that a fit knows.
ACCURACY = {
    "forecast_on": pa.date32(),
    "measure": TEXT,
    "forecast_method": TEXT,
    "grouped_by": TEXT,
    "group_number": WHOLE,
    "group_name": TEXT,
    "is_in_use": FLAG,
    "customers": WHOLE,
    "predicted": REAL,
    "lower_predicted": REAL,
    "upper_predicted": REAL,
    "actual": REAL,
    "rmse": REAL,
    "rank_correlation": REAL,
    "auc": REAL,
    "calibration_slope": REAL,
    "interval_coverage": REAL,
}

# The columns of rpt_value_forecast_horizons that a fit knows.
HORIZON_ACCURACY = {
    name: kind for name, kind in {**ACCURACY, "horizon_days": WHOLE}.items() if name != "auc"
}

LOSSES = {
    "forecast_on": pa.date32(),
    "fifth": WHOLE,
    "customers": WHOLE,
    "learned_from_customers": WHOLE,
    "expected_loss": REAL,
    "actual_loss": REAL,
    "share_of_actual_loss": REAL,
    "share_by_run_rate": REAL,
    "largest_possible_share": REAL,
}


# What LifetimeValueFit.as_record returns.
FIT = {
    "candidates": records(
        fit=struct(
            family=TEXT,
            r=REAL,
            alpha=REAL,
            a=REAL,
            b=REAL,
            covariance=pa.list_(REALS),
            log_likelihood=REAL,
            customers=WHOLE,
            repeat_customers=WHOLE,
            distinct_histories=WHOLE,
            penalised=FLAG,
            starts=WHOLE,
            agreeing_starts=WHOLE,
        ),
        later_log_likelihood=REAL,
        chosen=FLAG,
    ),
    "chosen_by": TEXT,
    "spend": struct(
        p=REAL,
        q=REAL,
        v=REAL,
        covariance=pa.list_(REALS),
        log_likelihood=REAL,
        customers=WHOLE,
        excluded=WHOLE,
        correlation=REAL,
        penalised=FLAG,
        starts=WHOLE,
        agreeing_starts=WHOLE,
    ),
    "warnings": pa.list_(TEXT),
}


@dataclass(frozen=True)
class LifetimeValueModel(ModelHeader):
    """One fit. A table of these is the history of lifetime value.

    Attributes
    ----------
    customers, repeat_customers : int
        That it was fitted to, and those of them with a repeat purchase.
    why_none : str or None
        Why there is no model; None where there is one. Of a row without a model, everything below
        is empty.
    candidates, chosen_by, spend
        What :meth:`segmentation.lifetime_value.fit.LifetimeValueFit.as_record` says.
    parameters : list of dict
        Of all models: ``model_family``, ``parameter_symbol``, ``estimate``, ``standard_error``, the
        ends of a 95 % interval, and whether the model is in use.
    combinations : list of dict
        Of purchases and of revenue the fields of
        :class:`segmentation.lifetime_value.combined_forecast.CombinedForecast`, and the day that
        the weights were learned on.
    accuracy : list of dict
        Rows of ``rpt_value_forecast_accuracy``.
    losses : list of dict
        Rows of ``rpt_expected_loss_backtest``, of the newest back-test.
    verdict : dict
        Which method is in use, whether back-tests allow to rank customers by it, and why.
    curves : list of dict
        What the purchase model expects of all customers, beside what they did.
    choice : str or None
        Which purchase model was chosen, and why, in words.
    weights : str or None
        How recent paces are weighed, in words; None where the purchase model stands alone.
    notes : str or None
        The warnings, and which horizons were not tested or forecast badly, as one text.
    warnings : list of str
        What a reader of the forecasts must know of the fit.
    horizons : list of dict
        Rows of ``rpt_value_forecast_horizons``.
    past_fits : list of dict
        What back-tests were made with: ``forecast_on``, and the fields of a fit.
    """

    SCHEMA: ClassVar[pa.Schema] = model_columns(
        {
            "customers": WHOLE,
            "repeat_customers": WHOLE,
            "why_none": TEXT,
            **FIT,
            "parameters": records(
                model_family=TEXT,
                parameter_symbol=TEXT,
                estimate=REAL,
                standard_error=REAL,
                lower=REAL,
                upper=REAL,
                is_in_use=FLAG,
            ),
            "combinations": records(
                measure=TEXT, learned_on=pa.date32(), customers=WHOLE, weights=REALS
            ),
            "accuracy": records(**ACCURACY),
            "losses": records(**LOSSES),
            "verdict": struct(
                method=TEXT, loses_to_last_period=FLAG, ranks_customers=FLAG, because=TEXT
            ),
            "curves": records(curve=TEXT, position=REAL, expected=REAL, actual=REAL),
            "choice": TEXT,
            "weights": TEXT,
            "notes": TEXT,
            "horizons": records(**HORIZON_ACCURACY),
            "past_fits": records(forecast_on=pa.date32(), **FIT),
        }
    )
    # Only 90 days were judged, and the fits of back-tests were not kept.
    ADDED_LATER: ClassVar[Mapping[str, Any]] = {"horizons": [], "past_fits": []}

    customers: int
    repeat_customers: int
    why_none: str | None
    candidates: Sequence[Mapping[str, Any]]
    chosen_by: str | None
    spend: Mapping[str, Any] | None
    parameters: Sequence[Mapping[str, Any]]
    combinations: Sequence[Mapping[str, Any]]
    accuracy: Sequence[Mapping[str, Any]]
    losses: Sequence[Mapping[str, Any]]
    verdict: Mapping[str, Any] | None
    curves: Sequence[Mapping[str, Any]]
    choice: str | None
    weights: str | None
    notes: str | None
    warnings: Sequence[str]
    horizons: Sequence[Mapping[str, Any]]
    past_fits: Sequence[Mapping[str, Any]]

    @property
    def fit_record(self) -> dict[str, Any]:
        """The fields that :meth:`LifetimeValueFit.from_record` reads."""
        return {
            "candidates": self.candidates,
            "chosen_by": self.chosen_by,
            "spend": self.spend,
            "warnings": self.warnings,
        }

    @property
    def has_forecast(self) -> bool:
        """Whether anything can be forecast by it."""
        return self.why_none is None
