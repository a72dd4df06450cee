"""Contacts of a destination: read from files and tables, hashed, and named where they cannot be."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from segmentation.audiences.audience import AudienceError
from segmentation.audiences.contacts import IdMatches, compare_ids, identify, read_contacts
from segmentation.audiences.exporting import Contacts
from segmentation.audiences.google import GOOGLE
from segmentation.audiences.meta import META

ReadRows = Callable[[Path], list[dict[str, str]]]

CSV = """customer_id,Email,phone,zip,notes
C1, Ida@Example.com ,0664 1234567,1010,vip
C2,nobody,+12125650000,,
C3,,not a number,,
C4,x@example.com,,,
C9,y@example.com,,,
,z@example.com,,,
"""


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "contacts.csv"
    path.write_text(CSV)
    return path


def test_contacts_are_read_as_text(file: Path) -> None:
    rows = read_contacts(file, None, GOOGLE).to_pylist()
    assert rows[0] == {
        "customer_id": "C1",
        "email": " Ida@Example.com ",
        "phone": "0664 1234567",
        "first_name": None,
        "last_name": None,
        "country": None,
        "postcode": "1010",
    }
    assert len(rows) == 6


def test_a_table_of_a_database_and_parquet(file: Path, tmp_path: Path) -> None:
    database, parquet = tmp_path / "crm.duckdb", tmp_path / "contacts.parquet"
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema crm")
        connection.execute(
            f"create table crm.crm.people as from read_csv('{file}', all_varchar = true)"
        )
        connection.execute(f"copy crm.crm.people to '{parquet}' (format parquet)")
    expected = read_contacts(file, None, GOOGLE)
    assert read_contacts(database, "crm.people", GOOGLE) == expected
    assert read_contacts(parquet, None, GOOGLE) == expected
    with pytest.raises(AudienceError, match="name the table with --contacts-table"):
        read_contacts(database, None, GOOGLE)
    with pytest.raises(AudienceError, match="cannot be read"):
        read_contacts(database, "crm.nobody", GOOGLE)


def test_files_that_are_no_contacts(tmp_path: Path) -> None:
    with pytest.raises(AudienceError, match="There is no file"):
        read_contacts(tmp_path / "none.csv", None, GOOGLE)
    other = tmp_path / "other.csv"
    other.write_text("id,mail\n1,a@b.de\n")
    with pytest.raises(AudienceError, match="has the columns id, mail"):
        read_contacts(other, None, GOOGLE)
    text = tmp_path / "contacts.txt"
    text.write_text(CSV)
    with pytest.raises(AudienceError, match="must be a CSV, Parquet or DuckDB file"):
        read_contacts(text, None, GOOGLE)


def test_what_cannot_be_sent_is_named(file: Path) -> None:
    contacts = read_contacts(file, None, META)
    found = identify(["C1", "C2", "C3", "C4", "C5"], contacts, META, "AT")
    assert found.rows == {
        "C1": [(sha("ida@example.com"), sha("436641234567"), None, None)],
        "C2": [(None, sha("12125650000"), None, None)],
        "C3": [],
        "C4": [(sha("x@example.com"), None, None, None)],
    }
    assert found.problems == [
        ("C2", "email", "email: not an address"),
        ("C3", "contact", "contact: nothing to be found by"),
        ("C3", "phone", "phone: not a number"),
        ("C5", "contact", "contact: none in the file"),
    ]


def test_the_country_of_a_contact_comes_before_the_region(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text("customer_id,phone,country\nC1,020 7031 3000,gb\nC2,0664 1234567,Austria\n")
    found = identify(["C1", "C2"], read_contacts(path, None, META), META, "AT")
    assert found.rows["C1"] == [(None, sha("442070313000"), None, None)]
    assert found.rows["C2"] == [(None, sha("436641234567"), None, None)]


def test_a_list_for_google(shop: Any, file: Path, read_rows: ReadRows) -> None:
    shop.publish(["C1", "C2", "C3", "C5"])
    done = shop.run(destination="google", contacts=Contacts(file, None, "AT"))
    rows = read_rows(shop.to)
    assert list(rows[0]) == ["Email", "Phone", "First Name", "Last Name", "Country", "Zip"]
    assert sorted((row["Email"], row["Phone"], row["Zip"]) for row in rows) == sorted(
        [(sha("ida@example.com"), sha("+436641234567"), "1010"), ("", sha("+12125650000"), "")]
    )
    assert (done.treated, done.found) == (4, 2)
    assert done.problems == {
        "contact: none in the file": 1,
        "contact: nothing to be found by": 1,
        "email: not an address": 1,
        "phone: not a number": 1,
    }
    problems = read_rows(done.problems_file)
    assert [row["customer_id"] for row in problems] == ["C2", "C3", "C3", "C5"]
    # Nobody's address stands anywhere as it is.
    for path in shop.to.parent.rglob("*"):
        assert path.is_dir() or b"xample.com" not in path.read_bytes()


@pytest.mark.long
def test_whom_somebody_who_stays_is_found_by_is_not_removed(
    shop: Any, tmp_path: Path, read_rows: ReadRows
) -> None:
    """A couple with one address; a new address takes the old one back; a lost contact does not."""
    path = tmp_path / "contacts.csv"
    path.write_text(
        "customer_id,email,phone\nC1,us@example.com,+12125650000\nC2,us@example.com,\n"
        "C3,old@example.com,\nC4,four@example.com,\n"
    )

    def changes() -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        folder = shop.run(destination="meta", contacts=Contacts(path), only_changes=True).written
        return read_rows(folder / "added.csv"), read_rows(folder / "removed.csv")

    def row(email: str = "", phone: str = "") -> dict[str, str]:
        sent = {"email": email and sha(email), "phone": phone and sha(phone)}
        return {**sent, "fn": "", "ln": ""}

    shop.publish(["C1", "C2", "C3", "C4"])
    added, removed = changes()
    assert len(added) == 4
    assert removed == []
    path.write_text(
        "customer_id,email\nC2,us@example.com\nC3,new@example.com\nC4,four at example\n"
    )
    shop.publish(["C2", "C3", "C4"])
    added, removed = changes()
    assert added == [row("new@example.com")]
    # Of C1 the telephone alone; C4 is still in the segment.
    assert sorted(removed, key=str) == sorted(
        [row(phone="12125650000"), row("old@example.com")], key=str
    )
    shop.publish(["C4"])
    added, removed = changes()
    assert added == []
    assert sorted(removed, key=str) == sorted(
        [row("us@example.com"), row("new@example.com")], key=str
    )


def test_two_contacts_of_one_customer(shop: Any, tmp_path: Path, read_rows: ReadRows) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text(
        "customer_id,email\nC1,one@example.com\nC1,two@example.com\nC1,ONE@example.com\n"
        "C2,one@example.com\n"
    )
    shop.publish(["C1", "C2"])
    done = shop.run(destination="meta", contacts=Contacts(path))
    assert len(read_rows(shop.to)) == 2
    assert done.found == 2
    assert done.problems_file is None


def test_who_is_held_out_is_not_reached_by_the_address_of_another(
    shop: Any, tmp_path: Path, read_rows: ReadRows
) -> None:
    """Each address belongs to two customers, each telephone to one."""
    customers = [f"C{number}" for number in range(40)]
    path = tmp_path / "contacts.csv"
    lines = [
        f"{customer},pair{place // 2}@example.com,+1212565{place:04d}"
        for place, customer in enumerate(customers)
    ]
    path.write_text("\n".join(["customer_id,email,phone", *lines]))
    shop.publish(customers)
    done = shop.run(destination="meta", contacts=Contacts(path), holdout="50%")
    groups = shop.assigned()
    held_out_pairs = {n // 2 for n in range(40) if groups[f"C{n}"] == "held out"}
    torn = [n for n in range(40) if n // 2 in held_out_pairs and groups[f"C{n}"] == "treated"]
    assert torn
    sent = read_rows(shop.to)
    emails = {row["email"] for row in sent} - {""}
    assert emails == {sha(f"pair{n}@example.com") for n in range(20) if n not in held_out_pairs}
    phones = {row["phone"] for row in sent}
    assert phones == {sha(f"1212565{n:04d}") for n in range(40) if groups[f"C{n}"] == "treated"}
    assert done.problems == {"contact: shared with a held out customer": len(torn)}


@pytest.mark.parametrize(
    ("contacts", "audience", "in_both", "examples"),
    [
        (["C1", "C2"], ["C1", "C9"], 1, None),
        (["0012", "0013"], ["12", "99"], 0, ("0012", "12")),
        (["12.0"], ["12"], 0, ("12.0", "12")),
        (["7", "c1 ", "c1"], ["C1", "7"], 1, ("c1", "C1")),
        (["mail-5", "mail-4"], ["C2", "C1"], 0, ("mail-4", "C1")),
        ([], ["C1"], 0, None),
        (["C1"], [], 0, None),
        (["0", "000"], ["00"], 0, ("0", "00")),
    ],
)
def test_ids_that_are_spelt_in_another_way(
    contacts: list[str], audience: list[str], in_both: int, examples: tuple[str, str] | None
) -> None:
    table = pa.table({"customer_id": pa.array([*contacts, None], pa.string())})
    assert compare_ids(audience, table) == IdMatches(
        len(contacts), len(audience), in_both, examples
    )


@pytest.mark.long
@pytest.mark.parametrize(
    "content",
    ["customer_id,what\nC1,my notes\n", "my notes\n", "customer_id,field,problem\nC1,x,mine\n", ""],
)
def test_a_file_of_problems_that_no_export_wrote_is_kept(
    shop: Any, file: Path, content: str
) -> None:
    shop.publish(["C1", "C2", "C5"])
    mine = shop.to.with_name("win_back.problems.csv")
    mine.write_text(content)
    for contacts in (file, _without_problems(file)):
        with pytest.raises(AudienceError, match="no export wrote it as it is"):
            shop.run(destination="google", contacts=Contacts(contacts, None, "AT"))
        assert mine.read_text() == content
    # Nobody was given to the destination.
    assert not shop.to.exists()
    assert not list(shop.assignments.glob("*.parquet"))
    mine.unlink()
    for _ in range(2):
        shop.run(destination="google", contacts=Contacts(file, None, "AT"))
        assert mine.is_file()


def _without_problems(file: Path) -> Path:
    other = file.with_name("complete.csv")
    rows = [f"C{i},c{i}@example.com" for i in (1, 2, 5)]
    other.write_text("\n".join(["customer_id,email", *rows, ""]))
    return other


@pytest.mark.long
def test_every_problem_is_recognised_as_ours(shop: Any, tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text(
        "customer_id,email,phone,first_name,country\n"
        "C1,nobody,12,.,Austria\nC2,,x,?,de\nC3,a@example.com,,,\n"
    )
    shop.publish(["C1", "C2", "C3", "C4"])
    for destination in ("google", "meta"):
        to = shop.to.with_name(f"{destination}.csv")
        for _ in range(2):
            done = shop.run(destination=destination, to=to, contacts=Contacts(path, None, "US"))
            assert done.problems_file
