"""The process in which one contender runs: ``python -m benchmarks.contender MODULE NAME ARGS``.

A contender is a function that gets ready (imports, connections, models read from disk) and
returns its work as a function without arguments. Only the work is timed. What the work returns
are facts about it, such as how many rows it wrote.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

Work = Callable[[], dict[str, Any]]

# What a child prints before its figures; libraries write to standard output as well.
MARK = "benchmark-figures:"


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of the children it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def peak_megabytes() -> float:
    """Return the largest resident size that this process or one of its children has had."""
    kilobytes = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return kilobytes / 1024


def main() -> None:
    """Run one contender and print its figures."""
    module, name, arguments = sys.argv[1:]
    work: Work = getattr(importlib.import_module(module), name)(**json.loads(arguments))
    cpu_before, before = cpu_seconds(), time.perf_counter()
    facts = work()
    seconds, cpu = time.perf_counter() - before, cpu_seconds() - cpu_before
    figures = {
        "seconds": seconds,
        "cpu_seconds": cpu,
        "peak_megabytes": peak_megabytes(),
        "facts": facts,
    }
    print(MARK + json.dumps(figures))


if __name__ == "__main__":
    main()
