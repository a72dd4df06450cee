"""Which segment a person will join before there is history: supervised, calibrated, explained.

:func:`~segmentation.classification.fit.fit_classifier` judges the candidates of
:mod:`~segmentation.classification.candidates` by grouped cross-validation and refits the winner;
:mod:`~segmentation.classification.storage` keeps it;
:mod:`~segmentation.classification.prediction` applies it;
:mod:`~segmentation.classification.forecast` says how large segments will be.
"""

from segmentation.classification.classifier import SegmentClassifier
from segmentation.classification.fit import ClassifierFit, fit_classifier
from segmentation.classification.options import ClassifierOptions

__all__ = ["ClassifierFit", "ClassifierOptions", "SegmentClassifier", "fit_classifier"]
