"""Exports of an audience, one after another: who is in the file, who never is, what changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from segmentation.audiences import exporting
from segmentation.audiences.assignment_files import SCHEMA
from segmentation.audiences.audience import AudienceError
from segmentation.audiences.exporting import Contacts

CUSTOMERS = [f"C{number:04d}" for number in range(200)]

ReadIds = Callable[[Path], list[str]]
ReadRows = Callable[[Path], list[dict[str, str]]]


@pytest.mark.long
def test_who_is_held_out_is_never_in_the_file(shop: Any, read_ids: ReadIds) -> None:
    shop.publish(CUSTOMERS)
    done = shop.run(holdout="20%")
    groups = shop.assigned()
    treated = sorted(customer for customer, group in groups.items() if group == "treated")
    assert read_ids(shop.to) == treated
    assert sorted(groups) == CUSTOMERS
    assert 20 <= done.held_out <= 60
    assert (done.members, done.treated, done.newly_assigned) == (200, 200 - done.held_out, 200)
    assert (done.written, done.added, done.removed) == (shop.to, done.treated, 0)


def test_the_file_says_why_and_what_to_do(shop: Any, read_rows: ReadRows) -> None:
    shop.publish(["C1", "C2"])
    shop.run()
    assert read_rows(shop.to) == [
        {
            "customer_id": customer,
            "spend": spend,
            "expected_loss": "",
            "reason_1": "late",
            "reason_2": "",
            "reason_3": "",
            "segmentation": "value",
            "segment_slug": "at_risk",
            "segment_name": "At Risk",
            "strategy": 'Win, "them" back',
            "channel": "e-mail",
            "as_of": "2025-12-31",
        }
        # The largest spend first.
        for customer, spend in (("C2", "1.00"), ("C1", "0.00"))
    ]


def test_the_file_says_what_is_expected_where_it_is_known(shop: Any, read_rows: ReadRows) -> None:
    shop.publish(["C1", "C2"])
    with duckdb.connect(str(shop.file)) as connection:
        connection.execute(
            "create table marts.fct_customer_value_forecast as select 'C2' as customer_id,"
            " 12.50::decimal(38, 2) as expected_revenue_90_days, 0.25 as probability_active,"
            " 99.00::decimal(38, 2) as lifetime_value"
        )
    shop.run()
    names = ("customer_id", "expected_revenue_90_days", "probability_active", "lifetime_value")
    assert [tuple(row[name] for name in names) for row in read_rows(shop.to)] == [
        ("C2", "12.50", "0.25", "99.00"),
        ("C1", "", "", ""),
    ]


def test_the_largest_expected_losses(shop: Any, read_ids: ReadIds) -> None:
    shop.publish(["C1", "C2", "C3", "C4"])
    with duckdb.connect(str(shop.file)) as connection:
        connection.execute(
            "update marts.fct_customer_segments set expected_loss ="
            " case customer_id when 'C1' then 5 when 'C3' then 7 when 'C2' then 5 end"
            " where segment_slug = 'at_risk'"
        )
    done = shop.run(top=2)
    # Of equal losses, the larger spend.
    assert read_ids(shop.to) == ["C2", "C3"]
    assert (done.members, done.added) == (2, 2)
    done = shop.run(top=3)
    assert (done.added, done.removed) == (1, 0)
    assert read_ids(shop.to) == ["C1", "C2", "C3"]


def test_parquet_has_types(shop: Any) -> None:
    shop.publish(["C1"])
    to = shop.to.with_suffix(".parquet")
    shop.run(to=to)
    types = {field.name: str(field.type) for field in pq.read_schema(to)}
    assert types["spend"] == "decimal128(38, 2)"
    assert types["as_of"] == "date32[day]"


def test_assignments_say_when_and_how(shop: Any) -> None:
    shop.publish(["C1"])
    shop.run(holdout="0%", seed="s")
    (path,) = shop.assignments.glob("*.parquet")
    assert path.name == "win_back-0001.parquet"
    assert pq.read_schema(path).names == SCHEMA.names
    (row,) = pq.read_table(path).to_pylist()
    assert row | {"assigned_on": str(row["assigned_on"]), "bucket": 0} == {
        "dataset": "shop",
        "audience": "win_back",
        "customer_id": "C1",
        "assignment_group": "treated",
        "assigned_on": "2025-12-31",
        "segmentation": "value",
        "segment_slug": "at_risk",
        "seed": "s",
        "holdout_share": 0.0,
        "bucket": 0,
        "responses_before": 3,
    }


def test_repeating_an_export_changes_nothing(shop: Any) -> None:
    def files() -> dict[Path, bytes]:
        folder = shop.to.parent.parent
        return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    shop.publish(CUSTOMERS)
    shop.run(holdout="10%")
    first = files()
    for only_changes in (False, True, True):
        again = shop.run(only_changes=only_changes)
        assert (again.written, again.added, again.removed, again.newly_assigned) == (None, 0, 0, 0)
        assert files() == first


def test_changes_are_told_once(shop: Any, read_ids: ReadIds) -> None:
    """Somebody comes, somebody goes and returns: the destination has the audience of today."""
    has: set[str] = set()
    audiences = [["C1", "C2"], ["C2", "C3"], [], ["C1", "C2", "C3"]]
    for number, customers in enumerate(audiences, start=1):
        shop.publish(customers)
        done = shop.run(only_changes=True)
        folder = shop.to.parent / "win_back.changes" / f"{number:04d}"
        assert done.written == folder
        added, removed = (read_ids(folder / f"{name}.csv") for name in ("added", "removed"))
        assert not has & set(added)
        assert set(removed) <= has
        has = (has | set(added)) - set(removed)
        assert has == set(customers)
    assert not shop.to.exists()


def test_changes_since_a_whole_file(shop: Any, read_ids: ReadIds) -> None:
    shop.publish(["C1", "C2"])
    shop.run()
    shop.publish(["C2", "C3"])
    folder = shop.run(only_changes=True).written
    assert read_ids(folder / "added.csv") == ["C3"]
    assert read_ids(folder / "removed.csv") == ["C1"]
    assert read_ids(shop.to) == ["C1", "C2"]
    shop.run()
    assert read_ids(shop.to) == ["C2", "C3"]


@pytest.mark.long
def test_a_group_stays_what_it_is(shop: Any) -> None:
    shop.publish(CUSTOMERS[:100])
    shop.run(holdout="30%")
    before = shop.assigned()
    shop.publish(CUSTOMERS[50:], as_of="2026-01-31")
    # Seed and holdout are those of the first export.
    done = shop.run()
    after = shop.assigned()
    assert done.newly_assigned == 100
    assert {customer: after[customer] for customer in before} == before
    assert len(after) == 200


def test_a_file_keeps_its_permissions(shop: Any) -> None:
    shop.publish(["C1"])
    shop.run()
    shop.to.chmod(0o600)
    shop.publish(["C1", "C2"])
    shop.run()
    assert shop.to.stat().st_mode & 0o777 == 0o600


def test_an_empty_segment(shop: Any, read_ids: ReadIds) -> None:
    shop.publish([])
    done = shop.run(holdout="10%")
    assert read_ids(shop.to) == []
    assert (done.members, done.held_out, done.as_of) == (0, 0, "")
    assert shop.assigned() == {}
    # What was asked for then still holds.
    shop.publish(["C1"])
    assert shop.run().audience.holdout_share == 0.1


@pytest.mark.long
def test_all_and_nobody_held_out(shop: Any, read_ids: ReadIds) -> None:
    shop.publish(CUSTOMERS)
    assert shop.run(holdout="100%").treated == 0
    assert read_ids(shop.to) == []
    other = shop.to.with_name("other.csv")
    assert shop.run(to=other, holdout="0%").held_out == 0


@pytest.mark.long
def test_one_seed_holds_out_the_same_customers_in_another_audience(shop: Any) -> None:
    shop.publish(CUSTOMERS)
    shop.run(holdout="30%", seed="s", assignments=shop.to.parent / "one")
    shop.run(
        to=shop.to.with_name("more.csv"),
        holdout="10%",
        seed="s",
        assignments=shop.to.parent / "other",
    )

    def held_out(folder: str) -> set[str]:
        (path,) = (shop.to.parent / folder).glob("*.parquet")
        rows = pq.read_table(path).to_pylist()
        return {row["customer_id"] for row in rows if row["assignment_group"] == "held out"}

    assert held_out("other") < held_out("one")


# What an export does, in its order; each may be the last thing that it does.
STEPS = ("add_assignments", "write the state", "write the file", "rename the state")


@pytest.mark.long
@pytest.mark.parametrize("only_changes", [False, True])
@pytest.mark.parametrize("step", STEPS)
def test_an_export_that_was_killed_is_made_up_for(
    shop: Any,
    read_ids: ReadIds,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    only_changes: bool,
) -> None:
    """The second export is killed after a step; then the marts change, and it is tried again."""
    has: set[str] = set()
    seen: set[Path] = set()

    def fetch() -> None:
        """Take what an export has written, as a sync to the destination does."""
        nonlocal has
        if not only_changes:
            has = set(read_ids(shop.to))
            return
        for folder in sorted(shop.to.parent.glob("win_back.changes/[0-9]*")):
            if folder not in seen:
                seen.add(folder)
                added = set(read_ids(folder / "added.csv"))
                removed = set(read_ids(folder / "removed.csv"))
                assert not added & has
                assert removed <= has
                has = (has | added) - removed

    shop.publish(["C1", "C2"])
    shop.run(only_changes=only_changes)
    fetch()
    shop.publish(["C2", "C3"])
    with monkeypatch.context() as patched:
        _kill_after(patched, step)
        with pytest.raises(Killed):
            shop.run(only_changes=only_changes)
    fetch()
    shop.publish(["C3", "C4"])
    shop.run(only_changes=only_changes)
    fetch()
    assert has == {"C3", "C4"}
    assert sorted(shop.assigned()) == ["C1", "C2", "C3", "C4"]
    assert shop.run(only_changes=only_changes).written is None


class Killed(BaseException):
    """Stands for the end of the process."""


def _kill_after(patched: pytest.MonkeyPatch, step: str) -> None:
    from segmentation.audiences import mirror

    def killed_after(call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **named: Any) -> Any:
            call(*given, **named)
            raise Killed

        return run

    if step == "add_assignments":
        patched.setattr(exporting, "add_assignments", killed_after(exporting.add_assignments))
    elif step == "write the state":
        patched.setattr(mirror, "write_whole", killed_after(mirror.write_whole))
    elif step == "write the file":
        patched.setattr(exporting, "write_whole", killed_after(exporting.write_whole))
        patched.setattr(exporting, "write_folder_whole", killed_after(exporting.write_folder_whole))
    else:
        patched.setattr(exporting, "give", killed_after(exporting.give))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"segment": "value/at_rsk"}, "Did you mean value/at_risk[?] There are: value/at_risk, "),
        ({"segment": "at_risk"}, "Write segmentation and segment, e.g. --segment value/at_risk"),
        ({"holdout": "120%"}, "from 0% to 100%"),
        ({"audience": "win back"}, "letters, digits, hyphens and underscores"),
        ({"destination": "bing"}, "no destination 'bing'. There are: file, google, meta"),
        ({"destination": "google"}, "name a file or a table that has them with --contacts"),
        ({"contacts": Contacts(Path("x.csv"))}, "name one with --destination google or meta"),
    ],
)
def test_what_cannot_be_done_is_said(shop: Any, asked: dict[str, Any], said: str) -> None:
    shop.publish(["C1"])
    with pytest.raises(AudienceError, match=said):
        shop.run(**asked)
    assert not shop.to.exists()


def test_places_where_nothing_can_be_written(shop: Any, tmp_path: Path) -> None:
    shop.publish(["C1"])
    with pytest.raises(AudienceError, match="assignments need a folder of their own"):
        shop.run(assignments=shop.to.parent)
    assert list(shop.to.parent.iterdir()) == []
    with pytest.raises(AudienceError, match="nowhere for a"):
        shop.run(to=tmp_path / "nowhere" / "a.csv")
    with pytest.raises(AudienceError, match=r"must end with .csv or .parquet"):
        shop.run(to=shop.to.with_suffix(".xlsx"))
    shop.to.write_text("somebody's own")
    with pytest.raises(AudienceError, match="no export that is known here wrote it"):
        shop.run()
    assert shop.to.read_text() == "somebody's own"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"segment": "value/loyal"}, "it has the segment 'at_risk', not 'loyal'"),
        ({"seed": "other"}, "the seed 'win_back', not 'other'"),
        ({"holdout": "20%"}, "the holdout 0.1, not 0.2"),
    ],
)
def test_the_file_of_another_audience(shop: Any, asked: dict[str, Any], said: str) -> None:
    shop.publish(["C1", "C2"])
    shop.run(holdout="10%")
    with pytest.raises(AudienceError, match=said):
        shop.run(**asked)
    # The same without assignments, from the state alone.
    for path in shop.assignments.glob("*"):
        path.unlink()
    with pytest.raises(AudienceError, match=said):
        shop.run(**asked)


@pytest.mark.long
def test_the_name_of_another_audience(shop: Any) -> None:
    shop.publish(["C1"])
    shop.run()
    with pytest.raises(AudienceError, match="the audience 'win_back', not 'spring'"):
        shop.run(audience="spring")
    with pytest.raises(AudienceError, match="for the destination file, not of"):
        shop.run(to=shop.to.with_suffix(".parquet"))


def test_marts_of_an_earlier_version(shop: Any) -> None:
    shop.publish(["C1"])
    with duckdb.connect(str(shop.file)) as connection:
        connection.execute("alter table marts.fct_customer_segments drop column expected_loss")
    with pytest.raises(
        AudienceError,
        match=r"lacks fct_customer_segments\.expected_loss: an earlier version",
    ):
        shop.run()


def test_a_damaged_state(shop: Any) -> None:
    shop.publish(["C1"])
    shop.run()
    (state,) = shop.to.parent.glob("*.state.parquet")
    state.write_bytes(b"PAR1 no")
    with pytest.raises(AudienceError, match="not the state of an audience, or it is damaged"):
        shop.run()


def test_the_result_can_be_shown(shop: Any) -> None:
    shop.publish(["C1"])
    assert asdict(shop.run())["audience"]["segment_slug"] == "at_risk"


@pytest.mark.long
def test_an_address_of_somebody_held_out_is_taken_back(shop: Any, tmp_path: Path) -> None:
    """First it is a treated customer's alone; later a held out customer has it too."""
    members = [f"C{number}" for number in range(60)]
    shop.publish(members)
    file = tmp_path / "contacts.csv"
    asked = {"holdout": "20%", "destination": "google", "contacts": Contacts(file)}

    def write(more: str) -> None:
        lines = [f"{customer},{customer.lower()}@example.com" for customer in treated]
        file.write_text("\n".join(["customer_id,email", *lines, more]))

    treated = members
    write("")
    shop.run(**asked)
    treated = sorted(c for c, group in shop.assigned().items() if group != "held out")
    held_out = sorted(set(members) - set(treated))[0]
    shop.to.unlink()
    (shop.to.parent / "win_back.state.parquet").unlink()
    write("")
    shop.run(**asked)
    before = shop.to.read_text().splitlines()
    write(f"{held_out},{treated[0].lower()}@example.com")
    done = shop.run(**asked)
    assert done.removed == 1
    after = shop.to.read_text().splitlines()
    assert len(after) == len(before) - 1
    assert set(after) < set(before)
