"""The published segmentations of the members by `dbt build`, and the marts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from builds import NO_TESTS, NO_UNIT_TESTS, QUICK, Warehouse
from segmentation.published.people import score_people

pytestmark = pytest.mark.long

PERSON = {
    "age": 58,
    "annual_spend": 9_497_927,
    "gender": "Male",
    "profession": "Self-employed",
    "residence_type": "Sector",
}


def test_k_prototypes_with_five_segments(fresh: Warehouse, data_directory: Path) -> None:
    assert data_directory.is_dir()
    fresh.build(*NO_UNIT_TESTS, dataset="members")

    def about(amount: float) -> Any:
        return pytest.approx(amount, rel=0.05)

    assert fresh.query(
        """
        select segment_name, count(*), min(age), max(age), avg(annual_spend)
        from marts.fct_customer_segments
        inner join marts.dim_customers using (customer_id)
        where segmentation = 'profile'
        group by segment_name
        order by 2
        """
    ) == [
        ("Silver Young", 5, 14, 19, about(3e6)),
        ("Diamond Senior", 8, 45, 64, about(10e6)),
        ("Gold Senior", 11, 46, 63, about(5.5e6)),
        ("Diamond Adult", 12, 18, 41, about(10e6)),
        ("Gold Adult", 14, 20, 40, about(5.5e6)),
    ]
    costs = dict(
        fresh.query("select k, inertia from marts.rpt_k_selection where segmentation = 'profile'")
    )
    published = [74.99, 50.70, 34.55, 26.55, 23.54, 21.15, 18.99, 16.64, 14.22]
    for k, cost in zip(range(2, 11), published, strict=True):
        assert costs[k] <= cost + 0.005
        if k <= 6:
            assert costs[k] == pytest.approx(cost, abs=0.005)
    assert fresh.query(
        "select k, is_knee, is_knee_of_shorter_scan, is_chosen, is_by_auto_rule, criteria_disagree"
        " from marts.rpt_k_selection where is_knee or is_knee_of_shorter_scan order by k"
    ) == [(4, False, True, False, False, True), (5, True, False, True, False, True)]
    assert fresh.query(
        "select distinct category, share_of_all from marts.rpt_segment_profiles"
        " where segmentation = 'profile' and feature = 'gender' order by 1"
    ) == [("Female", pytest.approx(0.82)), ("Male", pytest.approx(0.18))]
    scored = score_people(PERSON, segmentation="profile", warehouse=fresh.path)
    assert scored.segment_name.tolist() == ["Diamond Senior"]
    given = ", ".join(f"{name} := {value!r}" for name, value in PERSON.items())
    assert fresh.query(f"select segment_name from marts.score_profile_person({given})") == [
        ("Diamond Senior",)
    ]


def test_one_hot_k_means_with_four_segments(fresh: Warehouse, data_directory: Path) -> None:
    """Categories as one-hot columns of 0 and 1: two that differ have squared distance 2."""
    assert data_directory.is_dir()
    profile = {"algorithm": "kmeans", "gamma": 2, "scaling": "min_max"}
    options = {**QUICK, "profile_options": {**QUICK["profile_options"], **profile}}
    marts = ("--select", "+rpt_segment_projection", "+dim_segments", "+rpt_model_history")
    fresh.build(*marts, *NO_TESTS, dataset="members", **options)
    assert fresh.query(
        "select algorithm, k from marts.rpt_model_history where segmentation = 'profile'"
    ) == [("kmeans", 4)]
    assert fresh.query(
        "select count(*), sum(customers) from marts.dim_segments where segmentation = 'profile'"
    ) == [(4, 50)]
    points = fresh.query(
        """
        select point_kind, count(*), count(distinct segment_slug), min(x_explained_variance),
            min(x_explained_variance + y_explained_variance) between 0.3 and 1
        from marts.rpt_segment_projection
        where segmentation = 'profile'
        group by point_kind
        order by point_kind
        """
    )
    assert [(kind, count, slugs) for kind, count, slugs, *_ in points] == [
        ("centroid", 4, 4),
        ("customer", 50, 4),
    ]
    assert all(enough for *_, enough in points)
