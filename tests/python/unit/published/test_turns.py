"""Processes that write into one folder: one after another, or one alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from segmentation.published.turns import alone_in

ANOTHER = """
import sys
from pathlib import Path
from segmentation.published.turns import alone_in
with alone_in(Path(sys.argv[1])) as is_alone:
    print(is_alone)
"""


def test_a_second_process_is_told_that_it_is_not_alone(tmp_path: Path) -> None:
    def said() -> str:
        command = [sys.executable, "-c", ANOTHER, str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    with alone_in(tmp_path) as is_alone:
        assert is_alone
        assert said() == "False\n"
    assert said() == "True\n"
    assert list(tmp_path.iterdir()) == []
