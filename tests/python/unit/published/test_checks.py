"""What prevents publishing is known before a build."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from segmentation.published.checks import publishing_problems


def problems(
    connection: duckdb.DuckDBPyConnection, file: Path, *, parquet: bool = False
) -> list[str]:
    return publishing_problems(
        connection, file, str(file.parent / "warehouse.duckdb"), parquet=parquet
    )


def test_missing_folders_are_made(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    file = tmp_path / "it's new" / 'and "deep"' / "segments.duckdb"
    assert problems(connection, file) == []
    assert list(file.parent.iterdir()) == []


def test_the_warehouse_is_not_overwritten(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "warehouse.duckdb").touch()
    (tmp_path / "other.duckdb").hardlink_to(tmp_path / "warehouse.duckdb")
    (found,) = problems(connection, tmp_path / "other.duckdb")
    assert "other.duckdb is the warehouse itself. Name another file with" in found


def test_a_folder_is_no_file(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (found,) = problems(connection, tmp_path)
    assert found.startswith(f"The published file {tmp_path} is a folder. Name a file in it")


def test_a_file_is_no_folder(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (found,) = problems(connection, tmp_path / "file" / "segments.duckdb")
    assert found.startswith(f"No file can be written to {tmp_path / 'file'}, the folder of the")


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no folder that nobody can write to")
def test_a_folder_that_cannot_be_written(connection: duckdb.DuckDBPyConnection) -> None:
    """Not even by root."""
    (found,) = problems(connection, Path("/proc/self/segments.duckdb"))
    assert "No file can be written to /proc/self, the folder of the published file: " in found
    assert "SEGMENTATION_PUBLISHED" in found


@pytest.mark.parametrize("content", ["no database", None])
def test_a_file_that_no_build_published_is_not_replaced(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "company's.duckdb"
    if content is None:
        with duckdb.connect(str(file)) as company:
            company.execute("create table publication as select 1 as a")
    else:
        file.write_text(content)
    before = file.read_bytes()
    (found,) = problems(connection, file)
    assert found.startswith(f"{file} is there, and is no file that a build published, or")
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_a_client_that_writes_is_named(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = tmp_path / "segments.duckdb"
    holding = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == "1\n"
        (found,) = problems(connection, file)
        client.communicate("\n")
    assert f"is open for writing in another process, python3.11 (PID {client.pid})." in found


def test_a_folder_with_other_files_is_not_replaced(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file, folder = tmp_path / "segments.duckdb", tmp_path / "segments_parquet"
    folder.mkdir()
    assert problems(connection, file, parquet=True) == []
    tables = folder / "publication_tables.parquet"
    connection.execute(f"copy (select 'dim_segments' as table_name) to '{tables}' (format parquet)")
    for name in ("dim_segments", "publication"):
        (folder / f"{name}.parquet").touch()
    assert problems(connection, file, parquet=True) == []
    for own in ("thesis.txt", "my_own_data.parquet"):
        (folder / own).touch()
        assert problems(connection, file) == []
        (found,) = problems(connection, file, parquet=True)
        assert f"The folder {folder} is replaced by each build, and holds {own}, which" in found
        (folder / own).unlink()
    # Without the list of a build, all of it is somebody's.
    tables.unlink()
    (found,) = problems(connection, file, parquet=True)
    assert "holds dim_segments.parquet, which no build wrote" in found
    shutil.rmtree(folder)
    folder.touch()
    (found,) = problems(connection, file, parquet=True)
    assert "Move it away." in found


@pytest.mark.parametrize(
    ("built", "other"),
    [("warehouse.duckdb", "segments.duckdb"), ("segments.duckdb", "warehouse.duckdb")],
)
def test_two_warehouses_of_one_folder_never_share_a_file(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, built: str, other: str
) -> None:
    folder = tmp_path.resolve()
    file = folder / "published" / "segments.duckdb"
    assert publishing_problems(connection, file, str(folder / built), parquet=False) == []
    (folder / other).touch()
    (found,) = publishing_problems(connection, file, str(folder / built), parquet=False)
    assert f"{built} and {other} stand in one folder, and both publish to {file}." in found
    elsewhere = folder / "published" / "mine.duckdb"
    assert publishing_problems(connection, elsewhere, str(folder / built), parquet=False) == []
