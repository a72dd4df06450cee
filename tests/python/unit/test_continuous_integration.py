"""The workflow: it uploads the invented data set and nothing that may hold a customer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

WORKFLOWS = Path(__file__).parents[3] / ".github" / "workflows"


def steps() -> list[dict[str, Any]]:
    files = sorted(WORKFLOWS.glob("*.y*ml"))
    assert files
    return [
        step
        for path in files
        for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values()
        for step in job["steps"]
    ]


def test_only_the_sample_is_uploaded() -> None:
    uploads = [step for step in steps() if "upload-artifact" in step.get("uses", "")]
    assert [step["with"]["path"] for step in uploads] == ["state/"]
    scripts = "\n".join(step.get("run", "") for step in steps())
    filled = re.findall(r"^.*\bstate/$", scripts, flags=re.MULTILINE)
    assert filled == ["cp sample.duckdb target/manifest.json state/"]
    built = re.findall(r"SEGMENTATION_WAREHOUSE=sample\.duckdb|DATASET=\w+", scripts)
    assert built == ["DATASET=sample", "SEGMENTATION_WAREHOUSE=sample.duckdb"]
