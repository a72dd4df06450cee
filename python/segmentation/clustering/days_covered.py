"""A model in proportion to the days that its figures can count.

Frequency and monetary count the window, as far as the shop's data cover it; length counts all days
of the data. Those of a customer who does the same again and again grow because the data do, and a
model that was fitted to 181 days of data would call that customer a better one every month. It is
therefore applied as if it had been fitted to the days that there are now: what it compares a figure
with is that of the fit, times the days that the figure counts now by those that it counted then.
Figures stay as they were counted. On the day of the fit that changes nothing; and nothing of
frequency and monetary where the data filled the window then.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import replace

from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.model_parts import Threshold
from segmentation.engine.base import Engine
from segmentation.features.numbers import PreparedFeature
from segmentation.playbook.conditions import TYPICAL

# They count all days of the data, or those in the window. What else counts from a customer's first
# day on is compared with numbers that people wrote into the playbook.
_ALL_DAYS = ("length_days",)
_DAYS_OF_WINDOW = ("frequency", "monetary")

# Days since the first purchase: the largest says how old the shop is.
_TENURE = "tenure_days"


def days_since_first_purchase(engine: Engine, table: str) -> int | None:
    """Return the days since the first purchase of all; None where purchases have no days.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item with all customers.
    """
    if _TENURE not in engine.column_names(table):
        return None
    ((largest,),) = engine.rows(f"select max({_TENURE}) from {table}")
    return None if largest is None else int(largest)


def proportions(
    oldest: int | None, model: SegmentationModel, as_of: datetime.date
) -> dict[str, float]:
    """Return the days that each figure counts on a day, by those that it counted at the fit.

    Parameters
    ----------
    oldest : int or None
        See :func:`days_since_first_purchase`.
    model : SegmentationModel
    as_of : date
        The day that `oldest` is of.

    Returns
    -------
    dict of str to float
        By column. Empty where that is not known: purchases have no days, or the oldest one that
        is left came after the fit.
    """
    if oldest is None:
        return {}
    now = oldest + 1
    at_fit = now - (as_of - model.as_of).days
    if at_fit < 1:
        return {}
    window = model.lrfm_window_days
    of_window = min(window, now) / min(window, at_fit)
    return dict.fromkeys(_ALL_DAYS, now / at_fit) | dict.fromkeys(_DAYS_OF_WINDOW, of_window)


def in_proportion(
    engine: Engine, table: str, model: SegmentationModel, as_of: datetime.date
) -> SegmentationModel:
    """Return a model as it is applied on a day; it is not to be stored.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item with all customers of the day.
    model : SegmentationModel
        As it was fitted.
    as_of : date

    Returns
    -------
    SegmentationModel
        What :func:`proportions` has a ratio for is compared with bounds, centroids and thresholds
        that are so many times those of the fit.
    """
    if as_of == model.as_of:
        return model
    ratios = proportions(days_since_first_purchase(engine, table), model, as_of)
    return replace(
        model,
        features=[
            replace(feature, prepared=_in_proportion(feature.prepared, ratios))
            for feature in model.features
        ],
        explained=[_in_proportion(prepared, ratios) for prepared in model.explained],
        thresholds=[
            Threshold(
                threshold.name,
                threshold.value * ratios.get(threshold.name.removeprefix(TYPICAL), 1.0),
            )
            for threshold in model.thresholds
        ],
    )


def _in_proportion(prepared: PreparedFeature, ratios: Mapping[str, float]) -> PreparedFeature:
    ratio = ratios.get(prepared.name, 1.0)
    return prepared if ratio == 1.0 else prepared.in_proportion(ratio)
