"""The libraries that a model was fitted with."""

from __future__ import annotations

import contextlib
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
    versions = {}
    for name in libraries:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return json.dumps({"python": platform.python_version(), **versions}, sort_keys=True)
