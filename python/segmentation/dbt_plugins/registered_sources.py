"""The sources that views of a run read, safe for dbt's threads.

dbt-duckdb keeps them in a dictionary. Each thread goes through it when it opens a cursor, while
another thread may load a source and add it: about one build in twenty with two threads failed with
"dictionary changed size during iteration". dbt-duckdb has no hook for this; the plugins that load
sources replace the dictionary when a database is opened, before the first cursor.
"""

from __future__ import annotations

import threading
from collections.abc import ItemsView

from dbt.adapters.duckdb.connections import DuckDBConnectionManager

# The attribute of dbt-duckdb's local environment.
_ATTRIBUTE = "_REGISTERED_DF"


class RegisteredSources(dict[str, object]):
    """A dictionary whose items can be gone through while another thread adds one.

    What is added meanwhile is not among them: its thread registers it with its own cursor, and
    later cursors find it here.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def __setitem__(self, name: str, source: object) -> None:
        with self._lock:
            super().__setitem__(name, source)

    def items(self) -> ItemsView[str, object]:  # type: ignore[override]
        """Return the items as they are now."""
        with self._lock:
            return self.copy().items()


def guard_registered_sources() -> None:
    """Replace the dictionary of dbt's environment, unless that was done.

    Called in a plugin's ``configure_connection``: dbt-duckdb then holds its own lock, and no cursor
    is open.
    """
    environment = DuckDBConnectionManager.env()
    registered = getattr(environment, _ATTRIBUTE, None)
    # Only a plain dictionary: a later dbt-duckdb may keep the sources in another way.
    if type(registered) is dict:
        sources = RegisteredSources()
        for name, source in registered.items():
            sources[name] = source
        setattr(environment, _ATTRIBUTE, sources)
