"""The assignments of customers to a campaign or its holdout, as Parquet files that are only added.

Each export that assigns somebody adds a file to a folder. The next build reads them all. Nothing
is changed or removed: a customer keeps the group of the first assignment.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from segmentation.audiences.audience import Audience, AudienceError
from segmentation.audiences.buckets import bucket_of, is_held_out
from segmentation.published.whole_files import write_whole

TREATED, HELD_OUT = "treated", "held out"

# The same columns as in the macro assignment_columns.
SCHEMA = pa.schema(
    [
        ("dataset", pa.string()),
        ("audience", pa.string()),
        ("customer_id", pa.string()),
        ("assignment_group", pa.string()),
        ("assigned_on", pa.date32()),
        ("segmentation", pa.string()),
        ("segment_slug", pa.string()),
        ("seed", pa.string()),
        ("holdout_share", pa.float64()),
        ("bucket", pa.float64()),
        ("responses_before", pa.int64()),
    ]
)


def assignment_problems(folder: Path) -> list[str]:
    """Return what is wrong with the files of a folder; nothing if there is no folder.

    Returns
    -------
    list of str
        A sentence a file, for the list of problems before a build.
    """
    problems = []
    for path in _files(folder):
        try:
            there = {field.name: field.type for field in pq.read_schema(path)}
        except (pa.ArrowException, OSError) as error:
            problems.append(
                f"{path} is no Parquet file that can be read ({error}). Take it out of the folder"
                " that SEGMENTATION_ASSIGNMENTS names."
            )
            continue
        missing = [field.name for field in SCHEMA if there.get(field.name) != field.type]
        if missing:
            problems.append(
                f"{path} is no file of assignments: {', '.join(missing)} are missing or of another"
                " type. SEGMENTATION_ASSIGNMENTS must name the folder of `segmentation export`."
            )
    return problems


def read_assignments(folder: Path, audience: str) -> pa.Table:
    """Return the assignments of one audience, the first of each customer.

    Parameters
    ----------
    folder : Path
        It may be missing.
    audience : str

    Returns
    -------
    pyarrow.Table
        With the columns of ``SCHEMA``, ordered by day, group and customer.

    Raises
    ------
    AudienceError
        If a file cannot be read.
    """
    problems = assignment_problems(folder)
    if problems:
        raise AudienceError(" ".join(problems))
    chosen = [field.name for field in SCHEMA]
    found = [
        pq.read_table(path, columns=chosen, filters=[("audience", "=", audience)]).cast(SCHEMA)
        for path in _files(folder)
    ]
    table = pa.concat_tables([SCHEMA.empty_table(), *found])
    order = ("assigned_on", "assignment_group", "customer_id")
    ordered = table.sort_by([(column, "ascending") for column in order])
    seen: set[str] = set()
    first = []
    for customer in ordered["customer_id"].to_pylist():
        first.append(customer not in seen)
        seen.add(customer)
    return ordered.filter(pa.array(first, pa.bool_()))


def defined_audience(assignments: pa.Table) -> Audience | None:
    """Return the audience that assignments are of; None if there are none."""
    return Audience.of(assignments.slice(0, 1).to_pylist()[0]) if len(assignments) else None


def new_assignments(
    audience: Audience,
    customers: Iterable[Mapping[str, Any]],
    assigned: Iterable[str],
    assigned_on: dt.date,
) -> pa.Table:
    """Return assignments for the customers who have none yet.

    Parameters
    ----------
    audience : Audience
    customers : iterable of mappings
        With `customer_id` and `responses`.
    assigned : iterable of str
        Customers who have an assignment.
    assigned_on : date

    Returns
    -------
    pyarrow.Table
        With the columns of ``SCHEMA``.
    """
    known = set(assigned)
    rows = []
    for customer in customers:
        customer_id = customer["customer_id"]
        if customer_id in known:
            continue
        bucket = bucket_of(audience.seed, customer_id)
        held_out = is_held_out(bucket, audience.holdout_share)
        rows.append(
            {
                "dataset": audience.dataset,
                "audience": audience.audience,
                "customer_id": customer_id,
                "assignment_group": HELD_OUT if held_out else TREATED,
                "assigned_on": assigned_on,
                "segmentation": audience.segmentation,
                "segment_slug": audience.segment_slug,
                "seed": audience.seed,
                "holdout_share": audience.holdout_share,
                "bucket": bucket,
                "responses_before": customer["responses"],
            }
        )
    return pa.Table.from_pylist(rows, SCHEMA)


def add_assignments(folder: Path, audience: str, rows: pa.Table) -> Path | None:
    """Add a file to the folder, which is made if it is missing.

    Returns
    -------
    Path or None
        The file; None if there are no rows.
    """
    if not len(rows):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    number = 1
    # Each audience has its own file, and the writer holds the lock of the folder.
    while (path := folder / f"{audience}-{number:04d}.parquet").exists():
        number += 1
    write_whole(path, lambda unfinished: pq.write_table(rows, unfinished))
    return path


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.parquet")) if folder.is_dir() else []
