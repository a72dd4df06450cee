"""The lines of the summary about rows, warnings and the latest run."""

from __future__ import annotations

from segmentation.engine.duckdb import Connection

# Reasons shown for a table; rpt_reject_reasons has all of them.
NAMED_REASONS = 3


def data_quality(connection: Connection) -> list[str]:
    """Return lines about rows read, warnings, and whether all marts come from one run.

    Parameters
    ----------
    connection : Connection
        Of a built warehouse; the current schema is that of the marts. A mart that an earlier
        version did not build has no line.

    Returns
    -------
    list of str
        Plain text, a blank line before each group.
    """
    marts = {
        row[0]
        for row in connection.sql(
            "select table_name from information_schema.tables where table_schema = current_schema()"
        ).fetchall()
    }
    lines: list[str] = []
    if "rpt_source_rows" in marts:
        lines += _source_rows(connection)
    if {"rpt_rows_read", "rpt_reject_reasons"} <= marts:
        lines += _rows_read(connection)
    if "rpt_warnings" in marts:
        lines += _warnings(connection)
    if "rpt_builds" in marts:
        lines += _run(connection)
    return lines


def _source_rows(connection: Connection) -> list[str]:
    outcomes: dict[str, list[tuple[bool, str, int]]] = {}
    totals: dict[str, int] = {}
    for table, accepted, outcome, rows, read in connection.sql(
        "select source_table, is_accepted, outcome, source_rows, rows_read from rpt_source_rows "
        "order by source_table, outcome_rank"
    ).fetchall():
        outcomes.setdefault(table, []).append((accepted, outcome, rows))
        totals[table] = read
    lines = []
    for table, found in outcomes.items():
        accepted = sum(rows for is_accepted, _, rows in found if is_accepted)
        reasons = [f"{why} ({rows:,})" for is_accepted, why, rows in found if not is_accepted]
        rejected = sum(rows for is_accepted, _, rows in found if not is_accepted)
        line = f"  {table}: read {totals[table]:,}, accepted {accepted:,}, rejected {rejected:,}"
        if reasons:
            # All of them: the mapping of a shop names only a few.
            line += f" ({rejected / totals[table]:.1%}): {'; '.join(reasons)}"
        lines.append(line)
    return ["", "Rows of your files and tables:", *lines] if lines else []


def _rows_read(connection: Connection) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for table, reason, rows in connection.sql(
        "select source_table, reason, rows_rejected from rpt_reject_reasons "
        "order by source_table, reason_rank"
    ).fetchall():
        reasons.setdefault(table, []).append(f"{reason} ({rows:,})")
    lines = []
    # An earlier version counted none.
    counted = connection.sql("select * from rpt_rows_read limit 0").columns
    suppressed_rows = "rows_suppressed" if "rows_suppressed" in counted else "0"
    for table, read, accepted, rejected, suppressed in connection.sql(
        f"select source_table, rows_read, rows_accepted, rows_rejected, {suppressed_rows}"
        " from rpt_rows_read where rows_read > 0 order by source_table"
    ).fetchall():
        line = f"  {table}: read {read:,}, accepted {accepted:,}, rejected {rejected:,}"
        if rejected:
            line += f" ({rejected / read:.1%}): {'; '.join(reasons[table][:NAMED_REASONS])}"
            others = len(reasons[table]) - NAMED_REASONS
            if others > 0:
                line += f"; {others} more in rpt_reject_reasons"
        if suppressed:
            line += f", of erased customers {suppressed:,}"
        lines.append(line)
    return ["", "What was read:", *(lines or ["  no rows at all"])]


def _warnings(connection: Connection) -> list[str]:
    rows = connection.sql(
        "select message, what_to_do from rpt_warnings order by warning_number"
    ).fetchall()
    return ["", "Warnings:", *(f"  {message} {advice}" for message, advice in rows)] if rows else []


def _run(connection: Connection) -> list[str]:
    # A backfill leaves the marts as complete as they were.
    rows = connection.sql(
        "select run_number, outcome, started_at, models_built, models from rpt_builds "
        "where outcome <> 'backfill' order by run_number desc limit 1"
    ).fetchall()
    if not rows:
        return []
    ((number, outcome, started_at, built, models),) = rows
    what_happened = {
        "not ended": "did not end",
        "failed": "failed in parts",
        "emptied": "was made with --empty",
        "selection": f"built {built} of {models} models",
    }.get(outcome)
    if what_happened is None:
        return []
    return [
        "",
        f"The marts are not of one run: run {number}, begun {started_at:%Y-%m-%d %H:%M} UTC, "
        f"{what_happened}. Build again; rpt_builds lists the runs.",
    ]
