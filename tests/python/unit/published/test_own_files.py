"""Files that take long to write: each process its own, nothing left of killed ones."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from segmentation.published.own_files import write_own

WRITES = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from segmentation.published.own_files import write_own

    def write(path):
        path.write_text("half")
        print("writing", flush=True)
        time.sleep(600)

    write_own(Path(sys.argv[1]), write)
    """
)


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def test_what_a_killed_process_left_is_removed_and_what_is_being_written_is_not(
    tmp_path: Path,
) -> None:
    path = tmp_path / "scored [1].csv"
    (tmp_path / ".scored [1].csv.next").write_text("of somebody else")
    with subprocess.Popen(
        [sys.executable, "-c", WRITES, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "writing\n"
            theirs = f".scored [1].csv.{process.pid}.next"
            write_own(path, lambda unfinished: unfinished.write_text("whole") and None)
            assert path.read_text() == "whole"
            assert hidden(tmp_path) == sorted([theirs, ".scored [1].csv.next"])
        finally:
            process.kill()
    assert (tmp_path / theirs).read_text() == "half"
    write_own(path, lambda unfinished: unfinished.write_text("again") and None)
    assert path.read_text() == "again"
    assert hidden(tmp_path) == [".scored [1].csv.next"]


def test_what_fails_leaves_the_file_before(tmp_path: Path) -> None:
    path = tmp_path / "scored.csv"
    path.write_text("before")

    def fail(unfinished: Path) -> None:
        unfinished.write_text("half")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        write_own(path, fail)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("scored.csv", "before")]
