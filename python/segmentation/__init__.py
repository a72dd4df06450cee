"""Customer segmentation that lives in the warehouse: fit on a sample, apply in the engine."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segmentation.clustering.kprototypes.estimator import KPrototypes

__all__ = ["KPrototypes"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # Loaded on demand, because most importers of this package need no clustering.
    if name == "KPrototypes":
        from segmentation.clustering.kprototypes.estimator import KPrototypes

        return KPrototypes
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
