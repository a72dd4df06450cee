"""Gamma-Gamma: what a customer spends on a purchase day, from what they spent until now.

Spend on a day is Gamma(p, ν), and the rate ν differs between customers as Gamma(q, v). After x
repeat days with a mean of m, ν is Gamma(q + p x, v + m x) (Fader and Hardie, 2013, The
Gamma-Gamma Model of Monetary Value). The model assumes that spend does not depend on how often a
customer buys: the correlation of the two is measured, and a large one reported.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy import special

from segmentation.lifetime_value.maximum_likelihood import LikelihoodFit, inner, maximise
from segmentation.lifetime_value.purchase_fit import TooLittleDataError
from segmentation.lifetime_value.repeat_purchases import Counts, Numbers

# Of frequency and mean spend; Fader and Hardie call 0.11 weak.
LARGEST_CORRELATION = 0.3

FEWEST_SPENDERS = 100

# (p, q) of the starts; v follows from the mean spend.
_STARTS = ((6.0, 4.0), (1.0, 2.0), (2.0, 10.0), (20.0, 3.0))


@dataclass(frozen=True)
class SpendModel:
    """Gamma-Gamma with its parameters.

    Attributes
    ----------
    p : float
        Shape of the spend on a day; above 0.
    q : float
        Shape of the rate over customers; above 1, for the mean spend would be infinite below.
    v : float
        Rate of that shape, in the currency; above 0.
    """

    p: float
    q: float
    v: float

    def __post_init__(self) -> None:
        for name, least in (("p", 0.0), ("q", 1.0), ("v", 0.0)):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > least):
                raise ValueError(f"{name} is {value!r}. It must be a number above {least:g}.")

    @property
    def mean_spend(self) -> float:
        """Expected spend on a purchase day of somebody of whom nothing is known."""
        return self.p * self.v / (self.q - 1.0)

    def scale(self, frequency: Counts, spend: Numbers) -> Numbers:
        """Return v + m x: spend on a day is this times something that x alone decides.

        Parameters
        ----------
        frequency : ndarray of int, shape (n,)
            Repeat purchase days.
        spend : ndarray of float64, shape (n,)
            Mean spend m on them; ignored where the frequency is 0. Where it is missing or not
            above 0, the mean spend of everybody takes its place.
        """
        return np.asarray(self.v + frequency * self.known_spend(frequency, spend))

    def known_spend(self, frequency: Counts, spend: Numbers) -> Numbers:
        """Return mean spends; unknown ones become the mean of all customers, shape (n,)."""
        return np.where(_is_known(frequency, spend), spend, self.mean_spend)

    def expected_spend(self, frequency: Counts, spend: Numbers) -> Numbers:
        """Return the expected spend on a future purchase day, shape (n,).

        A mean of the customer's own spend and everybody's, which weighs the former more the more
        days it was seen on. The parameters are those of :meth:`scale`.
        """
        return self.scale(frequency, spend) * self.factor(frequency)

    def factor(self, frequency: Counts) -> Numbers:
        """Return what the scale is multiplied by for the expected spend, p / (p x + q - 1)."""
        return np.asarray(self.p / (self.p * frequency + self.q - 1.0))


@dataclass(frozen=True, kw_only=True)
class SpendFit(LikelihoodFit):
    """A fitted spend model, and what it was learned from; its covariance is of p, q - 1 and v.

    Its customers have a repeat purchase and a mean spend above 0.

    Attributes
    ----------
    model : SpendModel
    excluded : int
        Customers with a repeat purchase, and a mean spend that is missing, 0 or negative: refunds.
    correlation : float
        Pearson's, of frequency and mean spend of the customers.
    """

    model: SpendModel
    excluded: int
    correlation: float

    @property
    def correlated(self) -> bool:
        """Whether spend depends on frequency more than the model can bear."""
        return abs(self.correlation) > LARGEST_CORRELATION

    @property
    def standard_errors(self) -> dict[str, float]:
        """Standard errors of p, q and v, by the delta method from the logarithms."""
        errors = np.sqrt(np.diag(self.covariance))
        model = self.model
        return {
            name: float(value * error)
            for name, value, error in zip(
                "pqv", (model.p, model.q - 1.0, model.v), errors, strict=True
            )
        }

    def warnings(self) -> list[str]:
        """Return what a reader of the forecasts must know, a sentence or two each."""
        words = []
        if self.correlated:
            more = "more" if self.correlation > 0 else "less"
            words.append(
                f"Customers who buy more often spend {more} on a purchase day: the correlation is "
                f"{self.correlation:.2f}, and the spend model assumes none. Expected revenue of "
                "rare and of frequent buyers is pulled towards each other."
            )
        if self.penalised:
            words.append(
                "The likelihood of the spend model has no maximum inside: all customers spend "
                "alike, or a few spend without measure. A weak penalty keeps the parameters finite."
            )
        if self.excluded:
            who = "customer" if self.excluded == 1 else "customers"
            words.append(
                f"{self.excluded:,} {who} with repeat purchases had a mean spend of 0 or less, or "
                "none: the spend model leaves them out, and expects the mean of all of them."
            )
        return words

    def as_record(self) -> dict[str, Any]:
        """Return everything as plain numbers, text and lists."""
        return {
            **{name: getattr(self.model, name) for name in "pqv"},
            **self.likelihood_record(),
            "excluded": self.excluded,
            "correlation": self.correlation,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Return the fit that :meth:`as_record` described."""
        return cls(
            model=SpendModel(*(float(record[name]) for name in "pqv")),
            excluded=int(record["excluded"]),
            correlation=float(record["correlation"]),
            **cls.read_likelihood(record),
        )


def fit_spend_model(frequency: Counts, spend: Numbers) -> SpendFit:
    """Fit Gamma-Gamma.

    Parameters
    ----------
    frequency : ndarray of int, shape (n,)
        Repeat purchase days of customers; those without any are left out.
    spend : ndarray of float64, shape (n,)
        Mean spend on a repeat purchase day, in the currency; may be missing.

    Returns
    -------
    SpendFit
        The same for every order of the customers.

    Raises
    ------
    ValueError
        If the lengths differ.
    TooLittleDataError
        If fewer than 100 customers have a repeat purchase and a mean spend above 0.
    """
    if np.shape(frequency) != np.shape(spend):
        raise ValueError(
            f"frequency and spend need one value for each customer; their shapes are "
            f"{np.shape(frequency)} and {np.shape(spend)}."
        )
    known = _is_known(frequency, spend)
    excluded = int(((frequency > 0) & ~known).sum())
    x, m = frequency[known].astype(np.float64), spend[known]
    if len(x) < FEWEST_SPENDERS:
        raise TooLittleDataError(
            f"{len(x):,} customers have repeat purchases with a spend above 0; a spend model needs "
            f"{FEWEST_SPENDERS}. Purchases are forecast, revenue is not."
        )
    # In one order, whatever the order of the rows: sums of doubles depend on it.
    order = np.lexsort((m, x))
    x, m = x[order], m[order]
    centre = float(m.mean())
    surface = _SpendSurface(x, m / centre)
    starts = [np.log([p, q - 1.0, (q - 1.0) / p]) for p, q in _STARTS]
    found = maximise(surface, starts, starts[0], float(len(x)))
    p, above_one, v = (float(value) for value in np.exp(found.logarithms))
    # Of spends in the currency, as the density of m is that of m / centre, divided by it.
    in_currency = found.log_likelihood - len(x) * float(np.log(centre))
    return SpendFit(
        model=SpendModel(p, 1.0 + above_one, v * centre),
        excluded=excluded,
        correlation=_correlation(x, m),
        **SpendFit.at_maximum(dataclasses.replace(found, log_likelihood=in_currency), len(x)),
    )


def _is_known(frequency: Counts, spend: Numbers) -> Any:
    with np.errstate(invalid="ignore"):
        return (frequency > 0) & np.isfinite(spend) & (spend > 0)


def _correlation(x: Numbers, m: Numbers) -> float:
    """Return Pearson's correlation; 0 if one of the two does not vary."""
    x, m = x - x.mean(), m / m.max() - (m / m.max()).mean()
    variation = float(np.sqrt(inner(x, x) * inner(m, m)))
    return inner(x, m) / variation if variation > 0 else 0.0


class _SpendSurface:
    """Log-likelihood, gradient and Hessian by the logarithms of p, q - 1 and v."""

    def __init__(self, x: Numbers, m: Numbers) -> None:
        codes, self._x = pd.factorize(x, sort=True)
        self._weight = np.bincount(codes).astype(np.float64)
        self._of_row = x
        self._total = x * m
        self._log_total = np.log(self._total)
        self._log_m = float(np.log(m).sum())
        self._x_log_total = inner(x, self._log_total)

    def __call__(self, logarithms: Numbers) -> tuple[float, Numbers, Numbers]:
        p, above_one, v = np.exp(logarithms)
        q, x, weight = 1.0 + above_one, self._x, self._weight
        n = weight.sum()
        px, u = p * x, p * x + q
        log_sum, inverse = np.log(self._total + v), 1.0 / (self._total + v)
        x_log_sum, x_inverse = inner(self._of_row, log_sum), inner(self._of_row, inverse)
        all_log_sum, all_inverse = float(log_sum.sum()), float(inverse.sum())
        digamma, trigamma = special.digamma, lambda z: special.polygamma(1, z)
        value = (
            weight @ (special.gammaln(u) - special.gammaln(px))
            - n * special.gammaln(q)
            + n * q * np.log(v)
            + p * self._x_log_total
            - self._log_m
            - p * x_log_sum
            - q * all_log_sum
        )
        slope = np.array(
            [
                weight @ (x * (digamma(u) - digamma(px))) + self._x_log_total - x_log_sum,
                weight @ digamma(u) - n * digamma(q) + n * np.log(v) - all_log_sum,
                n * q / v - p * x_inverse - q * all_inverse,
            ]
        )
        curvature = np.empty((3, 3))
        curvature[0, 0] = weight @ (x**2 * (trigamma(u) - trigamma(px)))
        curvature[0, 1] = curvature[1, 0] = weight @ (x * trigamma(u))
        curvature[0, 2] = curvature[2, 0] = -x_inverse
        curvature[1, 1] = weight @ trigamma(u) - n * trigamma(q)
        curvature[1, 2] = curvature[2, 1] = n / v - all_inverse
        squares = p * inner(self._of_row, inverse**2) + q * inner(inverse, inverse)
        curvature[2, 2] = -n * q / v**2 + squares
        chain = np.array([p, above_one, v])
        slope = slope * chain
        return float(value), slope, curvature * np.outer(chain, chain) + np.diag(slope)
