"""The options of a lifetime value model, and the checks of their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from segmentation.registry.gate_options import ForecastGateOptions
from segmentation.registry.option_checks import number, one_of, true_or_false
from segmentation.registry.option_groups import OptionGroup, Options

AUTO = "auto"

# Written here too, so that a check of options loads nothing of a fit.
_PURCHASE_MODELS = ("bg_nbd", "mbg_nbd")

# Days ahead of the forecasts; names of columns hold them.
HORIZONS = (30, 90, 180, 365)

# Fewer customers say too little about the four parameters of a purchase model.
FEWEST_CUSTOMERS = 100

# The days that forecasts are judged by, and that expected losses are of.
PERIOD_DAYS = 90

# A larger level would carry one unusual month into every later year.
LOWEST_LEVEL, HIGHEST_LEVEL = 0.5, 2.0

# How customers are forecast: by the purchase model alone, or with recent paces beside it.
PURCHASE_MODEL, COMBINED = "purchase model", "combined"

# The rule that a forecast has to beat: as many as in the last period of the same length.
LAST_PERIOD = "last period"

PURCHASES, REVENUE = "purchases", "revenue"
MEASURES = (PURCHASES, REVENUE)


@dataclass(frozen=True)
class PurchaseOptions(OptionGroup):
    """How the purchase model is found.

    Attributes
    ----------
    purchase_model : str
        ``"bg_nbd"``, ``"mbg_nbd"``, or ``"auto"``: the one that predicts later purchases better.
    """

    IS_FITTED: ClassVar = True

    purchase_model: str = AUTO
    combine: bool = True
    seed: int = 0

    def problems(self) -> list[str]:
        """Return what is wrong with the name of the model."""
        return [
            *one_of("purchase_model", self.purchase_model, (AUTO, *_PURCHASE_MODELS)),
            *true_or_false("combine", self.combine),
        ]


@dataclass(frozen=True)
class ComparisonOptions(OptionGroup):
    """What forecasts are compared with.

    Attributes
    ----------
    gradient_boosting : bool
        Judge gradient boosting beside the models. It takes most of a fit's time.
    """

    IS_FITTED: ClassVar = False

    gradient_boosting: bool = True

    def problems(self) -> list[str]:
        """Return what is wrong with the choice."""
        return true_or_false("gradient_boosting", self.gradient_boosting)


@dataclass(frozen=True)
class ForecastOptions(OptionGroup):
    """What is forecast with a model: it changes no fit.

    Attributes
    ----------
    lifetime_years : int
        Years ahead that a lifetime value counts.
    discount_rate : float
        By which money in a year is worth less than money now: 0.1 for 10 % a year.
    new_within_days : int
        Somebody who first bought fewer days ago, and once, is new.
    interval : float
        Share of customers whose purchases lie within their lower and upper bound.
    """

    IS_FITTED: ClassVar = False
    WHOLE_NUMBERS: ClassVar = {"lifetime_years": (1, 20), "new_within_days": (0, 3_650)}

    lifetime_years: int = 3
    discount_rate: float = 0.1
    new_within_days: int = 30
    interval: float = 0.9

    def problems(self) -> list[str]:
        """Return what is wrong with the numbers."""
        return [
            *number("discount_rate", self.discount_rate, least=0.0, most=1.0),
            *number("interval", self.interval, least=0.5, most=0.999),
        ]


@dataclass(frozen=True)
class LifetimeValueOptions(
    Options, ForecastGateOptions, ForecastOptions, ComparisonOptions, PurchaseOptions
):
    """How lifetime value is fitted and forecast."""

    OF: ClassVar[str] = "lifetime value"
    EXAMPLE: ClassVar[str] = "{lifetime_years: 3}"
