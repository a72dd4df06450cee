"""Customer segmentation that lives in the warehouse: fit on a sample, apply in the engine."""

from typing import TYPE_CHECKING, Any

from segmentation.native_threads import limit_native_threads

if TYPE_CHECKING:
    from segmentation.clustering.kprototypes import KPrototypes

__all__ = ["KPrototypes"]

limit_native_threads()

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # Loaded when it is asked for: most of what imports this package needs no clustering.
    if name == "KPrototypes":
        from segmentation.clustering.kprototypes import KPrototypes

        return KPrototypes
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
