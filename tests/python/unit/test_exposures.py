"""The exposures of the dbt project list what their readers read, and a user can name the owner."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[3]
EXPOSURES = {
    exposure["name"]: exposure
    for exposure in yaml.safe_load(
        (PROJECT / "models" / "marts" / "exposures.yml").read_text(encoding="utf-8")
    )["exposures"]
}


@pytest.mark.parametrize(
    ("exposure", "patterns"),
    [
        # The page asks the readers of marts what the data are called, who moved, what became of
        # segments, which model waits and what drifted.
        (
            "segments_page",
            (
                *("report/**/*.py", "published/read_marts.py", "published/customer_history.py"),
                *("published/segment_moves.py", "published/drift_figures.py"),
                *("published/segment_events.py", "published/waiting_models.py"),
            ),
        ),
        ("campaign_audiences", ("audiences/**/*.py",)),
    ],
)
def test_an_exposure_depends_on_the_marts_that_its_code_reads(
    exposure: str, patterns: tuple[str, ...]
) -> None:
    package = PROJECT / "python" / "segmentation"
    files = [path for pattern in patterns for path in package.glob(pattern)]
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    marts = {path.stem for path in (PROJECT / "models" / "marts").glob("*/*.sql")}
    read = set(re.findall(r"\b(?:dim|fct|rpt)_\w+", code)) & marts
    assert set(EXPOSURES[exposure]["depends_on"]) == {f"ref('{mart}')" for mart in read}


def test_owners_are_vars_whose_defaults_say_so() -> None:
    variables = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    for exposure in EXPOSURES.values():
        assert exposure["owner"] == {
            "name": "{{ var('owner_name') }}",
            "email": "{{ var('owner_email') }}",
        }
    assert "set the var owner_name" in variables["owner_name"]
    assert variables["owner_email"].endswith("@example.com")
