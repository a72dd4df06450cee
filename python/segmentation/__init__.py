"""Customer segmentation that lives in the warehouse: fit on a sample, apply in the engine."""

from segmentation.native_threads import limit_native_threads

limit_native_threads()

__version__ = "0.1.0"
