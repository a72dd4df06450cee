"""dbt-duckdb plugin: refuses what no warehouse can be opened with, before opening it.

These are file names that dbt-duckdb cannot use, and a limit of memory that is no size. DuckDB names
a catalog after its file, up to the first dot, and dbt-duckdb writes that name into SQL and Python.
Spaces, hyphens, dollar signs and brackets work there, quotes do not.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError

from segmentation.engine.duckdb import catalog_name

_UNUSABLE_IN_NAMES = "'\"\\"
# The path is read as a URL: these characters, and a ; in the file name, begin another part.
_UNUSABLE_IN_PATHS = "?#"
# Names that DuckDB reserves; the last one would be confused with the schema.
_RESERVED_NAMES = ("temp", "system", "main", "marts")

# DuckDB reads more: "-1" as no limit, "4 GB x" as 4 GB, and KB, in which no build fits.
_SIZE = re.compile(r"([0-9]+(?:[.][0-9]+)?) *[MGT]i?B", re.IGNORECASE | re.ASCII)


class Plugin(BasePlugin):
    """Checks the paths and the limit of memory of the profile."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:  # noqa: ARG002
        """Check the limit of memory, the warehouse's path and those of attached files.

        Raises
        ------
        DbtRuntimeError
            If one of them cannot be used; the message says why and what to do.
        """
        if isinstance(self.creds, DuckDBCredentials):
            check_memory((self.creds.config_options or {}).get("memory_limit"))
        if isinstance(self.creds, DuckDBCredentials) and self.creds.path != ":memory:":
            check_paths(self.creds.path, [file.path for file in self.creds.attach or []])


def check_memory(limit: Any) -> None:
    """Check that a limit of memory is a size.

    Parameters
    ----------
    limit : str or None
        As the profile has it; None if it has none.

    Raises
    ------
    DbtRuntimeError
        If it is not a positive number with a unit.
    """
    if limit is None:
        return
    text = str(limit).strip()
    size = _SIZE.fullmatch(text)
    if size is None or float(size[1]) == 0:
        raise DbtRuntimeError(
            f"SEGMENTATION_MEMORY is {text!r}, which is not a size of memory. Write a number with "
            "one of the units MB, GB, TB, MiB, GiB and TiB: export SEGMENTATION_MEMORY=4GB"
        )


def check_paths(warehouse: str, attached: list[str]) -> None:
    """Check that dbt-duckdb can work with a warehouse and the files attached to it.

    Parameters
    ----------
    warehouse : str
        Path of the file that is built. The file need not exist.
    attached : list of str
        Paths of files that are only read.

    Raises
    ------
    DbtRuntimeError
        If a file name cannot be used, the folder of `warehouse` or a file of `attached` is
        missing, or two files have the same name.
    """
    for path in (warehouse, *attached):
        _check_name(path)
    folder = Path(warehouse).parent
    if not folder.is_dir():
        raise DbtRuntimeError(
            f"There is no folder {folder} for the warehouse {Path(warehouse).name}. Make it first."
        )
    for path in attached:
        if not Path(path).is_file():
            raise DbtRuntimeError(
                f"There is no file {path}, which SEGMENTATION_STATE_WAREHOUSE names."
            )
        if catalog_name(path).lower() == catalog_name(warehouse).lower():
            raise DbtRuntimeError(
                f"{path} and {warehouse} are both called {catalog_name(path)}: queries could not "
                "tell them apart. Give SEGMENTATION_WAREHOUSE another file name."
            )


def _check_name(path: str) -> None:
    name = catalog_name(path)
    found = [c for c in _UNUSABLE_IN_NAMES if c in name]
    found += [c for c in _UNUSABLE_IN_PATHS if c in path]
    found += [";"] if ";" in Path(path).name else []
    if found or not name.isprintable():
        what = " or ".join(found) or "an unprintable character"
        where = "path" if set(found) & set(_UNUSABLE_IN_PATHS) else "file name"
        raise DbtRuntimeError(
            f"dbt-duckdb cannot work with a {where} that holds {what}: {path!r}. "
            "Choose another with SEGMENTATION_WAREHOUSE."
        )
    if name.lower() in _RESERVED_NAMES:
        raise DbtRuntimeError(
            f"A warehouse cannot be called {name}: DuckDB, or a schema in it, has that name. "
            "Choose another file name with SEGMENTATION_WAREHOUSE."
        )
