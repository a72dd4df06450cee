"""Finds the folder of a dbt project: the one that dbt runs, or a package of it."""

from __future__ import annotations

from pathlib import Path

from dbt.config.project import load_raw_project
from dbt.config.renderer import DbtProjectYamlRenderer
from dbt.flags import get_flags


def project_folder(name: str) -> Path:
    """Return the folder of a dbt project.

    Parameters
    ----------
    name : str
        Its name in dbt_project.yml.

    Returns
    -------
    Path
        The folder that dbt was pointed at (--project-dir, DBT_PROJECT_DIR, or the working
        directory), or the one into which `dbt deps` put the package.
    """
    root = Path(get_flags().PROJECT_DIR)
    project = load_raw_project(str(root))
    if project.get("name") == name:
        return root
    packages = project.get("packages-install-path", "dbt_packages")
    return root / str(DbtProjectYamlRenderer(None, {}).render_value(packages)) / name
