"""The machine of the figures, without its name."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from typing import Any

LIBRARIES = (
    "dbt-core",
    "dbt-duckdb",
    "duckdb",
    "kmodes",
    "numpy",
    "pandas",
    "pyarrow",
    "scikit-learn",
    "scipy",
)


def facts() -> dict[str, Any]:
    """Return cores, memory, load and versions."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_gigabytes": round(pages / 2**30, 1),
        "load_average": round(os.getloadavg()[0], 2),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES},
    }
