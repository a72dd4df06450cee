"""Short names for the types of columns in a table of models."""

from __future__ import annotations

import pyarrow as pa

TEXT, WHOLE, REAL, FLAG = pa.string(), pa.int64(), pa.float64(), pa.bool_()
REALS = pa.list_(REAL)


def struct(**fields: pa.DataType) -> pa.DataType:
    """Return the type of a column that holds one record."""
    return pa.struct(list(fields.items()))


def records(**fields: pa.DataType) -> pa.DataType:
    """Return the type of a column that holds a list of records."""
    return pa.list_(struct(**fields))
