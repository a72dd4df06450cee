"""Publishing that fails, is killed, or meets another build: what readers keep."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from published_queries import names, query, run_of
from segmentation.published import publish as module
from segmentation.published.files import NextVersion, parquet_folder
from segmentation.published.publication import PublishingError
from segmentation.published.publish import publish
from small_marts import SmallMarts, small_marts


def test_a_failure_leaves_the_version_before(
    marts: SmallMarts, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication = marts.publication()
    publish(marts.connection, publication)
    marts.build()

    def refused(version: NextVersion) -> None:
        raise PermissionError(13, "Permission denied", str(version.file))

    monkeypatch.setattr(module, "swap_database", refused)
    with pytest.raises(PublishingError, match=r"readers keep what was there: .*Permission denied"):
        publish(marts.connection, marts.publication())
    monkeypatch.undo()
    assert run_of(publication.file) == "run-1"
    assert names(publication.file.parent) == ["segments.duckdb"]
    publish(marts.connection, marts.publication())
    assert run_of(publication.file) == "run-2"


def test_a_folder_of_parquet_files_that_cannot_be_replaced(
    marts: SmallMarts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is published then, and the error says so."""
    publication = marts.publication(parquet=True)
    publish(marts.connection, publication)
    folder = parquet_folder(publication.file)
    marts.build()
    rename = Path.rename

    def refused(path: Path, target: Path) -> Path:
        if path.name.startswith("segments_parquet.next-"):
            raise PermissionError(13, "Permission denied", str(target))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refused)
    said = rf"were published to {publication.file}, and not to {folder}, which .* Permission denied"
    with pytest.raises(PublishingError, match=said):
        publish(marts.connection, marts.publication(parquet=True))
    assert run_of(publication.file) == "run-2"
    assert duckdb.sql(f"select run_id from '{folder}/publication.parquet'").fetchall() == [
        ("run-1",)
    ]
    assert names(folder.parent) == ["segments.duckdb", "segments_parquet"]


@pytest.mark.parametrize("parquet", [False, True])
def test_a_full_disk_leaves_the_version_before(
    marts: SmallMarts, small_disk: Path, parquet: bool
) -> None:
    file = small_disk / "segments.duckdb"
    publish(marts.connection, marts.publication(file))
    # Text that does not get shorter.
    marts.connection.execute(
        "insert into marts.fct_customers select md5(range::varchar), 0 from range(100000)"
    )
    with pytest.raises(PublishingError, match=r"the disk is full. Make room and build again"):
        publish(marts.connection, marts.publication(file, parquet=parquet))
    assert names(small_disk) == ["segments.duckdb"]
    assert query(file, "select count(*) from fct_customers") == [(3,)]
    # The warehouse is as it was, and the connection goes on.
    assert marts.connection.sql("select count(*) from marts.fct_customers").fetchall() == [
        (100003,)
    ]
    subprocess.run(["mount", "-o", "remount,size=100m", str(small_disk)], check=True)
    publish(marts.connection, marts.publication(file, parquet=parquet))
    assert query(file, "select count(*) from fct_customers") == [(100003,)]


def test_what_killed_builds_left_is_removed_but_not_what_another_one_writes(
    marts: SmallMarts,
) -> None:
    publication = marts.publication()
    publish(marts.connection, publication)
    folder = publication.file.parent
    (folder / "segments.duckdb.next-0000000a").write_text("half a file")
    (folder / "segments.duckdb.next-0000000a.wal").touch()
    (folder / "segments_parquet.next-0000000b").mkdir()
    writing = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", writing, str(folder / "segments.duckdb.next-0000000c")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        publish(marts.connection, publication)
        assert names(folder) == ["segments.duckdb", "segments.duckdb.next-0000000c"]
        other.communicate("\n")
    publish(marts.connection, publication)
    assert names(folder) == ["segments.duckdb"]


PUBLISHING = """
import sys
from pathlib import Path
from small_marts import small_marts
from segmentation.published.publish import publish
marts = small_marts(Path(sys.argv[1]), "killed.duckdb")
print("built", flush=True)
while True:
    marts.build(rows=2000)
    publish(marts.connection, marts.publication())
"""


@pytest.mark.long
def test_a_publication_that_is_killed_leaves_a_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "published" / "killed.duckdb"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    draw = random.Random(7)
    for _ in range(5):
        (tmp_path / "killed.duckdb").unlink(missing_ok=True)
        (tmp_path / "killed.duckdb.wal").unlink(missing_ok=True)
        with subprocess.Popen(
            [sys.executable, "-c", PUBLISHING, str(tmp_path)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        ) as builder:
            assert builder.stdout is not None
            assert builder.stdout.readline() == "built\n"
            time.sleep(draw.uniform(0, 0.5))
            builder.send_signal(signal.SIGKILL)
        if file.exists():
            counted = "select count(*) from fct_customers"
            assert query(file, "select row_count from publication_tables where table_name ="
                               " 'fct_customers'") == query(file, counted)  # fmt: skip
    marts = small_marts(tmp_path, "last.duckdb")
    publish(marts.connection, marts.publication(file))
    marts.connection.close()
    assert names(file.parent) == ["killed.duckdb"]


LOOPING = """
import sys
from pathlib import Path
from small_marts import small_marts
from segmentation.published.publish import publish
marts = small_marts(Path(sys.argv[1]), sys.argv[2])
for _ in range(12):
    publish(marts.connection, marts.publication(Path(sys.argv[3]), parquet=True))
"""


@pytest.mark.long
def test_two_builds_that_publish_to_one_file_take_turns(tmp_path: Path) -> None:
    file = tmp_path / "common" / "segments.duckdb"
    builds = [
        subprocess.Popen(
            [sys.executable, "-c", LOOPING, str(tmp_path / name), f"{name}.duckdb", str(file)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
        if not (tmp_path / name).mkdir()  # type: ignore[func-returns-value]
    ]
    said = [build.communicate()[1] for build in builds]
    assert [build.returncode for build in builds] == [0, 0], said
    assert run_of(file) == "run-1"
    assert names(file.parent) == ["segments.duckdb", "segments_parquet"]


def test_a_folder_that_a_killed_build_had_renamed_is_put_back(marts: SmallMarts) -> None:
    publication = marts.publication(parquet=True)
    publish(marts.connection, publication)
    folder = parquet_folder(publication.file)
    folder.rename(folder.with_name("segments_parquet.old-0000000a"))
    marts.build()
    publish(marts.connection, marts.publication())
    assert names(folder.parent) == ["segments.duckdb", "segments_parquet"]
    assert duckdb.sql(f"select run_id from '{folder}/publication.parquet'").fetchall() == [
        ("run-1",)
    ]
