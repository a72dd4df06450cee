"""Predicts the segment of people without history: supervised, calibrated, with reasons.

:func:`~segmentation.classification.fit.fit_classifier` judges the candidates of
:mod:`~segmentation.classification.candidates` by grouped cross-validation and refits the winner;
:mod:`~segmentation.classification.storage` stores it;
:mod:`~segmentation.classification.prediction` applies it;
:mod:`~segmentation.classification.forecast` forecasts the sizes of segments.
"""

from segmentation.classification.classifier import SegmentClassifier
from segmentation.classification.fit import ClassifierFit, fit_classifier
from segmentation.classification.options import ClassifierOptions

__all__ = ["ClassifierFit", "ClassifierOptions", "SegmentClassifier", "fit_classifier"]
