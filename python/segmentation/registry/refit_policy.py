"""Whether a build has to fit a model, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from segmentation.registry.header import ModelHeader
from segmentation.registry.option_checks import OptionError
from segmentation.registry.option_groups import FitConfiguration
from segmentation.registry.run import Run


@dataclass(frozen=True)
class FitReason:
    """Why a model has to be fitted.

    Attributes
    ----------
    words : str
    is_bound_by_gates : bool
        Whether the fit takes over only if it passes the gates: where the current model is sound and
        has today's settings, and no refit was requested.
    """

    words: str
    is_bound_by_gates: bool = False


def why_fit(
    latest: ModelHeader | None,
    configuration: FitConfiguration,
    run: Run,
    refit: Any,
    refit_after_days: Any,
    before_request: int | None = None,
) -> FitReason | None:
    """Return why a model has to be fitted; None where the latest can stay.

    Parameters
    ----------
    latest : ModelHeader or None
        The last fit of the data set, be it current or a challenger.
    configuration : FitConfiguration
        Today's.
    run : Run
    refit : bool
        Whether a fit is asked for.
    refit_after_days : int or None
        Age of a model, from its as_of to this build's, after which it is too old.
    before_request : int, optional
        Number of the last model before the fit was asked for, where runs that did not end may have
        asked for it before: see :mod:`segmentation.registry.refit_requests`.

    Raises
    ------
    OptionError
        If one of the last two is no such thing, see :func:`read_refit`.
    """
    is_asked_for, most_days = read_refit(refit, refit_after_days)
    if latest is None:
        return FitReason("there is no model yet")
    if is_asked_for and not answers_request(latest, run, before_request):
        return FitReason("it was asked for")
    if not configuration.made(latest):
        return FitReason("the configuration changed")
    if latest.lrfm_window_days != run.lrfm_window_days:
        return FitReason(
            f"frequency and monetary count {run.lrfm_window_days} days and counted "
            f"{latest.lrfm_window_days}"
        )
    if most_days is not None and (run.as_of - latest.as_of).days > most_days:
        return FitReason(f"the last model is older than {most_days} days", is_bound_by_gates=True)
    return None


def answers_request(latest: ModelHeader, run: Run, before_request: int | None) -> bool:
    """Return whether a model was fitted for the refit that this build asks for once more."""
    return (
        before_request is not None
        and latest.model_number > before_request
        and latest.as_of == run.as_of
    )


def read_flag(name: str, value: Any) -> bool:
    """Return a setting that is true or false.

    Raises
    ------
    OptionError
        If it is neither.
    """
    written = str(value).strip().lower()
    if written not in {"true", "false"}:
        raise OptionError(f"{name} is {value!r}. It must be true or false.")
    return written == "true"


def read_refit(refit: Any, refit_after_days: Any) -> tuple[bool, int | None]:
    """Return whether a fit is asked for, and the age in days after which a model is too old.

    Raises
    ------
    OptionError
        If one of them cannot be read; the message names both if need be.
    """
    asked = str(refit).strip().lower()
    days = str(refit_after_days).strip().lower()
    problems = []
    if asked not in {"true", "false"}:
        problems.append(f"refit is {refit!r}. It must be true or false.")
    has_days = days not in {"none", "null", ""}
    # Other digits than these ten are digits to Python too.
    if has_days and not re.fullmatch("[0-9]{1,9}", days):
        problems.append(
            f"refit_after_days is {refit_after_days!r}. It must be a whole number of days, or null."
        )
    if problems:
        raise OptionError(*problems)
    return asked == "true", int(days) if has_days else None
