"""What a build is about, and why it has to fit."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from segmentation.classification import ClassifierOptions
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.registry.header import FitRequest, FittedContent, ModelHeader
from segmentation.registry.option_checks import OptionError
from segmentation.registry.option_groups import FitConfiguration
from segmentation.registry.refit_policy import why_fit
from segmentation.registry.run import Run, read_run

DAY = datetime.date(2025, 12, 31)
RUN = Run("sample", "default", DAY, 365)


NOW, THEN = (FitConfiguration(ClassifierOptions(("age",), seed=seed)) for seed in (1, 2))


def fit(
    configuration: FitConfiguration = NOW,
    as_of: datetime.date = DAY,
    lrfm_window_days: int = 365,
) -> ModelHeader:
    """Return what is asked of an earlier fit, the third."""
    run = Run("sample", "default", as_of, lrfm_window_days)
    fitted = FittedContent("trees", 2, ["age"], [], b"", "")
    request = FitRequest("prospects", run, "there is no model yet", 3)
    return request.header(configuration.options.as_json(), configuration.fit_hash, fitted)


def days_ago(days: int) -> ModelHeader:
    return fit(as_of=DAY - datetime.timedelta(days=days))


@pytest.mark.parametrize(
    ("latest", "refit", "refit_after_days", "reason"),
    [
        (None, False, None, "there is no model yet"),
        (None, True, 1, "there is no model yet"),
        (fit(), False, None, None),
        (fit(), "False", "None", None),
        (fit(), False, "", None),
        (fit(), " TRUE ", None, "it was asked for"),
        (fit(THEN), True, None, "it was asked for"),
        (fit(THEN, lrfm_window_days=90), False, 0, "the configuration changed"),
        (
            fit(lrfm_window_days=90),
            False,
            None,
            "frequency and monetary count 365 days and counted 90",
        ),
        (days_ago(1000), False, None, None),
        (days_ago(30), False, 30, None),
        (days_ago(31), False, "30", "the last model is older than 30 days"),
        (fit(), False, 0, None),
        (days_ago(1), False, 0, "the last model is older than 0 days"),
        # A build as of an earlier day: the model is of the future, and not old.
        (days_ago(-400), False, 30, None),
    ],
)
def test_why(
    latest: ModelHeader | None, refit: Any, refit_after_days: Any, reason: str | None
) -> None:
    found = why_fit(latest, NOW, RUN, refit, refit_after_days)
    assert (found.words if found else None) == reason
    # Only a refit for age has to pass the gates.
    is_old = reason is not None and "older than" in reason
    assert (found is not None and found.is_bound_by_gates) == is_old


@pytest.mark.parametrize(
    ("latest", "before_request", "reason"),
    [
        # This run is the first that asks for it.
        (fit(), 3, "it was asked for"),
        # A run that did not end fitted it.
        (fit(), 2, None),
        (None, 0, "there is no model yet"),
        # Whatever else speaks for a fit speaks for it still.
        (days_ago(1), 2, "it was asked for"),
        (fit(THEN), 2, "the configuration changed"),
        (fit(lrfm_window_days=90), 2, "frequency and monetary count 365 days and counted 90"),
    ],
)
def test_a_refit_that_a_killed_run_made_is_not_made_again(
    latest: ModelHeader | None, before_request: int, reason: str | None
) -> None:
    found = why_fit(latest, NOW, RUN, True, None, before_request)
    assert (found.words if found else None) == reason
    # Where none is asked for, earlier requests are no matter.
    if latest is not None and reason in (None, "it was asked for") and latest.as_of == DAY:
        assert why_fit(latest, NOW, RUN, False, None, before_request) is None


@pytest.mark.parametrize(
    ("refit", "refit_after_days", "message"),
    [
        ("yes", None, "refit is 'yes'. It must be true or false."),
        (1, None, "refit is 1. It must be true or false."),
        (None, None, "refit is None. It must be true or false."),
        (False, -1, "refit_after_days is -1. It must be a whole number of days, or null."),
        (False, 1.5, "refit_after_days is 1.5. It must be a whole number of days, or null."),
        (False, "a month", "refit_after_days is 'a month'. It must be"),
        (False, "²", "refit_after_days is '²'. It must be"),
        (False, "9" * 5_000, "It must be a whole number of days, or null."),
        ("yes", "²", "must be true or false.\nrefit_after_days is '²'. It must be"),
    ],
)
@pytest.mark.parametrize("latest", [None, fit()])
def test_an_unreadable_refit_setting_is_an_error_with_or_without_a_model(
    latest: ModelHeader | None, refit: Any, refit_after_days: Any, message: str
) -> None:
    with pytest.raises(OptionError) as raised:
        why_fit(latest, NOW, RUN, refit, refit_after_days)
    assert message in str(raised.value)


def test_a_run_is_the_one_row_of_its_settings(engine: DuckDBEngine) -> None:
    row = (
        "(select 'sample' as dataset, 'default' as variant, date '2025-12-31' as as_of,"
        " 365 as lrfm_window_days, 30 as early_days)"
    )
    assert read_run(engine, row) == read_run(engine, engine.relation(f"from {row}")) == RUN
