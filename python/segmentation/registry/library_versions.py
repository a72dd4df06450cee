"""The libraries that a model was fitted with."""

from __future__ import annotations

import functools
import importlib.metadata
import json
import platform
from collections.abc import Sequence

LIBRARIES = (
    "duckdb",
    "kmedoids",
    "kmodes",
    "kneed",
    "numpy",
    "pandas",
    "scikit-learn",
    "scipy",
    "segmentation",
)


def library_versions(libraries: Sequence[str] = LIBRARIES) -> str:
    """Return the versions of Python and of those libraries that are installed, as JSON."""
    found = {name: _version(name) for name in libraries}
    installed = {name: version for name, version in found.items() if version is not None}
    return json.dumps({"python": platform.python_version(), **installed}, sort_keys=True)


# Looked up once in a process: to parse what a library says of itself takes milliseconds.
@functools.cache
def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
