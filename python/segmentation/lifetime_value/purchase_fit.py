"""Fits a purchase model to histories by maximum likelihood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from segmentation.lifetime_value.maximum_likelihood import LikelihoodFit, inner, maximise
from segmentation.lifetime_value.options import FEWEST_CUSTOMERS
from segmentation.lifetime_value.purchase_models import (
    NAMES,
    PARAMETERS,
    LikelihoodSurface,
    PurchaseModel,
)
from segmentation.lifetime_value.repeat_purchases import (
    DistinctPurchases,
    RepeatPurchases,
)

# r, a and b of the starts; alpha follows from the rate of purchases of all customers.
_STARTS = ((0.5, 0.8, 2.5), (1.0, 1.0, 1.0), (0.2, 0.3, 3.0), (3.0, 3.0, 6.0))

# Searches begin on about so many histories, and are continued on all.
_ROUGH_HISTORIES = 20_000


class TooLittleDataError(ValueError):
    """There are too few customers, or purchases, for a model; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class PurchaseFit(LikelihoodFit):
    """A fitted purchase model, and how well it is known; its covariance is of r, alpha, a and b.

    Attributes
    ----------
    model : PurchaseModel
    repeat_customers, distinct_histories : int
    """

    model: PurchaseModel
    repeat_customers: int
    distinct_histories: int

    @property
    def standard_errors(self) -> dict[str, float]:
        """Standard error of each parameter, by the delta method from its logarithm."""
        errors = np.sqrt(np.diag(self.covariance))
        return {
            name: float(getattr(self.model, name) * error)
            for name, error in zip(PARAMETERS, errors, strict=True)
        }

    def interval(self, name: str, confidence: float = 0.95) -> tuple[float, float]:
        """Return a confidence interval of a parameter, symmetric in its logarithm.

        Parameters
        ----------
        name : str
            r, alpha, a or b.
        confidence : float
            Between 0 and 1.
        """
        from scipy.special import ndtri

        value = getattr(self.model, name)
        error = float(np.sqrt(np.diag(self.covariance))[PARAMETERS.index(name)])
        width = float(ndtri(0.5 + confidence / 2.0)) * error
        return float(value * np.exp(-width)), float(value * np.exp(width))

    def warnings(self) -> list[str]:
        """Return what a reader of the forecasts must know, a sentence or two each."""
        words = []
        name = NAMES[self.model.family]
        if self.penalised:
            words.append(
                f"The likelihood of {name} has no maximum inside: the customers are too alike, or "
                "hardly anybody leaves. A weak penalty keeps the parameters finite; do not "
                "interpret them one by one."
            )
        if self.agreeing_starts < 2:
            words.append(
                f"Only one of {self.starts} searches for the parameters of {name} ended at the "
                "highest log-likelihood. Compare the forecasts with what customers did before."
            )
        return words

    def as_record(self) -> dict[str, Any]:
        """Return everything as plain numbers, text and lists."""
        return {
            **self.model.as_record(),
            **self.likelihood_record(),
            "repeat_customers": self.repeat_customers,
            "distinct_histories": self.distinct_histories,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Return the fit that :meth:`as_record` described."""
        return cls(
            model=PurchaseModel.from_record(record),
            repeat_customers=int(record["repeat_customers"]),
            distinct_histories=int(record["distinct_histories"]),
            **cls.read_likelihood(record),
        )


def fit_purchase_model(family: str, purchases: RepeatPurchases | DistinctPurchases) -> PurchaseFit:
    """Fit BG/NBD or MBG/NBD.

    The result depends neither on the order of customers nor on how they are grouped.

    Parameters
    ----------
    family : str
        One of :data:`segmentation.lifetime_value.purchase_models.PURCHASE_MODELS`.
    purchases : RepeatPurchases or DistinctPurchases
        Of all customers, those without a repeat purchase too: leaving them out would make
        everybody look loyal.

    Raises
    ------
    TooLittleDataError
        If there are fewer than 100 customers, or nobody bought again.
    """
    grouped = purchases.grouped() if isinstance(purchases, RepeatPurchases) else purchases
    customers = int(grouped.customers.sum())
    histories, weight = grouped.purchases, grouped.customers.astype(np.float64)
    repeats = int(grouped.customers[histories.frequency > 0].sum())
    check_enough(customers, repeats)
    rate = inner(weight, histories.frequency) / inner(weight, histories.age)
    starts = [np.log([r, r / rate, a, b]) for r, a, b in _STARTS]
    # Of the first start, with the rate of these customers: the box follows the unit of time.
    surface = LikelihoodSurface(family, grouped)
    some = grouped.thinned(_ROUGH_HISTORIES)
    rough = (LikelihoodSurface(family, some), float(some.customers.sum()))
    found = maximise(
        surface, starts, starts[1], float(customers), rough if len(some) < len(grouped) else None
    )
    return PurchaseFit(
        model=PurchaseModel.at(family, found.logarithms),
        repeat_customers=repeats,
        distinct_histories=len(grouped),
        **PurchaseFit.at_maximum(found, customers),
    )


def check_enough(customers: int, repeats: int) -> None:
    """Refuse to fit a model that the data cannot carry."""
    if customers < FEWEST_CUSTOMERS:
        raise TooLittleDataError(
            f"There are {customers:,} customers with a purchase; a lifetime value model needs "
            f"{FEWEST_CUSTOMERS}. Wait for more customers, or read the value segments."
        )
    if repeats == 0:
        raise TooLittleDataError(
            f"None of {customers:,} customers bought on a second day: nothing can be learned "
            "about repeat purchases. Choose a later day, or load a longer history of orders."
        )
