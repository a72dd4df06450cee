"""SQL functions that keep suppressed customers out: the path of the list, and the padded key.

Registered by the plugin ``build_checks``, which every profile has. No query and no log contains the
key: a query calls a function for it, which DuckDB calls once.
"""

from __future__ import annotations

import json

from segmentation.engine.duckdb import Connection
from segmentation.erasure.erasure_error import ErasureError
from segmentation.erasure.suppression_key import read_key
from segmentation.erasure.suppression_list import SuppressionFiles, list_problems, read_list

PROBLEMS = "segmentation_suppression_problems"
LIST = "segmentation_suppression_list"
PAD = "segmentation_suppression_pad"


def register_suppression(connection: Connection, warehouse: str) -> None:
    """Register the SQL functions.

    Parameters
    ----------
    connection : Connection
    warehouse : str
        Path of the file that is built.
    """
    files = SuppressionFiles.of(warehouse)

    def problems() -> str:
        return json.dumps(list_problems(files))

    def listed(dataset: str) -> str:
        """Return the path of the list; empty if it has no customer of the data set."""
        is_needed = any(entry.dataset == dataset for entry in read_list(files.listed))
        return str(files.listed.absolute()) if is_needed else ""

    def pad(which: str) -> bytes:
        try:
            key = read_key(files.key)
        except ErasureError as error:
            raise RuntimeError(str(error)) from None
        return key.inner_pad if which == "inner" else key.outer_pad

    connection.create_function(PROBLEMS, problems, [], "VARCHAR", side_effects=True)
    connection.create_function(LIST, listed, ["VARCHAR"], "VARCHAR", side_effects=True)
    # Without side effects: called once for a query, not for each row.
    connection.create_function(PAD, pad, ["VARCHAR"], "BLOB")
