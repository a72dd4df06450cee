"""A page is written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from segmentation.report.page import write_page


class TestWriting:
    """A page is written whole or not at all."""

    def test_it_replaces_the_page_before(self, tmp_path: Path) -> None:
        path = tmp_path / "new" / "folder" / "page.html"
        write_page("one", path)
        write_page("two é", path)
        assert path.read_text(encoding="utf-8") == "two é"
        assert path.stat().st_mode & 0o111 == 0
        assert list(path.parent.iterdir()) == [path]

    def test_a_failure_leaves_the_page_before(self, tmp_path: Path) -> None:
        path = tmp_path / "page.html"
        write_page("one", path)
        with pytest.raises(UnicodeEncodeError):
            write_page("two \ud800", path)
        assert path.read_text(encoding="utf-8") == "one"
        assert list(tmp_path.iterdir()) == [path]

    def test_a_folder_of_that_name(self, tmp_path: Path) -> None:
        with pytest.raises(OSError, match="it is there, and is no file"):
            write_page("one", tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_a_device_is_not_replaced(self, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        with pytest.raises(OSError, match="it is there, and is no file"):
            write_page("one", pipe)
        assert pipe.is_fifo()

    def test_what_a_link_leads_to_is_replaced(self, tmp_path: Path) -> None:
        (tmp_path / "link.html").symlink_to(tmp_path / "page.html")
        write_page("one", tmp_path / "link.html")
        assert (tmp_path / "link.html").is_symlink()
        assert (tmp_path / "page.html").read_text() == "one"

    def test_a_page_keeps_its_permissions(self, tmp_path: Path) -> None:
        path = tmp_path / "page.html"
        before = os.umask(0o077)
        try:
            write_page("one", path)
        finally:
            os.umask(before)
        write_page("two", path)
        assert path.stat().st_mode & 0o777 == 0o600
