"""Clustering: the algorithms, the choice of k, and prototypes for scoring."""

from segmentation.clustering.algorithms import ALGORITHMS

__all__ = ["ALGORITHMS"]
