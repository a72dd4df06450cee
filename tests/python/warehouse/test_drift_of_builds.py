"""Drift from build to build: measured, warned of, failed on request, a reason to fit on request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from builds import NO_TESTS, NO_UNIT_TESTS, QUICK, Warehouse
from scored_customers import compare_with_marts

LATER: dict[str, Any] = {"dataset": "sample", "as_of": "2026-02-28", **QUICK}
# A test of drift looks at the one, a fit at the other; dbt parses the project once for both.
ON_REQUEST: dict[str, Any] = {**LATER, "fail_on_drift": True, "refit_on_drift": True}
# What a new model of value makes anew, of all that is asked here.
OF_VALUE = [
    f"value_model+,+{mart}"
    for mart in ("fct_segment_events", "rpt_drift", "rpt_model_gates", "rpt_model_history")
]

# The classifier of prospects is fitted again for reasons of its own.
FITS = """
    select segmentation, fit_reason
    from marts.rpt_model_history
    where model_number = 2 and segmentation <> 'prospects'
"""


@pytest.fixture(scope="module")
def later(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Build the sample once more, two months later, with the models that it has."""
    warehouse = sample.copy(tmp_path_factory.mktemp("later"))
    said = warehouse.build(*NO_UNIT_TESTS, **LATER)
    (warehouse.folder / "said.txt").write_text(said, encoding="utf-8")
    return warehouse


def test_on_the_day_of_the_fit_nothing_has_drifted(sample: Warehouse) -> None:
    assert sample.query(
        """
        select segmentation, max(psi), count(*) filter (where has_drifted or expected_to_drift)
        from marts.rpt_drift
        group by segmentation
        order by segmentation
        """
    ) == [("lifetime_value", None, 0), ("profile", 0.0, 0), ("value", 0.0, 0)]
    assert sample.query("select 1 from marts.rpt_warnings where topic = 'drift'") == []


@pytest.mark.long
def test_the_published_file_scores_as_the_build_that_kept_the_model(later: Warehouse) -> None:
    """A model of earlier days is applied in proportion to the days that there are now."""
    published = later.folder / "published" / "segments.duckdb"
    assert set(compare_with_marts(published)) == {"value", "profile"}


@pytest.mark.long
def test_two_months_later_absence_has_drifted(later: Warehouse) -> None:
    """All are two months longer away: their last purchases lie where they lay."""
    ((psi, threshold, is_expected, words),) = later.query(
        """
        select psi, threshold, expected_to_drift, moved_most
        from marts.rpt_drift
        where segmentation = 'value' and subject_kind = 'feature' and feature = 'absence_days'
        """
    )
    assert psi > threshold
    assert not is_expected
    assert words.startswith("more customers with absence above ")
    assert later.query("select has_drifted from marts.rpt_drift where feature = 'length_days'") == [
        (False,),
        (False,),
    ]


@pytest.mark.long
def test_a_warning_names_it_and_the_build_is_green(later: Warehouse) -> None:
    ((message,),) = later.query(
        "select message from marts.rpt_warnings where topic = 'drift' and subject = 'value'"
    )
    assert "absence_days (PSI " in message
    said = (later.folder / "said.txt").read_text(encoding="utf-8")
    assert message in said
    assert "Published" in said
    assert later.query(FITS) == []


@pytest.mark.long
def test_it_fails_on_request(later: Warehouse) -> None:
    done = later.dbt("test", "--select", "nothing_drifted", **ON_REQUEST)
    assert done.returncode == 1
    assert "configured to fail if != 0" in done.stdout


@pytest.mark.long
def test_it_is_a_reason_to_fit_on_request(later: Warehouse, tmp_path: Path) -> None:
    warehouse = later.copy(tmp_path)
    warehouse.build(*NO_TESTS, "--select", *OF_VALUE, **ON_REQUEST)
    # It passed the gates, and took over.
    assert warehouse.query("select 1 from marts.rpt_model_gates where not is_passed") == []
    reasons = dict(warehouse.query(FITS))
    assert "drifted: PSI " in reasons["value"]
    found = warehouse.query("select max(psi) from marts.rpt_drift where segmentation = 'value'")
    assert found == [(0.0,)]
    # Both models on the customers of the day: customers in no cluster are not counted.
    events = warehouse.query(
        "select distinct event_kind from marts.fct_segment_events where segmentation = 'value'"
    )
    assert ("survived",) in events
    clusters = warehouse.query(
        "select count(distinct to_segment_slug) filter (where event_kind <> 'vanished'),"
        " count(distinct from_segment_slug) filter (where event_kind <> 'emerged')"
        " from marts.fct_segment_events where segmentation = 'value'"
    )
    assert clusters == warehouse.query(
        "select len(succession.after), len(succession.before) from segmentation.value_model"
        " where succession is not null"
    )
