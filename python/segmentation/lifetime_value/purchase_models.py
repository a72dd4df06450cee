r"""BG/NBD and MBG/NBD: who is still a customer, and how often they buy while they are.

In both, a customer buys at a rate λ while active, and after a purchase leaves with probability p.
Rates differ between customers as Gamma(r, α), probabilities as Beta(a, b). BG/NBD (Fader, Hardie
and Lee, 2005, "Counting Your Customers" the Easy Way, Marketing Science 24) lets nobody leave
before their first repeat purchase; MBG/NBD (Batislam, Denizel and Filiztekin, 2007, Empirical
validation and comparison of models for customer base analysis, IJRM 24) lets a customer leave
after the first purchase too.

Written with s = r + x and β = b + x, plus 1 for MBG/NBD, both have one likelihood:

.. math:: L = \frac{Γ(s) α^r}{Γ(r)} \frac{B(a, β)}{B(a, b)}
          [ (α+T)^{-s} + \frac{a}{β-1} (α+t_x)^{-s} ]

where BG/NBD drops the second term for x = 0. Given that a customer is active, λ is
Gamma(s, α + T) and p is Beta(a, β), independently: all forecasts follow from these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from segmentation.lifetime_value.maximum_likelihood import inner
from segmentation.lifetime_value.repeat_purchases import (
    DistinctPurchases,
    Numbers,
    RepeatPurchases,
)

BG_NBD, MBG_NBD = "bg_nbd", "mbg_nbd"

# In the order in which ties between them are broken.
PURCHASE_MODELS = (BG_NBD, MBG_NBD)

NAMES = {BG_NBD: "BG/NBD", MBG_NBD: "MBG/NBD"}

PARAMETERS = ("r", "alpha", "a", "b")


@dataclass(frozen=True)
class PurchaseModel:
    """A purchase model with its parameters.

    Attributes
    ----------
    family : str
        One of :data:`PURCHASE_MODELS`.
    r, alpha : float
        Shape and rate (weeks) of the gamma distribution of purchase rates: a mean of r / alpha
        purchases a week.
    a, b : float
        Of the beta distribution of the probability of leaving after a purchase.

    Raises
    ------
    ValueError
        If the family is unknown, or a parameter is not above 0.
    """

    family: str
    r: float
    alpha: float
    a: float
    b: float

    def __post_init__(self) -> None:
        if self.family not in PURCHASE_MODELS:
            raise ValueError(
                f"There is no purchase model {self.family!r}. There are: "
                f"{', '.join(PURCHASE_MODELS)}."
            )
        for name in PARAMETERS:
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise ValueError(f"{name} is {value!r}. It must be a number above 0.")

    @classmethod
    def at(cls, family: str, logarithms: Numbers) -> Self:
        """Return the model whose parameters have these logarithms, in order of the names."""
        return cls(family, *(float(value) for value in np.exp(logarithms)))

    @property
    def logarithms(self) -> Numbers:
        """Logarithms of r, alpha, a and b, shape (4,)."""
        return np.log([self.r, self.alpha, self.a, self.b])

    @property
    def leaves_at_once(self) -> bool:
        """Whether a customer may leave after the first purchase."""
        return self.family == MBG_NBD

    def as_record(self) -> dict[str, Any]:
        """Return family and parameters as plain values."""
        return {"family": self.family, **{name: getattr(self, name) for name in PARAMETERS}}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Return the model that :meth:`as_record` described."""
        return cls(record["family"], *(float(record[name]) for name in PARAMETERS))

    def shape_of_rate(self, frequency: NDArray[Any]) -> Numbers:
        """Return s = r + x, the shape of λ after x repeat purchases."""
        return self.r + frequency

    def beta_of_staying(self, frequency: NDArray[Any]) -> Numbers:
        """Return β, the second parameter of p given that the customer is active."""
        return self.b + frequency + (1.0 if self.leaves_at_once else 0.0)

    def probability_active(self, purchases: RepeatPurchases) -> Numbers:
        """Return the probability of being a customer still, shape (n,).

        BG/NBD says 1 of everybody without a repeat purchase.
        """
        x = purchases.frequency
        s = self.shape_of_rate(x)
        may_have_left = (x > 0) | self.leaves_at_once
        # β - 1; whole numbers first, so that a tiny b is not lost beside them.
        at_leaving = np.where(may_have_left, self.b + (x - (0 if self.leaves_at_once else 1)), 1.0)
        odds = np.log(self.a) - np.log(at_leaving)
        odds += s * np.log1p((purchases.age - purchases.recency) / (self.alpha + purchases.recency))
        return np.where(may_have_left, special.expit(-odds), 1.0)


def log_likelihood(model: PurchaseModel, purchases: RepeatPurchases) -> float:
    """Return the log-likelihood of purchase histories.

    Parameters
    ----------
    model : PurchaseModel
    purchases : RepeatPurchases
        Of any number of customers, in any order.
    """
    surface = LikelihoodSurface(model.family, purchases.grouped())
    return surface(model.logarithms)[0]


class LikelihoodSurface:
    """The log-likelihood of grouped histories with its gradient and Hessian.

    What depends on the frequency alone, the recency alone or the age alone is computed once for
    each distinct value: of a million distinct histories a call takes one exponential and one
    logarithm each.

    Parameters
    ----------
    family : str
        One of :data:`PURCHASE_MODELS`.
    grouped : DistinctPurchases
    """

    def __init__(self, family: str, grouped: DistinctPurchases) -> None:
        self.family = family
        self._x, self._x_at = grouped.frequencies
        self._recency, self._recency_at = grouped.recencies
        self._age, self._age_at = grouped.ages
        self._weight = grouped.customers.astype(np.float64)
        self._frequency = grouped.purchases.frequency.astype(np.float64)
        self._weight_of_x = np.bincount(self._x_at, self._weight, len(self._x))
        self._weight_of_age = np.bincount(self._age_at, self._weight, len(self._age))
        self._purchases_of_age = np.bincount(
            self._age_at, self._weight * self._frequency, len(self._age)
        )

    def __call__(self, logarithms: Numbers) -> tuple[float, Numbers, Numbers]:
        """Return value, gradient (4,) and Hessian (4, 4) with respect to the logarithms."""
        theta = np.exp(logarithms)
        value, gradient, hessian = self._of_frequencies(*theta)
        more = self._of_histories(*theta)
        value, gradient, hessian = value + more[0], gradient + more[1], hessian + more[2]
        slope = gradient * theta
        return value, slope, hessian * np.outer(theta, theta) + np.diag(slope)

    def _of_frequencies(
        self, r: float, alpha: float, a: float, b: float
    ) -> tuple[float, Numbers, Numbers]:
        """Return the part that only frequencies decide, by r, alpha, a and b."""
        x, weight = self._x.astype(np.float64), self._weight_of_x
        beta = b + x + (1.0 if self.family == MBG_NBD else 0.0)
        total = weight.sum()
        terms = (
            special.gammaln(r + x)
            - special.gammaln(r)
            + special.betaln(a, beta)
            - special.betaln(a, b)
        )
        value = float(weight @ terms + total * r * np.log(alpha))
        digamma, trigamma = special.digamma, lambda z: special.polygamma(1, z)
        gradient = np.array(
            [
                weight @ (digamma(r + x) - digamma(r)) + total * np.log(alpha),
                total * r / alpha,
                weight @ (digamma(a + b) - digamma(a + beta)),
                weight @ (digamma(beta) - digamma(b) + digamma(a + b) - digamma(a + beta)),
            ]
        )
        hessian = np.zeros((4, 4))
        hessian[0, 0] = weight @ (trigamma(r + x) - trigamma(r))
        hessian[0, 1] = hessian[1, 0] = total / alpha
        hessian[1, 1] = -total * r / alpha**2
        shared = weight @ (trigamma(a + b) - trigamma(a + beta))
        hessian[2, 2] = hessian[2, 3] = hessian[3, 2] = shared
        hessian[3, 3] = shared + weight @ (trigamma(beta) - trigamma(b))
        return value, gradient, hessian

    def _of_histories(
        self, r: float, alpha: float, a: float, b: float
    ) -> tuple[float, Numbers, Numbers]:
        """Return the part of active and gone: the logarithm of a sum of two powers.

        With D the logarithm of the second power less that of the first, it is the first plus
        log(1 + exp(D)). The Hessian has the second derivatives of D, weighted by the probability
        of being gone, and the variance of its slopes.
        """
        value, gradient, hessian = self._of_ages(r, alpha)
        # Whole numbers first: a tiny b is not lost beside them.
        at_leaving = b + (self._x - (0 if self.family == MBG_NBD else 1))
        may_leave = (self._x > 0) | (self.family == MBG_NBD)
        at_leaving = np.where(may_leave, at_leaving, 1.0)
        odds_of_x = np.where(may_leave, np.log(a) - np.log(at_leaving), -np.inf)
        log_apart = np.log(alpha + self._age)[self._age_at]
        log_apart -= np.log(alpha + self._recency)[self._recency_at]
        per_age = (1.0 / (alpha + self._age))[self._age_at]
        per_recency = (1.0 / (alpha + self._recency))[self._recency_at]
        s = r + self._frequency
        odds = odds_of_x[self._x_at] + s * log_apart
        # Without overflow, for odds of either sign.
        small = np.exp(-np.abs(odds))
        value += inner(self._weight, np.log1p(small) + np.maximum(odds, 0.0))
        share = np.where(odds > 0, 1.0, small) / (1.0 + small)
        gone = self._weight * share
        between = gone * (1.0 - share)
        # Slopes of D by r, alpha and b; by a it is 1 / a.
        slope = s * (per_age - per_recency)
        inverse = (1.0 / at_leaving)[self._x_at]
        all_gone, all_between = float(gone.sum()), float(between.sum())
        gradient += np.array(
            [inner(gone, log_apart), inner(gone, slope), all_gone / a, -inner(gone, inverse)]
        )
        by_rate, by_alpha, by_b = between * log_apart, between * slope, between * inverse
        upper = np.zeros((4, 4))
        upper[0, 0] = inner(by_rate, log_apart)
        upper[0, 1] = inner(by_rate, slope) + inner(gone, per_age - per_recency)
        upper[0, 2] = float(by_rate.sum()) / a
        upper[0, 3] = -inner(by_rate, inverse)
        upper[1, 1] = inner(by_alpha, slope) - inner(gone, slope * (per_age + per_recency))
        upper[1, 2] = float(by_alpha.sum()) / a
        upper[1, 3] = -inner(by_alpha, inverse)
        upper[2, 2] = (all_between - all_gone) / a**2
        upper[2, 3] = -float(by_b.sum()) / a
        upper[3, 3] = inner(by_b, inverse) + inner(gone, inverse**2)
        return value, gradient, hessian + upper + np.triu(upper, 1).T

    def _of_ages(self, r: float, alpha: float) -> tuple[float, Numbers, Numbers]:
        """Return the part of the first power, (alpha + T)^-(r + x)."""
        logarithm, inverse = np.log(alpha + self._age), 1.0 / (alpha + self._age)
        s = r * self._weight_of_age + self._purchases_of_age
        gradient = np.array([-(self._weight_of_age @ logarithm), -(s @ inverse), 0.0, 0.0])
        hessian = np.zeros((4, 4))
        hessian[0, 1] = hessian[1, 0] = -(self._weight_of_age @ inverse)
        hessian[1, 1] = s @ inverse**2
        return -float(s @ logarithm), gradient, hessian
