"""Where version 0.1 had ``score_people``, see :mod:`segmentation.published.people`."""

from segmentation.published.people import ScoringError, score_people

__all__ = ["ScoringError", "score_people"]
