"""Customer segmentation that lives in the warehouse: fit on a sample, apply in the engine."""

import numpy as np  # noqa: F401  (loaded first: the limit below reaches loaded libraries only)
import sklearn.cluster  # noqa: F401
from threadpoolctl import threadpool_limits

# Small fits spend their time waiting for one another's threads, and sums would depend on how
# many there are. Set once and for the whole process: limits that overlap in threads race.
threadpool_limits(limits=1)

__version__ = "0.1.0"
