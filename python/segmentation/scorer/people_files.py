"""Scores the people of a CSV or Parquet file, batch after batch, into another.

Nothing is lost: every row of the file is a row of the other, with its own columns first. A row that
cannot be scored has the reason in ``rejected_because``, and no segment.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from segmentation.published.own_files import write_own
from segmentation.scorer.people_from_values import Mistake, read_people
from segmentation.scorer.scored_people import Scorer, columns

BATCH_ROWS = 5_000
REJECTED = "rejected_because"
# Such a person would get the segment of a typical customer. In the marts, they are unassigned.
NOTHING_KNOWN = "has no value in any column that the model looks at"
CSV, PARQUET = ".csv", ".parquet"
# A cell is no longer than this; a quote that is never closed ends in an error and not in memory.
LONGEST_CELL = 100_000
DELIMITERS = ",;\t|"
# A quote opens where a cell begins; one that is not closed goes on in the next line.
_QUOTED = re.compile(rf'(?:^|(?<=[{DELIMITERS}]))"(?:[^"]|"")*(?:"|$)')

_KINDS = {
    "segment_id": pa.int32(),
    "distance": pa.float64(),
    "probability": pa.float64(),
    "margin": pa.float64(),
}


class PeopleFileError(ValueError):
    """A file that cannot be scored or written; the message says why and what to do."""


@dataclass(frozen=True)
class Batch:
    """Some rows of a file.

    Attributes
    ----------
    table : pyarrow.Table
    rejected : dict of int to str
        Rows that are no rows of the table, and why; their cells are there as far as they go.
    done : float
        Share of the file that was read.
    """

    table: pa.Table
    rejected: dict[int, str]
    done: float


@dataclass
class FileScore:
    """What scoring a file came to.

    Attributes
    ----------
    rows, rejected : int
    missing : list of str
        Inputs of the model that the file has no column for.
    examples : list of str
        What was wrong with the first rejected rows, with their numbers.
    """

    rows: int = 0
    rejected: int = 0
    missing: list[str] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)


def score_file(
    scorer: Scorer, source: Path, output: Path, progress: Callable[[float], None] = lambda _: None
) -> FileScore:
    """Score the people of a file.

    Parameters
    ----------
    scorer : Scorer
    source, output : Path
        ``.csv`` or ``.parquet``. `output` takes its place when it is complete.
    progress : callable
        Is told the share of the file that was scored.

    Returns
    -------
    FileScore

    Raises
    ------
    PeopleFileError
        If a file cannot be read or written, no column is an input of the model, or a column has the
        name of one that is added.
    """
    check_places(source, output)
    score = FileScore()
    batches = _batches(source)
    first = next(batches, None)
    if first is None:
        raise PeopleFileError(f"{source} is empty: it has no header.")
    _check_columns(scorer, source, first.table.column_names, score)
    kind = _WRITERS[output.suffix.lower()]

    def write(unfinished: Path) -> None:
        scored = _scored(scorer, first, score)
        with contextlib.closing(kind(unfinished, scored.schema)) as writer:
            writer.write(scored)
            progress(first.done)
            for batch in batches:
                writer.write(_scored(scorer, batch, score))
                progress(batch.done)

    try:
        write_own(output, write)
    except OSError as error:
        raise _not_written(output, error.strerror) from error
    return score


def check_places(source: Path, output: Path) -> None:
    """Check the files before anything is loaded.

    Raises
    ------
    PeopleFileError
        If there is no file to read, one is of another kind, or the other cannot be written.
    """
    if not source.is_file():
        raise PeopleFileError(f"There is no file {source}.")
    for file in (source, output):
        if file.suffix.lower() not in _WRITERS:
            raise PeopleFileError(f"{file} must end with .csv or .parquet.")
    if output.exists() and output.samefile(source):
        raise PeopleFileError(f"{output} is the file that is read. Name another one.")
    if output.is_dir():
        raise _not_written(output, "It is a folder")
    if not output.parent.is_dir():
        raise _not_written(output, f"There is no folder {output.parent}")
    if not os.access(output.parent, os.W_OK | os.X_OK):
        raise _not_written(output, f"The folder {output.parent} may not be written to")


def _not_written(output: Path, why: str | None) -> PeopleFileError:
    return PeopleFileError(
        f"{output} cannot be written: {why or 'it failed'}. Name another file with --output."
    )


def _check_columns(scorer: Scorer, source: Path, names: Sequence[str], score: FileScore) -> None:
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        raise PeopleFileError(f"{source} has several columns called {', '.join(twice)}.")
    inputs = scorer.inputs.names
    score.missing = [name for name in inputs if name not in names]
    if len(score.missing) == len(inputs):
        raise PeopleFileError(
            f"{source} has none of the columns that the segmentation {scorer.segmentation!r} looks "
            f"at: {', '.join(inputs)}. It has: {', '.join(names) or 'none'}."
        )
    added = set(_added_schema(scorer).names) & set(names)
    if added:
        raise PeopleFileError(
            f"{source} has the columns {', '.join(sorted(added))}, which scoring adds. Rename them."
        )


def _added_schema(scorer: Scorer) -> pa.Schema:
    names = [
        *("segment_id", "segment_slug", "segment_name", scorer.measure, "runner_up_slug", "margin"),
        *("reason_1", "reason_2", "reason_3", "model_version", REJECTED),
    ]
    return pa.schema([(name, _KINDS.get(name, pa.string())) for name in names])


def _scored(scorer: Scorer, batch: Batch, score: FileScore) -> pa.Table:
    rows = len(batch.table)
    wanted = [name for name in scorer.inputs.names if name in batch.table.column_names]
    given = {name: batch.table.column(name).to_pylist() for name in wanted}
    people, mistakes = read_people(scorer.inputs, rows, given, from_file=True)
    reasons: list[str | None] = [batch.rejected.get(row) for row in range(rows)]
    for mistake in mistakes:
        reasons[mistake.row] = reasons[mistake.row] or _said(mistake)
    for row in np.flatnonzero(~people.is_known()).tolist():
        reasons[row] = reasons[row] or NOTHING_KNOWN
    found = columns(scorer, scorer.score(people))
    table = batch.table
    for name, kind in zip(_added_schema(scorer).names, _added_schema(scorer).types, strict=True):
        values = reasons if name == REJECTED else found[name]
        if name != REJECTED:
            values = [
                None if reason else value for value, reason in zip(values, reasons, strict=True)
            ]
        table = table.append_column(name, pa.array(values, kind))
    for row, reason in enumerate(reasons):
        if reason:
            score.rejected += 1
            if len(score.examples) < 5:
                score.examples.append(f"row {score.rows + row + 1}: {reason}")
    score.rows += rows
    return table


def _said(mistake: Mistake) -> str:
    return f"{mistake.column} {mistake.message}"


def _batches(source: Path) -> Iterator[Batch]:
    return _csv_batches(source) if source.suffix.lower() == CSV else _parquet_batches(source)


def _parquet_batches(source: Path) -> Iterator[Batch]:
    try:
        with pq.ParquetFile(source) as file:
            total, read = file.metadata.num_rows, 0
            if not total:
                yield Batch(file.schema_arrow.empty_table(), {}, 1.0)
            for batch in file.iter_batches(BATCH_ROWS):
                read += len(batch)
                yield Batch(pa.Table.from_batches([batch]), {}, read / total)
    except (pa.ArrowException, OSError) as error:
        raise PeopleFileError(f"{source} cannot be read as Parquet: {error}") from error


def _csv_batches(source: Path) -> Iterator[Batch]:
    """Read cells as text; what separates them is that of , ; tab | of which the header has most.

    Those within quotes do not count.
    """
    size = max(source.stat().st_size, 1)
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        with (
            source.open("rb") as raw,
            io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as file,
        ):
            unquoted = _QUOTED.sub("", file.readline())
            delimiter = max(DELIMITERS, key=unquoted.count)
            file.seek(0)
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            header = next(reader, None)
            if not header:
                return
            names = [name.strip() for name in header]
            rows: list[list[str]] = []
            is_first = True
            for row in reader:
                if not row:
                    continue
                rows.append(row)
                if len(rows) == BATCH_ROWS:
                    yield _csv_batch(names, rows, min(raw.tell() / size, 1.0))
                    rows, is_first = [], False
            if rows or is_first:
                yield _csv_batch(names, rows, 1.0)
    except UnicodeDecodeError as error:
        raise PeopleFileError(
            f"{source} is not in UTF-8 (byte {error.start}). Save it as CSV UTF-8."
        ) from error
    except csv.Error as error:
        raise PeopleFileError(
            f"{source}, line {reader.line_num}: {error}. Look for a quote that is not closed."
        ) from error
    except OSError as error:
        raise PeopleFileError(f"{source} cannot be read: {error.strerror}.") from error
    finally:
        csv.field_size_limit(before)


def _csv_batch(names: list[str], rows: list[list[str]], done: float) -> Batch:
    rejected = {}
    width = len(names)
    for i, row in enumerate(rows):
        if len(row) != width:
            further = f"; further cells: {row[width:]}" if len(row) > width else ""
            rejected[i] = f"has {len(row)} cells, the header has {width}{further}"
    table = pa.table(
        [
            pa.array([row[j] if j < len(row) and row[j] else None for row in rows], pa.string())
            for j in range(width)
        ],
        names=names,
    )
    return Batch(table, rejected, done)


class _CsvWriter:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.file = path.open("w", encoding="utf-8", newline="")
        self.writer = csv.writer(self.file)
        self.writer.writerow(schema.names)

    def write(self, table: pa.Table) -> None:
        # A float is written with as few digits as are read back as the same number.
        self.writer.writerows(zip(*(c.to_pylist() for c in table.columns), strict=True))

    def close(self) -> None:
        self.file.close()


class _ParquetWriter:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.writer = pq.ParquetWriter(path, schema)
        self.schema = schema

    def write(self, table: pa.Table) -> None:
        self.writer.write_table(table.cast(self.schema))

    def close(self) -> None:
        self.writer.close()


_WRITERS: dict[str, type[_CsvWriter | _ParquetWriter]] = {CSV: _CsvWriter, PARQUET: _ParquetWriter}
