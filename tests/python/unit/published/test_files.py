"""What published files are called, and how they take the place of one another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from segmentation.published.files import (
    NextVersion,
    leftover_versions,
    parquet_folder,
    published_file,
    swap_database,
    swap_parquet,
    write_through,
)
from segmentation.published.publication import PublishingError


@pytest.mark.parametrize(
    ("warehouse", "named", "file"),
    [
        ("warehouse.duckdb", "", "published/segments.duckdb"),
        ("sample.duckdb", "", "published/sample.duckdb"),
        ("it's a [b] $c.duckdb", "", "published/it's a [b] $c.duckdb"),
        ("without_ending", "", "published/without_ending"),
        ("warehouse.duckdb", "elsewhere/a b.duckdb", "elsewhere/a b.duckdb"),
        (":memory:", "named.duckdb", "named.duckdb"),
    ],
)
def test_the_file_of_a_warehouse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, warehouse: str, named: str, file: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert published_file(warehouse, named) == tmp_path.resolve() / file
    if warehouse != ":memory:" and not named:
        assert published_file(str(tmp_path / warehouse)) == tmp_path.resolve() / file


@pytest.mark.parametrize("warehouse", [":memory:", "md:company", "motherduck:company"])
def test_a_warehouse_that_is_no_file_has_none(warehouse: str) -> None:
    assert published_file(warehouse) is None


def test_a_url_is_no_file() -> None:
    with pytest.raises(PublishingError, match=r"is s3://bucket/x. It must be the path of a file"):
        published_file("warehouse.duckdb", "s3://bucket/x")


def test_a_home_folder_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert published_file("warehouse.duckdb", "~/x.duckdb") == tmp_path.resolve() / "x.duckdb"


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link.duckdb").symlink_to(tmp_path / "real" / "segments.duckdb")
    found = published_file("warehouse.duckdb", str(tmp_path / "link.duckdb"))
    assert found == tmp_path.resolve() / "real" / "segments.duckdb"


def next_version(file: Path, content: str) -> NextVersion:
    version = NextVersion.beside(file)
    version.database.write_text(content)
    return version


def swap(version: NextVersion) -> None:
    write_through(version)
    swap_database(version)
    if version.parquet.is_dir():
        swap_parquet(version)


def test_a_swap_leaves_the_new_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "segments.duckdb"
    swap(next_version(file, "first"))
    assert file.read_text() == "first"
    (tmp_path / "segments.duckdb.wal").write_text("what somebody wrote")
    with file.open() as reader:
        swap(next_version(file, "second"))
        assert reader.read() == "first"
    assert file.read_text() == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["segments.duckdb"]


def test_a_folder_of_parquet_files_is_swapped_too(tmp_path: Path) -> None:
    file = tmp_path / "segments.duckdb"
    for content in ("first", "second"):
        version = next_version(file, content)
        version.parquet.mkdir()
        (version.parquet / f"{content}.parquet").write_text(content)
        swap(version)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "segments.duckdb",
        "segments_parquet",
    ]
    assert [path.name for path in parquet_folder(file).iterdir()] == ["second.parquet"]


def test_what_is_left_of_builds_is_found_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "segments.duckdb"
    for name in (
        "segments.duckdb.next-0000000a",
        "segments.duckdb.next-0000000a.wal",
        "segments.duckdb.next-mine",
        "segments_duckdb.next-0000000b",
        "other.duckdb.next-0000000c",
        "segments.duckdb",
    ):
        (tmp_path / name).touch()
    (tmp_path / "segments_parquet.next-0000000d").mkdir()
    (tmp_path / "segments_parquet.old-0000000e").mkdir()
    (tmp_path / "segments_parquet").mkdir()
    versions = list(leftover_versions(file))
    assert [version.token for version in versions] == ["0000000a", "0000000d", "0000000e"]
    for version in versions:
        version.remove()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "other.duckdb.next-0000000c",
        "segments.duckdb",
        "segments.duckdb.next-mine",
        "segments_duckdb.next-0000000b",
        "segments_parquet",
    ]


def test_each_file_has_a_folder_of_its_own() -> None:
    folders = {parquet_folder(Path(name)).name for name in ("a.duckdb", "a.db", "a")}
    assert folders == {"a_parquet", "a.db_parquet"}


def test_without_a_file_before_and_a_warehouse_files_are_new_ones(tmp_path: Path) -> None:
    warehouse = tmp_path / "memory"
    before = os.umask(0o027)
    try:
        version = next_version(tmp_path / "segments.duckdb", "first")
        version.keep_private(warehouse)
        version.make_parquet_folder(warehouse)
        (version.parquet / "first.parquet").touch()
        version.take_permissions(warehouse)
    finally:
        os.umask(before)
    assert version.database.stat().st_mode & 0o777 == 0o640
    assert version.parquet.stat().st_mode & 0o777 == 0o750
    assert (version.parquet / "first.parquet").stat().st_mode & 0o777 == 0o640
