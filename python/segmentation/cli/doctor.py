"""``segmentation doctor``: whether everything is there that a build needs, line by line."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any, Literal

import typer
import yaml
from packaging.requirements import Requirement
from rich.markup import escape
from rich.table import Table

from segmentation.cli.conventions import AsJson, ExitCode, print_json, terminal
from segmentation.cli.dbt_process import ProjectFolder, dbt_command
from segmentation.engine.duckdb import DuckDBError, FileError, lock_holder
from segmentation.onboarding.addresses import address_of
from segmentation.onboarding.refusals import OnboardingError
from segmentation.published.files import published_file
from segmentation.published.marts_schema import MartsNotFoundError
from segmentation.published.publication import PublishingError
from segmentation.published.read_marts import Marts

Verdict = Literal["ok", "warning", "problem"]
# A build of a small shop takes some tens of MB; below this, any build may run out.
LEAST_FREE_BYTES = 1_000_000_000
_STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red"}


@dataclass(frozen=True)
class Finding:
    """One line.

    Attributes
    ----------
    verdict : str
        ok, warning or problem.
    subject : str
    found : str
    what_to_do : str
        Empty where all is well.
    """

    verdict: Verdict
    subject: str
    found: str
    what_to_do: str = ""


def doctor(
    project: ProjectFolder = None,
    as_json: AsJson = False,
) -> None:
    """Check Python, dbt, the project, its data, the warehouse, the disk and packages.

    Each line is ok, a warning or a problem, and says what to do. The exit code is 1 if there is a
    problem.
    """
    folder = (project or Path(os.environ.get("DBT_PROJECT_DIR") or ".")).absolute()
    findings = list(examine(folder))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        table = Table(show_edge=False)
        for column in ("", "What", "Found", "What to do"):
            # Paths are one long word: shown whole, over lines.
            table.add_column(column, overflow="fold")
        for finding in findings:
            style = _STYLES[finding.verdict]
            table.add_row(
                f"[{style}]{finding.verdict}[/{style}]",
                escape(finding.subject),
                escape(finding.found),
                escape(finding.what_to_do),
            )
        terminal().print(table)
    if any(finding.verdict == "problem" for finding in findings):
        raise typer.Exit(ExitCode.PROBLEM)


def examine(folder: Path) -> Iterator[Finding]:
    """Yield everything that is found about an installation and a project.

    Parameters
    ----------
    folder : Path
        Where the dbt project is, or should be.
    """
    yield _python()
    yield _dbt()
    yield from _project(folder)
    yield from _data(folder)
    warehouse = Path(os.environ.get("SEGMENTATION_WAREHOUSE") or folder / "warehouse.duckdb")
    yield _database("warehouse", warehouse, "segmentation build")
    yield _published(warehouse)
    yield _disk(warehouse)
    yield from _packages()


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] == (3, 11):
        return Finding("ok", "Python", f"{found}, {sys.executable}")
    return Finding("problem", "Python", found, "Install Python 3.11 and the package there.")


def _dbt() -> Finding:
    missing = [n for n in ("dbt-core", "dbt-duckdb", "duckdb") if _version(n) is None]
    if missing:
        return Finding("problem", "dbt", f"{', '.join(missing)} missing", _how_to_install(""))
    versions = ", ".join(f"{n} {_version(n)}" for n in ("dbt-core", "dbt-duckdb", "duckdb"))
    return Finding("ok", "dbt", f"{versions}; {' '.join(dbt_command())}")


def _project(folder: Path) -> Iterator[Finding]:
    read, finding = _yaml_file(folder / "dbt_project.yml", "segmentation init orders.csv")
    yield finding
    if read is None:
        return
    profiles = Path(os.environ.get("DBT_PROFILES_DIR") or folder) / "profiles.yml"
    profile, finding = _yaml_file(profiles, "Set DBT_PROFILES_DIR, or write profiles.yml there.")
    wanted = read.get("profile")
    if profile is not None and wanted not in profile:
        finding = Finding(
            *("problem", "profiles.yml", f"no profile {wanted}, which dbt_project.yml names"),
            f"Add it to {profiles}; docs/package.md shows one.",
        )
    yield finding
    if (folder / "packages.yml").is_file():
        is_there = (folder / "dbt_packages" / "segmentation" / "dbt_project.yml").is_file()
        yield Finding(
            "ok" if is_there else "warning",
            "packages",
            "the package segmentation is installed" if is_there else "not installed yet",
            "" if is_there else "segmentation build installs it, or: dbt deps",
        )


def _yaml_file(path: Path, advice: str) -> tuple[dict[str, Any] | None, Finding]:
    try:
        # Jinja stands in quotes in these files: they are YAML before dbt renders them.
        read = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None, Finding("problem", path.name, f"not in {path.parent}", advice)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        said = " ".join(str(error).split())
        return None, Finding("problem", path.name, f"cannot be read: {said}", "Correct the file.")
    if not isinstance(read, dict):
        return None, Finding("problem", path.name, "holds no settings", "Correct the file.")
    return read, Finding("ok", path.name, str(path))


def _data(folder: Path) -> Iterator[Finding]:
    directory = os.environ.get("SEGMENTATION_DATA_DIR")
    if directory:
        exists = Path(directory).is_dir()
        yield Finding(
            "ok" if exists else "problem",
            "SEGMENTATION_DATA_DIR",
            directory if exists else f"{directory} is no folder",
            "" if exists else "Correct or unset the variable.",
        )
    mapping = folder / "mapping.yml"
    if not mapping.is_file():
        return
    from segmentation.onboarding.mapping import read_mapping

    try:
        tables = read_mapping(mapping).tables
    except OnboardingError as error:
        yield Finding("problem", "mapping.yml", str(error), "Correct the file.")
        return
    for table in tables:
        address = address_of(table.source)
        if address.is_file:
            path = Path(address.seen_in(folder).location)
            there = path.is_file()
            yield Finding(
                "ok" if there else "problem",
                f"source {table.model}",
                f"{path.resolve()}, {path.stat().st_size / 1e6:,.1f} MB" if there else f"no {path}",
                "" if there else "Put the file there, or name another in mapping.yml.",
            )
        elif address.location.startswith("env:"):
            name = address.location.removeprefix("env:")
            is_set = bool(os.environ.get(name))
            yield Finding(
                "ok" if is_set else "problem",
                f"source {table.model}",
                f"{name} is set" if is_set else f"{name} is not set",
                "" if is_set else f"export {name}=postgresql://user:password@host/database",
            )


def _database(subject: str, path: Path, command: str) -> Finding:
    """Open a file of marts for reading, and say who keeps it from being opened."""
    if not path.is_file():
        return Finding("warning", subject, f"no {path} yet", command)
    size = f"{path.stat().st_size / 1e6:,.1f} MB"
    try:
        with Marts(path):
            return Finding("ok", subject, f"{path}, {size}")
    except MartsNotFoundError as error:
        return Finding("warning", subject, f"{path}: {error}", command)
    except FileError as error:
        holder = lock_holder(error)
        if holder is None:
            return Finding("problem", subject, f"{path} cannot be read", "Check its permissions.")
        return Finding(
            *("problem", subject, f"{path} is open for writing in {holder}"),
            "Wait until it ends, or close it there.",
        )
    except DuckDBError as error:
        said = str(error).splitlines()[0]
        return Finding("problem", subject, f"{path}: {said}", "Move it away and build again.")


def _published(warehouse: Path) -> Finding:
    try:
        file = published_file(str(warehouse), os.environ.get("SEGMENTATION_PUBLISHED", ""))
    except PublishingError as error:
        return Finding("problem", "published file", str(error), "Correct SEGMENTATION_PUBLISHED.")
    if file is None:
        return Finding("warning", "published file", "the warehouse is no file", "Name one.")
    return _database("published file", file, "segmentation build publishes it")


def _disk(warehouse: Path) -> Finding:
    folder = next(p for p in (warehouse.absolute(), *warehouse.absolute().parents) if p.is_dir())
    free = shutil.disk_usage(folder).free
    found = f"{free / 1e9:,.1f} GB free in {folder}"
    if not os.access(folder, os.W_OK):
        return Finding("problem", "disk", f"{folder} cannot be written", "Change its permissions.")
    if free < LEAST_FREE_BYTES:
        return Finding("problem", "disk", found, "Free 1 GB, or put the warehouse elsewhere.")
    return Finding("ok", "disk", found)


def _packages() -> Iterator[Finding]:
    """Yield a line for the packages that are always needed, and one for each extra."""
    needed: dict[str, list[str]] = {}
    for text in requires("segmentation") or []:
        requirement = Requirement(text)
        extra = str(requirement.marker or "").partition("extra == ")[2].strip("\"' ")
        installed = _version(requirement.name)
        if installed is None or not requirement.specifier.contains(installed, prereleases=True):
            needed.setdefault(extra, []).append(f"{requirement}".split(";")[0])
        else:
            needed.setdefault(extra, [])
    for extra, missing in sorted(needed.items()):
        subject = f"extra {extra}" if extra else "packages"
        verdict: Verdict = "ok" if not missing else "warning" if extra else "problem"
        found = f"missing: {', '.join(missing)}" if missing else "installed"
        yield Finding(verdict, subject, found, _how_to_install(extra) if missing else "")


def _how_to_install(extra: str) -> str:
    """Return how to install this project; a registry has another one that is called so too."""
    if extra:
        return f"If you need it, in the folder of the clone: pip install --editable '.[{extra}]'"
    return "In the folder of the clone: pip install --editable ."


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return "0" if importlib.util.find_spec(package.replace("-", "_")) else None
