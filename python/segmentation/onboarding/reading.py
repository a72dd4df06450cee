"""The rows of any source, numbered, as one Arrow table."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from segmentation.engine.duckdb import DuckDBEngine, open_in_memory
from segmentation.engine.sql import quoted
from segmentation.onboarding.addresses import WITH_TABLES, SourceAddress
from segmentation.onboarding.databases import read_database_table, tables_in
from segmentation.onboarding.refusals import OnboardingError
from segmentation.onboarding.text_files import TextLayout, layout_of, read_text_file

# Columns that reading adds.
ROW, MALFORMED, REPEATS = "source_row", "malformed", "repeats_row"
ADDED = (ROW, MALFORMED, REPEATS)


def expand(address: SourceAddress) -> list[SourceAddress]:
    """Return an address for each table of a database or workbook that is named without one.

    Raises
    ------
    OnboardingError
        If it cannot be opened, or has no tables.
    """
    if address.kind not in WITH_TABLES or address.table:
        return [address]
    tables = tables_in(address)
    if not tables:
        raise OnboardingError(f"{address.location} has no tables.")
    return [SourceAddress(address.kind, address.location, table) for table in tables]


def read_source(address: SourceAddress, layout: TextLayout | None = None) -> pa.Table:
    """Read all rows of a source.

    Parameters
    ----------
    address : SourceAddress
    layout : TextLayout, optional
        Of a text file, where it is known; looked for otherwise.

    Returns
    -------
    pyarrow.Table
        ``source_row``, counted from 1; ``malformed``, why a line of a text file is no row, else
        null; ``repeats_row``, the first row that is equal in every column, else null; then the
        columns of the source.

    Raises
    ------
    OnboardingError
        If the source cannot be read; the message says why and what to do.
    """
    if address.kind == "text":
        path = Path(address.location)
        table = read_text_file(path, layout or layout_of(path))
    elif address.kind == "parquet":
        table = _parquet(Path(address.location))
    else:
        table = read_database_table(address)
    table = _distinct_names(table, own=() if address.kind == "text" else (ROW, MALFORMED))
    if address.kind != "text":
        table = table.add_column(0, ROW, pa.array(range(1, len(table) + 1), pa.int64()))
        table = table.add_column(1, MALFORMED, pa.nulls(len(table), pa.string()))
    return _with_repeats(table)


def _parquet(path: Path) -> pa.Table:
    if not path.is_file():
        raise OnboardingError(f"There is no file {path}.")
    try:
        return pyarrow.parquet.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise OnboardingError(f"{path} is no Parquet file: {error}") from None


def _distinct_names(table: pa.Table, own: tuple[str, ...]) -> pa.Table:
    """Return the table with names that differ by more than their case, as DuckDB wants it.

    A column of the source that is called like one that reading adds, of which `own` are still to
    come, gets another name.
    """
    names: list[str] = []
    for place, name in enumerate(table.column_names, start=1):
        free = f"{name} of the source" if name.lower() in (*own, REPEATS) else name
        while free.lower() in {other.lower() for other in names}:
            free = f"{free} {place}"
        names.append(free)
    return table.rename_columns(names)


def _with_repeats(table: pa.Table) -> pa.Table:
    own = [name for name in table.column_names if name not in ADDED]
    first = f"min({ROW}) over (partition by {', '.join(quoted(name) for name in own)})"
    with open_in_memory() as connection:
        connection.register("read_rows", table)
        found = DuckDBEngine(connection).relation(
            f"select nullif({first}, {ROW}) as {REPEATS} from read_rows"
            f" where {MALFORMED} is null order by {ROW}"
            if own
            else f"select cast(null as bigint) as {REPEATS} from read_rows"
        )
        repeats = found.to_arrow_table().column(0)
    missing = pa.nulls(len(table) - len(repeats), pa.int64())
    # Lines that are no rows stand at the end.
    return table.add_column(2, REPEATS, pa.chunked_array([*repeats.chunks, missing], pa.int64()))
