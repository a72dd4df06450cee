"""What dbt knows of a parsed project, handed from one warehouse to the next.

dbt parses the whole project for every new warehouse, which takes longer than most of what a test
then asks of it. It writes what it parsed into a file, and of that uses whatever is of a file that
is as it was, if vars, connection and folder are the same too. A state that is handed on is said to
be of those for which it is to be used. That is right of

- the connection, and vars that are read when a model runs: nothing that is parsed depends on them;
- a copy of the project: dbt compares its files;
- vars of which some files of the project are rendered: dbt is made to parse these files again.
"""

from __future__ import annotations

import hashlib
import os
import pprint
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgpack
import yaml

STATE = "partial_parse.msgpack"
# Vars that no file of the project reads until a model or a hook runs. Of `as_of` a backfill assumes
# that too.
READ_LATE = {"as_of", "publish_parquet", "warehouse_schema"}
# Vars that decide what is parsed in no file but those in which they are named.
READ_WHERE_NAMED = {
    *("value_options", "profile_options", "prospects_options", "lifetime_value_options"),
    *("refit", "refit_after_days", "refit_on_drift", "fail_on_drift"),
    *("lrfm_window_days", "complete_journey_time_zone", "marketing_campaign_file"),
    # Of the shop that installs the project as a package.
    "shop_orders",
}
# Files that are rendered only where others call what they define.
DEFINING = {"macro", "generic_test"}


@dataclass(frozen=True)
class Parse:
    """The parse of a project by a dbt with such vars and such a connection.

    A state of a parse of equal `key` serves after it was changed.
    """

    key: str
    project: Path
    connection: str
    variables: Mapping[str, Any]

    @classmethod
    def of(
        cls, project: Path, database: str, variables: Mapping[str, Any], env: Mapping[str, str]
    ) -> Parse:
        """Return the parse of a project by a dbt with these vars and this environment."""
        adaptable = READ_LATE | READ_WHERE_NAMED
        fixed = {name: value for name, value in variables.items() if name not in adaptable}
        # Copies of a project share what was parsed of it.
        settings = (project / "dbt_project.yml").read_text(encoding="utf-8")
        key = hashlib.sha256(yaml.safe_dump([settings, database, fixed]).encode()).hexdigest()
        return cls(key, project, connection_hash(project, env), dict(variables))

    def names_read_otherwise(self, variables: Mapping[str, Any]) -> set[str]:
        """Return the vars whose files are to be parsed again if the state is of other vars."""
        return {
            name
            for name in READ_WHERE_NAMED & (self.variables.keys() | variables.keys())
            if self.variables.get(name) != variables.get(name)
        }


class ParseStates:
    """Parse states in a folder that all test processes of a run share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def hand_out(self, parse: Parse, target: Path) -> None:
        """Put a state for a parse into a target folder, if one is kept that can serve."""
        path = self._path(parse)
        if path.exists():
            kept = msgpack.unpackb(path.read_bytes())
            state = msgpack.unpackb(kept["state"], strict_map_key=False)
            _move(state, kept["project"], str(parse.project))
            _parse_again(state, parse.names_read_otherwise(yaml.safe_load(kept["variables"])))
            check = state["state_check"]
            check["profile_hash"]["checksum"] = parse.connection
            check["vars_hash"]["checksum"] = variables_hash(parse.variables)
            target.mkdir(parents=True, exist_ok=True)
            (target / STATE).write_bytes(msgpack.packb(state))

    def keep(self, parse: Parse, target: Path) -> None:
        """Keep the state that a dbt that has ended wrote into a target folder."""
        path = self._path(parse)
        if path.exists():
            return
        kept = {
            "state": (target / STATE).read_bytes(),
            "project": str(parse.project),
            "variables": yaml.safe_dump(parse.variables),
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        # Other processes see it whole or not at all.
        unfinished = path.with_suffix(f".{os.getpid()}")
        unfinished.write_bytes(msgpack.packb(kept))
        unfinished.replace(path)

    def _path(self, parse: Parse) -> Path:
        return self.folder / f"{parse.key}.msgpack"


def _move(state: dict[str, Any], before: str, after: str) -> None:
    """Let a state be of a project in another folder."""
    for file in state["files"].values():
        file["path"]["project_root"] = _moved(file["path"]["project_root"], before, after)
    for node in state["nodes"].values():
        if node.get("root_path"):
            node["root_path"] = _moved(node["root_path"], before, after)


def _moved(path: str, before: str, after: str) -> str:
    is_within = path == before or path.startswith(before + os.sep)
    return after + path.removeprefix(before) if is_within else path


def _parse_again(state: dict[str, Any], names: set[str]) -> None:
    """Let files in which vars are named look as if they had changed."""
    if not names:
        return
    named = re.compile(r"\b(" + "|".join(sorted(names)) + r")\b")
    for file in state["files"].values():
        place = file["path"]
        path = Path(place["project_root"], place["searched_path"], place["relative_path"])
        if file["parse_file_type"] in DEFINING or path.suffix not in {".yml", ".sql", ".py"}:
            continue
        if path.exists() and named.search(path.read_text(encoding="utf-8")):
            file["checksum"]["checksum"] = ""
            # dbt believes that a yml file is as it was without reading it.
            place["modification_time"] = -1.0
            # Of a yml file, it parses the entries that have changed.
            for entries in (file.get("dfy") or {}).values():
                for entry in entries if isinstance(entries, list) else ():
                    entry["has_changed"] = True


def written_at(target: Path) -> int | None:
    """Return when the state in a target folder was written, None if there is none."""
    state = target / STATE
    return state.stat().st_mtime_ns if state.exists() else None


def connection_hash(project: Path, environment: Mapping[str, str]) -> str:
    """Return dbt's hash of the connection that the project's profile describes."""
    # Imported here: only tests that run dbt pay for it.
    from dbt.config.profile import Profile
    from dbt.config.renderer import ProfileRenderer
    from dbt_common.context import set_invocation_context

    name = yaml.safe_load((project / "dbt_project.yml").read_text())["profile"]
    raw = yaml.safe_load((project / "profiles.yml").read_text())[name]
    set_invocation_context(dict(environment))
    target, rendered = Profile.render_profile(raw, name, None, ProfileRenderer({}))
    credentials = Profile._credentials_from_profile(rendered, name, target)
    keys = pprint.pformat(sorted(credentials.connection_info()))
    return hashlib.sha256(keys.encode()).hexdigest()


def variables_hash(variables: Mapping[str, Any]) -> str:
    """Return dbt's hash of vars, of a run without a profile and a target of its own."""
    from dbt.version import __version__

    parts = "\x00".join([pprint.pformat(dict(variables)), "", "", __version__])
    return hashlib.sha256(parts.encode()).hexdigest()
