"""Where names and strategies of segments are edited: the playbook of the project that builds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from segmentation.cli.conventions import short_path

SEED = "segment_playbook"

# Where dbt puts the package in a project that installs it.
_INSTALLED = Path("dbt_packages/segmentation/seeds")


def playbook_advice(warehouse: Path) -> str:
    """Return a sentence about which file to edit, for the project that built a warehouse.

    Parameters
    ----------
    warehouse : Path
        The project is looked for in its folder, in the one that ``DBT_PROJECT_DIR`` names, and in
        the current one.
    """
    named = os.environ.get("DBT_PROJECT_DIR")
    places = [warehouse.absolute().parent, *([Path(named)] if named else []), Path.cwd()]
    project = next((place for place in places if (place / "dbt_project.yml").is_file()), None)
    if project is None:
        return (
            f"Names and strategies are edited in the seed {SEED} of the dbt project that built the"
            " file."
        )
    folders = _seed_folders(project)
    own = [file for folder in folders for file in sorted(folder.rglob(f"{SEED}.csv"))]
    if own:
        return f"Names and strategies are edited in {short_path(own[0])}."
    package = project / _INSTALLED / f"{SEED}.csv"
    copied = (
        short_path(package) if package.is_file() else f"{SEED}.csv of the package's folder seeds"
    )
    return (
        f"Names and strategies: copy {copied} to {short_path(folders[0])}, edit it there, and"
        f" put seeds: {{segmentation: {{{SEED}: {{+enabled: false}}}}}} into"
        f" {short_path(project / 'dbt_project.yml')}."
    )


def _seed_folders(project: Path) -> list[Path]:
    try:
        settings: Any = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        settings = None
    paths = settings.get("seed-paths") if isinstance(settings, dict) else None
    named = [str(path) for path in paths] if isinstance(paths, list) and paths else ["seeds"]
    return [project / path for path in named]
