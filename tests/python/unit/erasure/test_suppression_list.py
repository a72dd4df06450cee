"""The file of suppressed customers."""

from __future__ import annotations

from pathlib import Path

import pytest
from segmentation.erasure.erasure_error import ErasureError
from segmentation.erasure.suppression_key import SuppressionKey, make_key
from segmentation.erasure.suppression_list import (
    BEGUN,
    DONE,
    Suppressed,
    SuppressionFiles,
    list_problems,
    read_list,
    with_entries,
    write_list,
)


def entry(
    key: SuppressionKey, customer: str, state: str = DONE, reason: str = "asked"
) -> Suppressed:
    hashed = key.hash_of("sample", customer)
    return Suppressed(hashed, "sample", "2026-11-20", state, key.key_id, reason)


@pytest.fixture
def files(tmp_path: Path) -> SuppressionFiles:
    return SuppressionFiles.of(tmp_path / "warehouse.duckdb", {})


def test_the_files_lie_beside_the_warehouse_unless_they_are_named(tmp_path: Path) -> None:
    beside = SuppressionFiles.of("/data/warehouse.duckdb", {})
    assert beside == SuppressionFiles(
        Path("/data/suppressed_customers.csv"), Path("/data/suppression.key")
    )
    named = {
        "SEGMENTATION_SUPPRESSED": "/lists/out.csv",
        "SEGMENTATION_SUPPRESSION_KEY_FILE": "/run/secrets/key",
    }
    found = SuppressionFiles.of(tmp_path, named)
    assert found == SuppressionFiles(Path("/lists/out.csv"), Path("/run/secrets/key"))


def test_what_is_written_is_read_back_and_names_nobody(files: SuppressionFiles) -> None:
    key = make_key(files.key)
    entries = [entry(key, f"Customer {n}", reason='a "reason", with\na line') for n in range(9)]
    write_list(files.listed, entries)
    assert sorted(read_list(files.listed), key=str) == sorted(entries, key=str)
    assert "Customer" not in files.listed.read_text()


def test_nobody_is_on_a_list_that_is_not_there(files: SuppressionFiles) -> None:
    assert read_list(files.listed) == []
    assert list_problems(files) == []


def test_a_list_of_nobody_needs_no_key(files: SuppressionFiles) -> None:
    write_list(files.listed, [])
    assert list_problems(files) == []


@pytest.mark.parametrize(
    "content",
    [
        "",
        "customer_id\nC1\n",
        "customer_hash,dataset,requested_on,state,key_id,reason\nC1,sample,2026-11-20,done,k,r\n",
        "customer_hash,dataset,requested_on,state,key_id,reason\n\n",
    ],
)
def test_a_damaged_list_is_never_taken_for_an_empty_one(
    files: SuppressionFiles, content: str
) -> None:
    files.listed.write_text(content)
    (problem,) = list_problems(files)
    assert "no list of suppressed customers" in problem


def test_without_the_key_of_a_list_nothing_is_built(files: SuppressionFiles) -> None:
    key = make_key(files.key)
    write_list(files.listed, [entry(key, "C1")])
    assert list_problems(files) == []
    files.key.unlink()
    (problem,) = list_problems(files)
    assert "would come back" in problem
    assert "SEGMENTATION_SUPPRESSION_KEY_FILE" in problem


def test_another_key_is_noticed(files: SuppressionFiles) -> None:
    key = make_key(files.key)
    write_list(files.listed, [entry(key, "C1")])
    files.key.unlink()
    other = make_key(files.key)
    (problem,) = list_problems(files)
    assert key.key_id in problem
    assert other.key_id in problem


def test_who_is_on_the_list_keeps_the_first_day_and_reason() -> None:
    key = SuppressionKey(b"k" * 32)
    first = entry(key, "C1", DONE, "first")
    found = with_entries([first], [entry(key, "C1", BEGUN, "again"), entry(key, "C2", BEGUN)])
    assert found == [first, entry(key, "C2", BEGUN)]


def test_a_key_is_asked_for_by_nothing_but_entries(files: SuppressionFiles) -> None:
    with pytest.raises(ErasureError):
        read_list(files.listed.parent)
