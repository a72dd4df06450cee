"""Fits a purchase model and a spend model, and says how they were found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from segmentation.lifetime_value.maximum_likelihood import NoMaximumError
from segmentation.lifetime_value.options import AUTO, PurchaseOptions
from segmentation.lifetime_value.purchase_fit import (
    PurchaseFit,
    TooLittleDataError,
    fit_purchase_model,
)
from segmentation.lifetime_value.purchase_models import BG_NBD, MBG_NBD, NAMES, PURCHASE_MODELS
from segmentation.lifetime_value.repeat_purchases import Numbers, RepeatPurchases
from segmentation.lifetime_value.spend_model import SpendFit, fit_spend_model
from segmentation.lifetime_value.time_split import TimeSplit, later_log_likelihood

# How the purchase model was chosen.
BY_LATER_PURCHASES, BY_HISTORIES, BY_OPTION = "later_purchases", "histories", "option"

# Of two models with as many parameters, both have support where log-likelihoods differ by less
# (Burnham and Anderson, 2002, Model Selection and Multimodel Inference: 4 in twice the logarithm).
_NO_EVIDENCE = 2.0


@dataclass(frozen=True)
class Candidate:
    """A purchase model that was considered.

    Attributes
    ----------
    fit : PurchaseFit
        To all histories.
    later_log_likelihood : float or None
        Of the purchases after an earlier day, by a fit to the histories before it; None without
        such a day.
    chosen : bool
    """

    fit: PurchaseFit
    later_log_likelihood: float | None
    chosen: bool


@dataclass(frozen=True)
class LifetimeValueFit:
    """A fitted model of lifetime value.

    Attributes
    ----------
    candidates : tuple of Candidate
        Every purchase model, in the order in which ties are broken.
    chosen_by : str
        ``"later_purchases"``, ``"histories"`` (there was no earlier day) or ``"option"``.
    spend : SpendFit or None
        None if spends are unknown, or those of too few customers known.
    warnings : tuple of str
        What a reader of the forecasts must know.
    """

    candidates: tuple[Candidate, ...]
    chosen_by: str
    spend: SpendFit | None
    warnings: tuple[str, ...]

    @property
    def purchases(self) -> PurchaseFit:
        """The purchase model that was chosen."""
        return next(candidate.fit for candidate in self.candidates if candidate.chosen)

    def as_record(self) -> dict[str, Any]:
        """Return everything as plain numbers, text and lists."""
        return {
            "candidates": [
                {
                    "fit": candidate.fit.as_record(),
                    "later_log_likelihood": candidate.later_log_likelihood,
                    "chosen": candidate.chosen,
                }
                for candidate in self.candidates
            ],
            "chosen_by": self.chosen_by,
            "spend": None if self.spend is None else self.spend.as_record(),
            "warnings": list(self.warnings),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Return the fit that :meth:`as_record` described."""
        return cls(
            candidates=tuple(
                Candidate(
                    PurchaseFit.from_record(row["fit"]),
                    row["later_log_likelihood"],
                    bool(row["chosen"]),
                )
                for row in record["candidates"]
            ),
            chosen_by=str(record["chosen_by"]),
            spend=None if record["spend"] is None else SpendFit.from_record(record["spend"]),
            warnings=tuple(record["warnings"]),
        )


@dataclass(frozen=True)
class NoModel:
    """There is no model of lifetime value.

    Attributes
    ----------
    reason : str
        Why, and what to do.
    """

    reason: str


def fit_lifetime_value(
    purchases: RepeatPurchases,
    spends: Numbers | None = None,
    split: TimeSplit | None = None,
    options: PurchaseOptions | None = None,
) -> LifetimeValueFit | NoModel:
    """Fit lifetime value.

    Both purchase models are fitted to all histories. With a split, both are also fitted to the
    histories of the earlier day, and the one under which the later purchases are likelier is
    chosen; without one, or with too few customers before that day, the one under which the
    histories are likelier. Both have four parameters. BG/NBD says of each customer who bought once
    that they are customers still: it is only chosen if its log-likelihood is higher by 2 or more.

    Parameters
    ----------
    purchases : RepeatPurchases
        Of all n customers with a purchase.
    spends : ndarray of float64, shape (n,), optional
        Mean spend on a repeat purchase day, in the currency; anything without a repeat purchase.
    split : TimeSplit, optional
        The same customers on an earlier day, as far as they had bought by then.
    options : PurchaseOptions, optional

    Returns
    -------
    LifetimeValueFit or NoModel
        The latter if there are fewer than 100 customers, or nobody bought again.

    Raises
    ------
    ValueError
        If purchases and spends differ in length.
    """
    options = options or PurchaseOptions()
    if spends is not None and np.shape(spends) != (len(purchases),):
        raise ValueError(
            f"There are {len(purchases):,} customers, and spends of shape {np.shape(spends)}. "
            "Pass one mean spend each, missing where there is none."
        )
    grouped = purchases.grouped()
    try:
        fits = {family: fit_purchase_model(family, grouped) for family in PURCHASE_MODELS}
    except (TooLittleDataError, NoMaximumError) as error:
        return NoModel(str(error))
    scores = {} if split is None else _scores(split)
    chosen, chosen_by = _choice(options.purchase_model, fits, scores)
    spend, words = _spend(purchases, spends)
    return LifetimeValueFit(
        candidates=tuple(
            Candidate(fit, scores.get(family), family == chosen) for family, fit in fits.items()
        ),
        chosen_by=chosen_by,
        spend=spend,
        warnings=(*fits[chosen].warnings(), *words),
    )


def _scores(split: TimeSplit) -> dict[str, float]:
    """Return the log-likelihood of the later purchases under each model of the earlier ones."""
    grouped = split.earlier.grouped()
    try:
        return {
            family: later_log_likelihood(fit_purchase_model(family, grouped).model, split)
            for family in PURCHASE_MODELS
        }
    except (TooLittleDataError, NoMaximumError):
        return {}


def _choice(
    asked: str, fits: Mapping[str, PurchaseFit], scores: Mapping[str, float]
) -> tuple[str, str]:
    if asked != AUTO:
        return asked, BY_OPTION
    heights = scores or {family: fit.log_likelihood for family, fit in fits.items()}
    chosen = BG_NBD if heights[BG_NBD] - heights[MBG_NBD] >= _NO_EVIDENCE else MBG_NBD
    return chosen, BY_LATER_PURCHASES if scores else BY_HISTORIES


def _spend(purchases: RepeatPurchases, spends: Numbers | None) -> tuple[SpendFit | None, list[str]]:
    if spends is None:
        return None, ["Spends are unknown: purchases are forecast, revenue is not."]
    try:
        fitted = fit_spend_model(purchases.frequency, np.asarray(spends, dtype=np.float64))
    except (TooLittleDataError, NoMaximumError) as error:
        return None, [str(error)]
    return fitted, fitted.warnings()


def choice_in_words(fitted: LifetimeValueFit) -> str:
    """Return a sentence on which purchase model was chosen, and why."""
    chosen = next(candidate for candidate in fitted.candidates if candidate.chosen)
    other = next(candidate for candidate in fitted.candidates if not candidate.chosen)
    name, against = NAMES[chosen.fit.model.family], NAMES[other.fit.model.family]
    if fitted.chosen_by == BY_OPTION:
        return f"{name} was chosen by the option purchase_model."
    by_histories = fitted.chosen_by == BY_HISTORIES
    height, of_other = (
        c.fit.log_likelihood
        if by_histories or c.later_log_likelihood is None
        else c.later_log_likelihood
        for c in (chosen, other)
    )
    figures = f"log-likelihoods {height:,.2f} and {of_other:,.2f}"
    what = "the histories" if by_histories else "the purchases after an earlier day"
    if height < of_other:
        return (
            f"{name} was chosen: {what} are hardly likelier under {against} ({figures}), and that "
            "model says of each customer who bought once that they are customers still."
        )
    if by_histories:
        return (
            f"{name} was chosen: the histories are likelier under it than under {against} "
            f"({figures})."
        )
    return (
        f"{name} was chosen: fitted to an earlier day, it makes the later purchases likelier than "
        f"{against} does ({figures})."
    )
