"""Models of a mapping in a dbt project that is there: this one's clone, or a user's own."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from segmentation.onboarding.mapping import Mapping
from segmentation.onboarding.project_files import (
    MAPPING_FILE,
    mapping_text,
    model_files,
    package_vars,
)
from segmentation.onboarding.refusals import OnboardingError

PLUGIN = "segmentation.dbt_plugins.own_sources"


def files_in_place(folder: Path, mapping: Mapping) -> tuple[dict[str, str], str]:
    """Return the files for a project that is there, and what is left to do by hand.

    In the clone of the project `segmentation`, the vars and the profile are changed too, and
    everything else in these files stays as it is. In another project, whose files may be written
    in another way, the advice says what to add.

    Parameters
    ----------
    folder : Path
        Of the project.
    mapping : Mapping

    Raises
    ------
    OnboardingError
        If the folder has no dbt project.
    """
    path = folder / "dbt_project.yml"
    if not path.is_file():
        raise OnboardingError(
            f"{folder} has no dbt_project.yml. Leave --here out: a project of your own is written."
        )
    text = path.read_text(encoding="utf-8")
    is_clone = (yaml.safe_load(text) or {}).get("name") == "segmentation"
    files = model_files(mapping, in_place=is_clone)
    if not is_clone:
        return files | {MAPPING_FILE: mapping_text(mapping)}, _advice(mapping)
    files[f"models/staging/{mapping.name}/{MAPPING_FILE}"] = mapping_text(mapping)
    files["dbt_project.yml"] = _with_vars(text, mapping)
    profile = folder / "profiles.yml"
    if profile.is_file() and PLUGIN not in profile.read_text(encoding="utf-8"):
        files["profiles.yml"] = _with_plugin(profile.read_text(encoding="utf-8"))
    return files, "\ndbt_project.yml names your data set now: git diff shows what was changed."


def _with_vars(text: str, mapping: Mapping) -> str:
    values = package_vars(mapping) | {"as_of": mapping.as_of.isoformat()}
    for name, value in values.items():
        written = yaml.safe_dump(value, default_flow_style=True, width=1000, sort_keys=False)
        written = written.replace("\n...\n", "\n").strip()
        text, found = re.subn(
            rf"^  {name}:[^\n]*\n",
            f"  {name}: {written}\n".replace("\\", r"\\"),
            text,
            count=1,
            flags=re.MULTILINE,
        )
        if not found:
            raise OnboardingError(f"dbt_project.yml has no line with the var {name}.")
    return text


def _with_plugin(text: str) -> str:
    return re.sub(
        r"^( *)- module: segmentation\.dbt_plugins\.published_file *\n",
        lambda line: f"{line[0]}{line[1]}- module: {PLUGIN}\n",
        text,
        count=1,
        flags=re.MULTILINE,
    )


def _advice(mapping: Mapping) -> str:
    variables = yaml.safe_dump(
        {"as_of": mapping.as_of.isoformat(), "segmentation": package_vars(mapping)},
        sort_keys=False,
    )
    indented = "".join(f"  {line}\n" for line in variables.splitlines())
    return (
        f"\nAdd to dbt_project.yml (docs/package.md explains the rest):\nvars:\n{indented}"
        f"and to the plugins of your profile:\n  - module: {PLUGIN}\n"
    )
