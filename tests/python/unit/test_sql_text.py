"""What comes from a setting becomes SQL through the macros that quote it, and in no other way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
FILES = sorted(
    path
    for folder in ("models", "macros", "tests/data")
    for path in PROJECT.glob(f"{folder}/**/*.sql")
)
QUOTED_BY_HAND = re.compile(r"""['"]\{\{\s*(var|dataset|variant|target)\b""")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_setting_is_put_between_quotes_by_hand(path: Path) -> None:
    assert QUOTED_BY_HAND.search(path.read_text(encoding="utf-8")) is None
