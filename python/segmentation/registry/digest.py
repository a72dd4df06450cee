"""A digest over a whole row of a model table: any change of a stored value is seen.

It is the SHA-256 of the row as canonical text, which depends on the values alone: not on the order
of the columns, nor on the versions of Python, pyarrow or the engine. What is null is left out of
the text, so that a column which a later version adds leaves the digests of earlier rows valid;
a value that becomes null, or null that becomes a value, is another row.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

DIGEST = "row_digest"


def row_digest(record: Mapping[str, Any]) -> str:
    """Return the digest of a row.

    Parameters
    ----------
    record : mapping of str to value
        A row as the engine returns it, nested columns as lists and mappings. Its own digest, where
        it has one, is left out.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    TypeError
        If a value is of a type that no model table holds.
    """
    values = {name: value for name, value in record.items() if name != DIGEST}
    text = json.dumps(_canonical(values), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def with_digests(table: pa.Table) -> pa.Table:
    """Return a table of models with the digest of each row in its column ``row_digest``."""
    digests = pa.array([row_digest(record) for record in table.to_pylist()], pa.string())
    return table.set_column(table.schema.get_field_index(DIGEST), DIGEST, digests)


def _canonical(value: Any) -> Any:
    """Return what JSON can write, with a name for each type that JSON would not tell apart."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        # Exact, and unlike the decimal digits written the same by every version.
        return {"float": value.hex()}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, datetime.date):
        return {type(value).__name__: value.isoformat()}
    if isinstance(value, Mapping):
        present = {name: _canonical(held) for name, held in value.items() if held is not None}
        return {"fields": present}
    if isinstance(value, Sequence):
        return [_canonical(held) for held in value]
    raise TypeError(f"A model table holds no {type(value).__name__}.")
