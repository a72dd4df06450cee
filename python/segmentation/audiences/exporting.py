"""Exports an audience: assigns its customers, and writes who is in it or what has changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from segmentation.audiences.assignment_files import (
    HELD_OUT,
    TREATED,
    add_assignments,
    defined_audience,
    new_assignments,
    read_assignments,
)
from segmentation.audiences.audience import (
    Audience,
    AudienceError,
    checked_name,
    checked_place,
    split_segment,
)
from segmentation.audiences.buckets import read_percentage
from segmentation.audiences.contacts import (
    KEY,
    Identified,
    IdMatches,
    compare_ids,
    identify,
    read_contacts,
    without_held_out,
)
from segmentation.audiences.destinations import Destination
from segmentation.audiences.google import GOOGLE
from segmentation.audiences.members import Members, read_members, told
from segmentation.audiences.meta import META
from segmentation.audiences.mirror import (
    Given,
    Row,
    changed_rows,
    changes_folder,
    check_state,
    digest_of,
    give,
    recovered_state,
)
from segmentation.audiences.phones import checked_region
from segmentation.audiences.problem_files import check_problems_place, write_problems
from segmentation.audiences.written_files import (
    table_bytes,
    write_folder_whole,
)
from segmentation.published.read_marts import Marts
from segmentation.published.turns import turns_in
from segmentation.published.whole_files import write_whole

# Lists of people that a destination takes, and our own file, which has no destination.
DESTINATIONS = {destination.name: destination for destination in (GOOGLE, META)}
OWN_FILE = "file"


@dataclass(frozen=True)
class Contacts:
    """Where contacts are read.

    Attributes
    ----------
    place : Path
        See :func:`segmentation.audiences.contacts.read_contacts`.
    table : str, optional
    region : str, optional
        Of phone numbers without a country's code.
    """

    place: Path
    table: str | None = None
    region: str | None = None


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes
    ----------
    segment : str
        ``segmentation/slug``.
    to : Path
        The audience's file.
    assignments : Path
        The folder of the assignments.
    audience : str, optional
        By default the name of the file, without suffix.
    holdout : str, optional
        A percentage. By default that of the audience, if it was exported before, else ``0%``.
    seed : str, optional
        By default that of the audience, if it was exported before, else its name.
    only_changes : bool
    destination : str
        One of ``DESTINATIONS``, or ``file``.
    contacts : Contacts, optional
        Needed for a destination.
    top : int, optional
        So many customers at most, those with the largest expected losses.
    """

    segment: str
    to: Path
    assignments: Path
    audience: str | None = None
    holdout: str | None = None
    seed: str | None = None
    only_changes: bool = False
    destination: str = OWN_FILE
    contacts: Contacts | None = None
    top: int | None = None


@dataclass(frozen=True)
class Exported:
    """What an export did.

    Attributes
    ----------
    audience : Audience
    as_of : str
        Day of the marts; empty if the segment is empty.
    members, treated, held_out : int
        Customers of the segment today, by group.
    newly_assigned : int
    written : Path or None
        What was written; None if nothing has changed.
    added, removed : int
        Rows of the destination, compared with the export before.
    found : int
        Treated customers whom the destination can find.
    problems : dict
        What could not be sent, and how often.
    problems_file : Path or None
    ids : IdMatches or None
        How the ids of the contacts compare with those of the treated customers.
    """

    audience: Audience
    as_of: str
    members: int
    treated: int
    held_out: int
    newly_assigned: int
    written: Path | None
    added: int
    removed: int
    found: int
    problems: dict[str, int]
    problems_file: Path | None
    ids: IdMatches | None = None


def export_audience(marts: Marts, request: Request) -> Exported:
    """Export an audience.

    Held out customers are written to the assignments and never to the audience's file. Exports of
    one folder wait for one another.

    Parameters
    ----------
    marts : Marts
    request : Request

    Returns
    -------
    Exported

    Raises
    ------
    AudienceError
        If it cannot be done; the message says why and what to do.
    """
    to = checked_place(request.to)
    destination = _destination(request)
    segmentation, slug = split_segment(request.segment)
    members = read_members(marts, segmentation, slug, request.top)
    contacts = _contacts(request, destination)
    if request.assignments.resolve() == to.parent.resolve():
        raise AudienceError(
            f"The assignments need a folder of their own, and {to.parent} is that of the file. Name"
            " another one with --assignments."
        )
    request.assignments.mkdir(parents=True, exist_ok=True)
    with turns_in(to.parent, request.assignments):
        state = recovered_state(to)
        known = read_assignments(request.assignments, checked_name(request.audience or to.stem))
        audience = _defined(request, members, state, known)
        _check_file(to, state)
        if destination is not None:
            check_problems_place(to)
        if state is not None:
            check_state(state, audience, to, request.destination)
        # Recorded before anybody is given to a destination.
        new = _assigned(audience, members, known)
        add_assignments(request.assignments, audience.audience, new)
        assignments = pa.concat_tables([known, new])
        groups = _groups(assignments, members)
        treated = members.rows.filter(pc.equal(groups, TREATED))
        identified, held_out = _identified(treated, assignments, contacts, request)
        before = _still_ours(state, held_out, request)
        following = _following(audience, request, state, treated, identified, before)
        written, added, removed = _given(request, state, following, treated)
        problems_file = write_problems(to, identified.problems) if destination else None
    return Exported(
        audience=audience,
        as_of=_as_of(members),
        members=len(members.rows),
        treated=len(treated),
        held_out=pc.sum(pc.equal(groups, HELD_OUT)).as_py() or 0,
        newly_assigned=len(new),
        written=written,
        added=added,
        removed=removed,
        found=sum(bool(rows) for rows in identified.rows.values()),
        problems=dict(sorted(Counter(problem for _, _, problem in identified.problems).items())),
        problems_file=problems_file,
        ids=None if contacts is None else compare_ids(treated[KEY].to_pylist(), contacts),
    )


def _destination(request: Request) -> Destination | None:
    if request.destination == OWN_FILE:
        if request.contacts is not None:
            raise AudienceError(
                "Contacts are for a destination: name one with --destination"
                f" {' or '.join(DESTINATIONS)}."
            )
        return None
    if request.destination not in DESTINATIONS:
        raise AudienceError(
            f"There is no destination '{request.destination}'. There are: {OWN_FILE},"
            f" {', '.join(DESTINATIONS)}."
        )
    if request.contacts is None:
        raise AudienceError(
            f"{request.destination} finds people by their addresses, which the marts do not hold:"
            " name a file or a table that has them with --contacts."
        )
    return DESTINATIONS[request.destination]


def _contacts(request: Request, destination: Destination | None) -> pa.Table | None:
    if destination is None or request.contacts is None:
        return None
    checked_region(request.contacts.region)
    return read_contacts(request.contacts.place, request.contacts.table, destination)


def _defined(request: Request, members: Members, state: Given | None, known: pa.Table) -> Audience:
    """Return the audience, with what an earlier export decided where nothing else is asked for."""
    name = checked_name(request.audience or request.to.stem)
    before = defined_audience(known) or (state.audience if state is not None else None)
    segmentation, slug = split_segment(request.segment)
    if request.holdout is not None:
        share = read_percentage(request.holdout)
    else:
        share = before.holdout_share if before is not None else 0.0
    seed = request.seed if request.seed is not None else (before.seed if before else name)
    audience = Audience(name, members.dataset, segmentation, slug, seed, share)
    if before is not None and len(known):
        audience.check_same(before, f"{name} in {request.assignments}")
    return audience


def _check_file(to: Path, state: Given | None) -> None:
    if state is None and to.exists():
        raise AudienceError(
            f"{to} is there, and no export that is known here wrote it. Name another file with"
            " --to, or remove it."
        )


def _assigned(audience: Audience, members: Members, known: pa.Table) -> pa.Table:
    rows = members.rows
    if not len(rows):
        return known.slice(0, 0)
    customers = rows.select([KEY, "responses"]).to_pylist()
    assigned_on = rows["as_of"][0].as_py()
    return new_assignments(audience, customers, known[KEY].to_pylist(), assigned_on)


def _groups(assignments: pa.Table, members: Members) -> pa.Array:
    """Return the group of each member: the first assignment, not the hash of today."""
    group = dict(
        zip(assignments[KEY].to_pylist(), assignments["assignment_group"].to_pylist(), strict=True)
    )
    return pa.array([group[customer] for customer in members.rows[KEY].to_pylist()], pa.string())


def _identified(
    treated: pa.Table, assignments: pa.Table, contacts: pa.Table | None, request: Request
) -> tuple[Identified, Identified]:
    """Return the contacts of the treated customers, and those of the held out ones."""
    customers = treated[KEY].to_pylist()
    destination = DESTINATIONS.get(request.destination)
    if contacts is None or destination is None or request.contacts is None:
        return Identified({customer: [()] for customer in customers}), Identified()
    region = checked_region(request.contacts.region)
    found = identify(customers, contacts, destination, region)
    is_held_out = pc.equal(assignments["assignment_group"], HELD_OUT)
    held_out = assignments.filter(is_held_out)[KEY].to_pylist()
    others = identify(held_out, contacts, destination, region)
    return without_held_out(found, others, destination), others


def _still_ours(
    state: Given | None, held_out: Identified, request: Request
) -> dict[str, list[Row]]:
    """Return the exported contacts of each customer, without those of held out customers."""
    rows: dict[str, list[Row]] = {}
    for customer, *values in state.rows if state is not None else ():
        rows.setdefault(str(customer), []).append(tuple(values))
    destination = DESTINATIONS.get(request.destination)
    if destination is None:
        return rows
    return without_held_out(Identified(rows), held_out, destination).rows


def _following(
    audience: Audience,
    request: Request,
    state: Given | None,
    treated: pa.Table,
    identified: Identified,
    before: dict[str, list[Row]],
) -> Given:
    """Return the state after the export, without what it writes."""
    destination = DESTINATIONS.get(request.destination)
    rows: list[Row] = []
    for customer in treated[KEY].to_pylist():
        # A member who lost the contact stays in the audience.
        found = identified.rows.get(customer, []) or before.get(customer, [])
        rows += [(customer, *row) for row in found]
    return Given(
        audience=audience,
        file=request.to.name,
        destination=request.destination,
        exports=(state.exports if state is not None else 0) + 1,
        as_of=str(treated["as_of"][0]) if len(treated) else "",
        columns=(KEY, *(destination.headers if destination else ())),
        rows=tuple(rows),
    )


def _given(
    request: Request, state: Given | None, following: Given, treated: pa.Table
) -> tuple[Path | None, int, int]:
    """Give the destination the file, or the changes; return what was written, added and removed."""
    destination = DESTINATIONS.get(request.destination)
    before = state.rows if state is not None else ()
    keys = destination.keys if destination else ()
    added, removed = changed_rows(before, following.rows, keys)
    to = request.to
    if request.only_changes:
        if not added and not removed and (state is not None):
            return None, 0, 0
        folder = changes_folder(to, following.exports)
        tables = {
            f"added{to.suffix}": _table(added, following, treated, destination),
            f"removed{to.suffix}": _identifiers(removed, following, destination),
        }
        following = replace(following, written=str(folder.relative_to(to.parent)))
        give(to, following, lambda: write_folder_whole(folder, tables))
        return folder, len(added), len(removed)
    table = _table(list(following.rows), following, treated, destination)
    digest = digest_of(table_bytes(table, to.suffix))
    is_there = to.exists() and digest_of(to.read_bytes()) == digest
    if is_there and not added and not removed and state is not None:
        return None, 0, 0
    following = replace(following, written=to.name, digest=digest)
    give(to, following, lambda: write_whole(to, lambda path: _write_as(table, path, to.suffix)))
    return to, len(added), len(removed)


def _write_as(table: pa.Table, path: Path, suffix: str) -> None:
    path.write_bytes(table_bytes(table, suffix))


def _table(
    rows: list[Row], following: Given, treated: pa.Table, destination: Destination | None
) -> pa.Table:
    """Return the rows of an audience's file: our own columns, or those of the destination."""
    if destination is not None:
        return _identifiers(rows, following, destination)
    customers = pa.array([row[0] for row in rows], pa.string())
    chosen = treated.filter(pc.is_in(treated[KEY], customers))
    return told(chosen)


def _identifiers(rows: list[Row], following: Given, destination: Destination | None) -> pa.Table:
    """Return what finds people; a destination is not told the customer id."""
    names = following.columns[1:] if destination is not None else following.columns
    skipped = 1 if destination is not None else 0
    # Each person once: two customers may have the same contact.
    unique = list(dict.fromkeys(row[skipped:] for row in rows))
    columns = [pa.array([row[at] for row in unique], pa.string()) for at in range(len(names))]
    return pa.table(columns, names=list(names))


def _as_of(members: Members) -> str:
    return str(members.rows["as_of"][0]) if len(members.rows) else ""
