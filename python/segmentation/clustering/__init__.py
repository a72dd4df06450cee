"""The clustering algorithms, by the name that the option `algorithm` gives them.

An algorithm is a function ``(scaled, k, *, n_init, seed) -> centroids`` over a sample of shape
(n_samples, n_features); refinement over all rows and scoring follow from the centroids. A new one
is a module beside :mod:`segmentation.clustering.kmeans` and an entry here.
"""

from collections.abc import Callable

from segmentation.clustering.kmeans import kmeans_centroids
from segmentation.preprocessing import Matrix

ALGORITHMS: dict[str, Callable[..., Matrix]] = {
    "kmeans": kmeans_centroids,
}
