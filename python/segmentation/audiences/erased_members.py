"""Files of exports without some customers: assignments, audiences, their states and changes."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from segmentation.audiences.assignment_files import SCHEMA
from segmentation.audiences.contacts import KEY
from segmentation.audiences.exporting import OWN_FILE
from segmentation.audiences.mirror import Given, digest_of, read_state, write_state
from segmentation.audiences.problem_files import problems_place
from segmentation.published.turns import turns_in
from segmentation.published.whole_files import sync_names, write_whole

_STATES = ("*.state.parquet", "*.state.pending")


@dataclass(frozen=True)
class MemberFile:
    """A file or folder of exports that holds customers who are erased.

    Attributes
    ----------
    path : Path
    rows : int or None
        Rows of the customers; None for a file of a destination, which is removed whole because its
        rows have no customer id.
    audience, destination : str
        Empty for assignments.
    """

    path: Path
    rows: int | None
    audience: str = ""
    destination: str = ""


def files_with_members(folder: Path, dataset: str, ids: Collection[str]) -> list[MemberFile]:
    """Return the files of exports below a folder that hold one of the customers.

    Parameters
    ----------
    folder : Path
        The folder of audiences or of assignments; it may be missing.
    dataset : str
    ids : collection of str

    Raises
    ------
    AudienceError
        If the state of an audience cannot be read.
    """
    return [found for found, _ in _erasures(folder, dataset, frozenset(ids))]


def erase_members(folder: Path, dataset: str, ids: Collection[str]) -> None:
    """Write the files of :func:`files_with_members` anew, without the customers.

    Files of a destination are removed, because their rows have no customer id; the next export
    writes them anew. Each new file replaces the old one whole.

    Raises
    ------
    AudienceError
        As :func:`files_with_members`.
    """
    if not folder.is_dir():
        return
    written = {path.parent for pattern in _STATES for path in folder.rglob(pattern)}
    with turns_in(folder, *written):
        for _, write in list(_erasures(folder, dataset, frozenset(ids))):
            write()


def _erasures(
    folder: Path, dataset: str, ids: frozenset[str]
) -> Iterator[tuple[MemberFile, Callable[[], None]]]:
    if not folder.is_dir():
        return
    assigned: dict[str, bool] = {}
    for path in sorted(folder.rglob("*.parquet")):
        if not _is_of_assignments(path):
            continue
        table = pq.read_table(path)
        gone = pc.and_(
            pc.is_in(table[KEY], pa.array(sorted(ids), pa.string())),
            pc.equal(table["dataset"], dataset),
        )
        rows = pc.sum(pc.fill_null(gone, False)).as_py() or 0
        if rows:
            assigned |= dict.fromkeys(table.filter(gone)["audience"].to_pylist(), True)
            kept = table.filter(pc.invert(pc.fill_null(gone, False)))
            yield MemberFile(path, rows), _writing(path, kept)
    for pattern in _STATES:
        for path in sorted(folder.rglob(pattern)):
            given = read_state(path)
            if given.audience.dataset == dataset:
                is_assigned = assigned.get(given.audience.audience, False)
                yield from _of_audience(path, given, ids, is_assigned=is_assigned)


def _of_audience(
    path: Path, given: Given, ids: frozenset[str], *, is_assigned: bool
) -> Iterator[tuple[MemberFile, Callable[[], None]]]:
    """Yield the files of an audience, the state last, so that a killed erasure can be repeated."""
    to = path.parent / given.file
    kept = tuple(row for row in given.rows if row[0] not in ids)
    gone = len(given.rows) - len(kept)
    about = (given.audience.audience, given.destination)
    changes = to.with_name(f"{to.stem}.changes")
    places = [to, problems_place(to)]
    places += sorted(file for file in changes.rglob("*") if file.is_file())
    if given.destination != OWN_FILE and (gone or is_assigned):
        for place in (to, changes):
            if place.exists():
                yield MemberFile(place, None, *about), _removing(place)
        places = [problems_place(to)]
    for place in places:
        rows, content = _file_without(place, ids)
        if rows:
            yield MemberFile(place, rows, *about), _writing_bytes(place, content)
    if gone:

        def write() -> None:
            digest = digest_of(to.read_bytes()) if given.digest and to.is_file() else ""
            state = replace(given, rows=kept, digest=digest)
            write_whole(path, lambda unfinished: write_state(unfinished, state))

        yield MemberFile(path, gone, *about), write


def _file_without(place: Path, ids: frozenset[str]) -> tuple[int, bytes]:
    """Return how many rows of a file belong to the customers, and the file without them."""
    if not place.is_file():
        return 0, b""
    if place.suffix.lower() == ".parquet":
        table = pq.read_table(place)
        if KEY not in table.column_names:
            return 0, b""
        gone = pc.fill_null(pc.is_in(table[KEY], pa.array(sorted(ids), pa.string())), False)
        sink = pa.BufferOutputStream()
        pq.write_table(table.filter(pc.invert(gone)), sink)
        return pc.sum(gone).as_py() or 0, sink.getvalue().to_pybytes()
    return _lines_without(place.read_bytes().decode("utf-8"), ids)


def _lines_without(text: str, ids: frozenset[str]) -> tuple[int, bytes]:
    """Return the customers' rows of a CSV file, and the text of all other rows, unchanged."""
    lines = io.StringIO(text, newline="").readlines()
    rows = csv.reader(lines)
    header = next(rows, None)
    if header is None or KEY not in header:
        return 0, b""
    at, begin, gone = header.index(KEY), rows.line_num, 0
    kept = lines[:begin]
    for row in rows:
        if len(row) > at and row[at] in ids:
            gone += 1
        else:
            kept += lines[begin : rows.line_num]
        begin = rows.line_num
    return gone, "".join(kept).encode()


def _is_of_assignments(path: Path) -> bool:
    try:
        return set(SCHEMA.names) <= set(pq.read_schema(path).names)
    except (pa.ArrowException, OSError):
        return False


def _writing(path: Path, table: pa.Table) -> Callable[[], None]:
    return lambda: write_whole(path, lambda unfinished: pq.write_table(table, unfinished))


def _writing_bytes(path: Path, content: bytes) -> Callable[[], None]:
    def write(unfinished: Path) -> None:
        unfinished.write_bytes(content)

    return lambda: write_whole(path, write)


def _removing(place: Path) -> Callable[[], None]:
    def remove() -> None:
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
        sync_names(place.parent)

    return remove
