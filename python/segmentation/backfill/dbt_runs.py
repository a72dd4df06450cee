"""dbt within a process of a backfill: the project is read once, and run as of many days.

A new value of a var makes dbt read the whole project again. What it has read is therefore handed to
each run. dbt writes compiled SQL into it: every run gets nodes of its own.
"""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

# Models that fit. A backfill reads what they have stored.
_FITS = re.compile(r"model[.]segmentation[.](?!\w+_current_model)\w+_model")
_LOG = "model.segmentation.segment_log"
HISTORY_MARTS = ("fct_customer_segment_history", "fct_segment_migrations")

# Events of dbt's log that say why something failed.
_REASONS = ("RunResultError", "MainEncounteredError", "RunResultErrorNoMessage", "RunResultFailure")
_DESCRIPTION = "segmentation_run "
# A node or a macro that has this word may be another as of another day.
_DAY = re.compile(r"\bas_of\b")


class RunFailedError(RuntimeError):
    """dbt could not run; the message has what it says."""


@dataclass(frozen=True)
class Place:
    """A table of the project: its schema and its name, as in the catalogue."""

    schema: str
    name: str


class ReadProject:
    """A dbt project that was read once.

    Parameters
    ----------
    variables : mapping
        Vars of all runs.
    """

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._variables = dict(variables)
        self._messages: list[str] = []
        self._manifest: Any = None
        self._manifest = self._invoke(["parse"])
        self._nodes = copy.deepcopy(self._manifest.nodes)
        self._models, self._seeds = needed_nodes(self._manifest)
        self._undated = undated_models(self._manifest, self._models)

    def place(self, model: str) -> Place:
        """Return where a model of the package is stored."""
        node = self._manifest.nodes[f"model.segmentation.{model}"]
        return Place(node.schema, node.alias)

    def columns(self, model: str) -> set[str]:
        """Return the columns that a model of the package has."""
        return set(self._manifest.nodes[f"model.segmentation.{model}"].columns)

    def describe(self) -> dict[str, Any]:
        """Return the file and the settings of a run with these vars, see ``describe_run``."""
        self._invoke(["run-operation", "describe_run"])
        for message in self._messages:
            if _DESCRIPTION in message:
                described: dict[str, Any] = json.loads(message.split(_DESCRIPTION, 1)[1])
                return described
        raise RunFailedError("dbt did not say which file it writes to.")

    def observe(self, day: str, *, is_first: bool) -> None:
        """Build what the log needs as of a day, and the log; nothing is fitted or tested.

        Parameters
        ----------
        day : str
            YYYY-MM-DD.
        is_first : bool
            Whether seeds, and tables that are the same as of all days, are written too.
        """
        ids = [*self._seeds, *self._models] if is_first else self._models - self._undated
        command = "build" if is_first else "run"
        leave = ["--exclude-resource-type", "test", "unit_test"] if is_first else []
        self._invoke([command, "--select", *self._names(ids), *leave], as_of=day)

    def build_history(self, day: str) -> None:
        """Build and test the marts of the history, as of the day of the other marts."""
        marts = [f"model.segmentation.{name}" for name in HISTORY_MARTS]
        views = ["model.segmentation.segment_changes", "model.segmentation.segment_observed_days"]
        selected = ["--select", *self._names([*views, *marts])]
        self._invoke(["build", *selected, "--exclude-resource-type", "unit_test"], as_of=day)

    def publish_again(self, run_id: str) -> None:
        """Publish the marts of the warehouse as those of a run."""
        arguments = ["--args", json.dumps({"run_id": run_id})]
        self._invoke(["run-operation", "publish_again", *arguments])

    def _names(self, ids: Sequence[str] | set[str]) -> list[str]:
        return sorted(".".join(self._manifest.nodes[node].fqn) for node in ids)

    def _invoke(self, arguments: list[str], **variables: str) -> Any:
        """Run dbt, and close the file that it had open."""
        self._messages.clear()
        if self._manifest is not None:
            self._manifest.nodes = copy.deepcopy(self._nodes)
        asked = json.dumps({**self._variables, **variables})
        # The command shows what dbt says in its own way, or writes it into a pipe.
        flags = ["--quiet", "--no-write-json", "--no-use-colors", *arguments, "--vars", asked]
        result = dbtRunner(self._manifest, [self._take]).invoke(flags)
        close_files()
        if isinstance(result.exception, KeyboardInterrupt):
            raise result.exception
        if not result.success:
            said = "\n".join(dict.fromkeys(self._messages)) or str(result.exception or "")
            raise RunFailedError(said.strip() or "dbt failed; its log says more.")
        return result.result

    def _take(self, event: Any) -> None:
        """Keep the reasons of a failure, and what a macro says."""
        if event.info.name in _REASONS or _DESCRIPTION in event.info.msg:
            self._messages.append(event.info.msg.strip())


def use_warehouse(path: str) -> None:
    """Let the next run of dbt in this process work on a file."""
    os.environ["SEGMENTATION_WAREHOUSE"] = path


def close_files() -> None:
    """Close the file that dbt has open: it keeps files open between runs."""
    try:
        DuckDBConnectionManager.env().close()
    except Exception:
        # There is none: dbt-duckdb has no error of its own for it.
        return
    DuckDBConnectionManager.close_all_connections()


def needed_nodes(manifest: Any) -> tuple[set[str], set[str]]:
    """Return the models and the seeds that the log is built from, without fits and theirs."""
    found: set[str] = set()
    waiting = [_LOG]
    while waiting:
        node = waiting.pop()
        if node in found or node not in manifest.nodes or _FITS.fullmatch(node):
            continue
        found.add(node)
        waiting += manifest.nodes[node].depends_on_nodes
    models = {node for node in found if manifest.nodes[node].resource_type == "model"}
    seeds = {node for node in found if manifest.nodes[node].resource_type == "seed"}
    return models, seeds


def undated_models(manifest: Any, models: set[str]) -> set[str]:
    """Return the tables that are the same as of all days, whose first run is enough.

    Neither their code nor a macro behind it has the word `as_of`, and they are made from such
    tables alone. Views are not among them: dbt drops the sources of some after each run.
    """
    undated: dict[str, bool] = {}

    def is_undated(node_id: str) -> bool:
        if node_id not in undated:
            node = manifest.nodes.get(node_id)
            undated[node_id] = (
                node is None
                or node.resource_type == "seed"
                or (
                    node_id in models
                    and node.config.materialized == "table"
                    and not _is_dated(manifest, node)
                    and all(is_undated(parent) for parent in node.depends_on_nodes)
                )
            )
        return undated[node_id]

    return {node for node in models if is_undated(node)}


def _is_dated(manifest: Any, node: Any) -> bool:
    """Return whether the code of a node, or a macro that it calls in the end, has the word."""
    found: set[str] = set()
    waiting = list(node.depends_on.macros)
    while waiting:
        name = waiting.pop()
        if name not in found and name in manifest.macros:
            found.add(name)
            waiting += manifest.macros[name].depends_on.macros
    codes = [node.raw_code, *(manifest.macros[name].macro_sql for name in found)]
    return any(_DAY.search(code) for code in codes)
