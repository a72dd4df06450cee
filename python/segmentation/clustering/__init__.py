"""Clustering: the algorithms, how many segments, and prototypes to score by."""

from segmentation.clustering.algorithms import ALGORITHMS

__all__ = ["ALGORITHMS"]
