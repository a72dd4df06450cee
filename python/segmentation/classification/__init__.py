"""Predicts the segment of people without history: supervised, calibrated, with reasons.

:func:`~segmentation.classification.fit.fit_classifier` judges the candidates of
:mod:`~segmentation.classification.candidates` by grouped cross-validation and refits the winner;
:mod:`~segmentation.classification.storage` stores it;
:mod:`~segmentation.classification.prediction` applies it;
:mod:`~segmentation.classification.forecast` forecasts the sizes of segments.
"""

from typing import TYPE_CHECKING, Any

from segmentation.classification.classifier import SegmentClassifier
from segmentation.classification.options import ClassifierOptions

if TYPE_CHECKING:
    from segmentation.classification.fit import ClassifierFit, fit_classifier

__all__ = ["ClassifierFit", "ClassifierOptions", "SegmentClassifier", "fit_classifier"]


def __getattr__(name: str) -> Any:
    # Loaded on demand: options and predictions need none of the libraries of a fit.
    if name in ("ClassifierFit", "fit_classifier"):
        from segmentation.classification import fit

        return getattr(fit, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
