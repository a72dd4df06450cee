"""Exports without customers who are erased."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest
from segmentation.audiences.erased_members import MemberFile, erase_members, files_with_members
from segmentation.audiences.exporting import Contacts
from segmentation.audiences.mirror import read_state

from .conftest import Shop, ids_of, rows_of

CUSTOMERS = ("A1", "B2", "C3")


def found(shop: Shop, *ids: str, dataset: str = "shop") -> dict[str, int | None]:
    folder = shop.to.parent.parent
    return {
        str(file.path.relative_to(folder)): file.rows
        for file in files_with_members(folder, dataset, ids)
    }


def test_a_customer_is_in_the_assignments_the_file_and_its_state(shop: Shop) -> None:
    shop.publish(CUSTOMERS)
    shop.run()
    assert found(shop, "B2") == {
        "assignments/win_back-0001.parquet": 1,
        "audiences/win_back.csv": 1,
        "audiences/win_back.state.parquet": 1,
    }
    assert found(shop, "D4") == {}
    assert found(shop, "B2", dataset="elsewhere") == {}
    assert files_with_members(shop.to.parent / "nowhere", "shop", ["B2"]) == []


def test_others_stay_as_they_are(shop: Shop) -> None:
    shop.publish(CUSTOMERS)
    shop.run(holdout="30%")
    lines = shop.to.read_bytes().splitlines(keepends=True)
    assigned = shop.assigned()
    erase_members(shop.to.parent.parent, "shop", ["B2"])
    assert found(shop, "B2") == {}
    assert shop.to.read_bytes() == b"".join(line for line in lines if not line.startswith(b"B2"))
    del assigned["B2"]
    assert shop.assigned() == assigned


@pytest.mark.long
def test_an_export_after_it_goes_on(shop: Shop) -> None:
    """Nothing has changed for the others, and a new customer is added to them."""
    shop.publish(CUSTOMERS)
    shop.run()
    erase_members(shop.to.parent.parent, "shop", ["C3"])
    shop.publish(("A1", "B2"))
    assert shop.run().written is None
    shop.publish(("A1", "B2", "D4"))
    exported = shop.run(only_changes=True)
    assert (exported.added, exported.removed) == (1, 0)
    assert ids_of(shop.to) == ["A1", "B2"]


def test_changes_that_were_written_lose_the_customer_too(shop: Shop) -> None:
    shop.publish(("A1",))
    shop.run()
    shop.publish(("B2", "C3"))
    shop.run(only_changes=True)
    folder = shop.to.with_name("win_back.changes") / "0002"
    assert ids_of(folder / "added.csv") == ["B2", "C3"]
    erase_members(shop.to.parent.parent, "shop", ["B2", "A1"])
    assert found(shop, "B2", "A1") == {}
    assert ids_of(folder / "added.csv") == ["C3"]
    assert rows_of(folder / "removed.csv") == []
    assert [row[0] for row in read_state(shop.to.with_name("win_back.state.parquet")).rows] == [
        "C3"
    ]


def test_a_parquet_audience(shop: Shop) -> None:
    shop.publish(CUSTOMERS)
    to = shop.to.with_suffix(".parquet")
    shop.run(to=to)
    before = pq.read_table(to)
    erase_members(shop.to.parent.parent, "shop", ["A1"])
    after = pq.read_table(to)
    assert after.schema == before.schema
    assert sorted(after["customer_id"].to_pylist()) == ["B2", "C3"]


@pytest.mark.long
@pytest.mark.parametrize("is_still_in", [True, False])
def test_what_a_destination_was_given_is_removed_whole(shop: Shop, is_still_in: bool) -> None:
    """Its rows have no customer id; an earlier file may hold a former address."""
    contacts = shop.to.parent.parent / "contacts.csv"
    contacts.write_text(
        "customer_id,email\nA1,a@example.com\nB2,b@example.com\nC3,none\n", encoding="utf-8"
    )
    given = {"destination": "google", "contacts": Contacts(contacts)}
    shop.publish(CUSTOMERS)
    shop.run(**given)
    if not is_still_in:
        shop.publish(("A1", "C3"))
        shop.run(**given, only_changes=True)
    problems = shop.to.with_name("win_back.problems.csv")
    assert set(ids_of(problems)) == {"C3"}
    whole = {"audiences/win_back.csv": None}
    if not is_still_in:
        whole["audiences/win_back.changes"] = None
    assert whole.items() <= found(shop, "B2").items()
    erase_members(shop.to.parent.parent, "shop", ["B2", "C3"])
    assert found(shop, "B2", "C3") == {}
    assert not shop.to.exists()
    assert not shop.to.with_name("win_back.changes").exists()
    assert rows_of(problems) == []
    shop.publish(("A1",))
    shop.run(**given)
    assert len(rows_of(shop.to)) == 1


def test_a_cell_over_several_lines_is_one_row(shop: Shop) -> None:
    """Lines of others keep their ends and quotes."""
    shop.publish(CUSTOMERS)
    shop.run()
    text = 'customer_id,note\r\nA1,"two\nlines"\r\nB2,"three\n""quoted""\nlines"\r\nC3,\r\n'
    shop.to.write_bytes(text.encode())
    erase_members(shop.to.parent, "shop", ["B2"])
    assert shop.to.read_bytes() == b'customer_id,note\r\nA1,"two\nlines"\r\nC3,\r\n'


def test_other_parquet_files_in_the_folder_are_left_alone(shop: Shop) -> None:
    shop.publish(CUSTOMERS)
    shop.run()
    (shop.to.parent / "notes.parquet").write_text("none")
    assert MemberFile(shop.to, 1, "win_back", "file") in files_with_members(
        shop.to.parent, "shop", ["A1"]
    )
