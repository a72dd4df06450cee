"""Who may import whom in the package, and what an import does not do."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[3] / "python" / "segmentation"

# A room imports from itself and from these.
ROOMS: dict[str, set[str]] = {
    "engine": set(),
    "features": {"engine"},
    "scoring": {"engine", "features"},
    "playbook": {"engine", "features"},
    "registry": {"engine", "features"},
    "clustering": {"engine", "features", "scoring", "playbook", "registry"},
    "classification": {"engine", "features", "scoring", "playbook", "registry"},
    # Its options stand in groups, like those of every fit; it needs nothing else.
    "lifetime_value": {"engine", "features", "registry"},
    "over_time": {"engine", "features", "scoring", "playbook", "registry"},
    "steps": {
        *("engine", "features", "scoring", "playbook", "registry"),
        *("clustering", "classification", "lifetime_value", "over_time"),
    },
    "published": {"engine"},
    # It scores by what was published, with what a fit stored.
    "scorer": {
        *("engine", "features", "scoring", "playbook", "registry"),
        *("clustering", "classification", "published"),
    },
    "service": {"engine", "published", "scorer"},
    "report": {"engine", "published"},
    "onboarding": {"engine"},
    "audiences": {"engine", "published"},
    "erasure": {"engine", "published", "audiences"},
    # A backfill keeps erased customers out, too.
    "backfill": {"engine", "published", "erasure"},
    "cli": {
        *("engine", "published", "report", "onboarding", "audiences", "erasure"),
        *("scorer", "service", "backfill"),
    },
    # They are dbt's, and call what a build checks before it begins.
    "dbt_plugins": {"engine", "steps", "published", "audiences", "onboarding", "erasure"},
}

# Parallel packages have parallel roles; no other two modules share a name.
PARALLEL = ({"clustering", "classification", "lifetime_value"},)

MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports, those inside of functions too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_a_room_imports_from_rooms_below_it(path: Path) -> None:
    parts = path.relative_to(PACKAGE).parts
    if len(parts) == 1:
        return
    known = {parts[0], *ROOMS[parts[0]]}
    own = {name for name in imported(path) if name.startswith("segmentation.")}
    assert {room_of(name) for name in own} <= known


@pytest.mark.parametrize(
    "path", sorted((PACKAGE / "report/sections").glob("*.py")), ids=lambda p: p.name
)
def test_sections_of_the_page_do_not_know_one_another(path: Path) -> None:
    assert not {name for name in imported(path) if name.startswith("segmentation.report.sections")}


def test_every_room_is_on_the_plan() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    assert rooms == set(ROOMS)


def test_nothing_stands_outside_of_a_room() -> None:
    """But for the entry points, and the name that version 0.1 documented."""
    assert {path.name for path in PACKAGE.glob("*.py")} == {
        "__init__.py",
        "__main__.py",
        "person_scoring.py",
    }


def test_only_the_engine_imports_duckdb() -> None:
    importing = {
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        if {name.split(".")[0] for name in imported(path)} & {"duckdb", "_duckdb"}
    }
    assert importing == {"engine/duckdb.py"}


def test_only_parallel_packages_share_names_of_modules() -> None:
    rooms: dict[str, set[str]] = {}
    for path in MODULES:
        relative = path.relative_to(PACKAGE)
        if not relative.name.startswith("__") and relative.name != "person_scoring.py":
            rooms.setdefault(relative.name, set()).add(relative.parts[0])
    shared = {name: found for name, found in rooms.items() if len(found) > 1}
    assert [name for name, found in shared.items() if not any(found <= p for p in PARALLEL)] == []


def loaded_after(statement: str) -> tuple[set[str], list[int]]:
    """Import in a process of its own; return what is loaded, and threads of each BLAS."""
    code = (
        "import json, sys\n"
        "import numpy\n"
        "from threadpoolctl import threadpool_info\n"
        "before = [pool['num_threads'] for pool in threadpool_info()]\n"
        f"{statement}\n"
        "after = [pool['num_threads'] for pool in threadpool_info()][:len(before)]\n"
        "assert after == before, (before, after)\n"
        "print(json.dumps([sorted(sys.modules), after]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules, threads = json.loads(done.stdout)
    return set(modules), threads


def test_importing_the_playbook_loads_no_scikit_learn_and_limits_no_threads() -> None:
    modules = {path.stem for path in (PACKAGE / "playbook").glob("*.py")} - {"__init__"}
    imports = "; ".join(f"import segmentation.playbook.{name}" for name in sorted(modules))
    loaded, threads = loaded_after(imports)
    assert threads
    assert {"sklearn", "duckdb"} & loaded == set()


def test_the_steps_of_a_build_load_no_scikit_learn() -> None:
    """A fit loads it; the checks before a build and the steps that apply a model do not."""
    modules = {path.stem for path in (PACKAGE / "steps").glob("*.py")} - {"__init__"}
    imports = "; ".join(f"import segmentation.steps.{name}" for name in sorted(modules))
    loaded, _ = loaded_after(imports)
    assert {"segmentation.steps.fits", "segmentation.classification.storage"} <= loaded
    assert {"sklearn", "scipy", "skops", "kmedoids", "kmodes"} & loaded == set()
