"""What dbt knows of a parsed project, handed from one warehouse to the next.

dbt parses the whole project for every new warehouse, which takes longer than most of what a test
then asks of it. What it parsed depends on the files of the project, the vars and the name of the
database. dbt compares files and vars before it uses a state, and parses what differs. It also
compares the connection and the var `as_of`, on which nothing that is parsed depends, as a backfill
assumes too: a state that is handed on gets the hashes for which it is to be used.
"""

from __future__ import annotations

import hashlib
import os
import pprint
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

STATE = "partial_parse.msgpack"
# Stand for the hashes of a connection and of vars in the states that are kept.
ANY_CONNECTION, ANY_DAY = b"0" * 64, b"1" * 64


@dataclass(frozen=True)
class Parse:
    """What a state is of: one of equal `key` serves after a change of the two hashes."""

    key: str
    connection: bytes
    variables: bytes

    @classmethod
    def of(
        cls, project: Path, database: str, variables: Mapping[str, Any], env: Mapping[str, str]
    ) -> Parse:
        """Return the parse of a project by a dbt with these vars and this environment."""
        undated = {name: value for name, value in variables.items() if name != "as_of"}
        parts = yaml.safe_dump([str(project), database, undated])
        key = hashlib.sha256(parts.encode()).hexdigest()
        return cls(key, connection_hash(project, env), variables_hash(variables))

    def kept(self, state: bytes) -> bytes | None:
        """Return a state as it is kept, None if it does not have each hash once."""
        for own, kept in self._hashes:
            if state.count(own) != 1 or kept in state:
                return None
            state = state.replace(own, kept)
        return state

    def handed_out(self, state: bytes) -> bytes:
        """Return a state that was kept as one of this parse."""
        for own, kept in self._hashes:
            state = state.replace(kept, own)
        return state

    @property
    def _hashes(self) -> tuple[tuple[bytes, bytes], ...]:
        return (self.connection, ANY_CONNECTION), (self.variables, ANY_DAY)


class ParseStates:
    """Parse states in a folder that all test processes of a run share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def hand_out(self, parse: Parse, target: Path) -> None:
        """Put the state of a parse into a target folder, if it is kept."""
        kept = self._path(parse)
        if kept.exists():
            target.mkdir(parents=True, exist_ok=True)
            (target / STATE).write_bytes(parse.handed_out(kept.read_bytes()))

    def keep(self, parse: Parse, target: Path) -> None:
        """Keep the state that a dbt that has ended wrote into a target folder."""
        kept = self._path(parse)
        if kept.exists():
            return
        content = parse.kept((target / STATE).read_bytes())
        if content is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        # Other processes see it whole or not at all.
        unfinished = kept.with_suffix(f".{os.getpid()}")
        unfinished.write_bytes(content)
        unfinished.replace(kept)

    def _path(self, parse: Parse) -> Path:
        return self.folder / f"{parse.key}.msgpack"


def written_at(target: Path) -> int | None:
    """Return when the state in a target folder was written, None if there is none."""
    state = target / STATE
    return state.stat().st_mtime_ns if state.exists() else None


def connection_hash(project: Path, environment: Mapping[str, str]) -> bytes:
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
    return hashlib.sha256(keys.encode()).hexdigest().encode()


def variables_hash(variables: Mapping[str, Any]) -> bytes:
    """Return dbt's hash of vars, of a run without a profile and a target of its own."""
    from dbt.version import __version__

    parts = "\x00".join([pprint.pformat(dict(variables)), "", "", __version__])
    return hashlib.sha256(parts.encode()).hexdigest().encode()
