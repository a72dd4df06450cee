"""Seeds in another encoding are named before dbt reads them."""

from __future__ import annotations

from pathlib import Path

from segmentation.cli.app import app
from typer.testing import CliRunner


def test_seeds_that_are_not_utf_8_are_named_with_line_and_remedy(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: segmentation\n")
    seeds = tmp_path / "seeds"
    (seeds / "sample").mkdir(parents=True)
    (seeds / "right.csv").write_text("name\nZo\u00eb\n", encoding="utf-8")
    (seeds / "model_promotions.csv").write_bytes(b"reason\nfine\ncaf\xe9\n")
    (seeds / "sample" / "orders.csv").write_bytes(b"\xff\xfen")
    result = CliRunner().invoke(app, ["build", "--project", str(tmp_path)])
    said = " ".join(result.output.split())
    assert result.exit_code == 1
    assert "seeds/model_promotions.csv, line 3: the byte 0xe9 is not UTF-8" in said
    assert "seeds/sample/orders.csv, line 1: the byte 0xff is not UTF-8" in said
    assert said.count("Save it as UTF-8: spreadsheets have 'CSV UTF-8' among the formats.") == 2
    assert "right.csv" not in said
    assert not (tmp_path / "logs").exists()
