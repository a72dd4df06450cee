"""What segments are called, and what keeps its name over refits and playbook edits."""

from __future__ import annotations

import logging

import pytest
from house import PLAYBOOK, SETTINGS, House


def test_slugs_mean_the_same_after_a_refit(house: House) -> None:
    house.first_fit()
    before = house.named_assignments()
    house.connection.execute("update features set monetary = monetary * 1.1")
    house.connection.execute("delete from features where customer_id < 'C080'")
    refitted = house.fit({**SETTINGS, "seed": 99}, refit="true")
    assert refitted is not None
    after = house.named_assignments()
    assert set(after.named_by) == {"earlier model"}
    both = before.merge(after, on="customer_id")
    assert (both.segment_slug_x == both.segment_slug_y).mean() > 0.97


@pytest.mark.long
def test_a_playbook_edit_renames_and_never_refits(house: House) -> None:
    house.first_fit()
    sizes = house.assignments().segment_id.value_counts().to_dict()
    house.playbook([(slug, name.upper(), z) for slug, name, z in PLAYBOOK])
    assert house.fit() is None
    assert set(house.segments().segment_name) == {name.upper() for _, name, _ in PLAYBOOK}
    house.playbook([("champions", "Champions", PLAYBOOK[0][2]), *PLAYBOOK[1:]])
    assert house.fit() is None
    renamed = house.segments()
    assert set(renamed.segment_slug) == {"champions", *(slug for slug, _, _ in PLAYBOOK[1:])}
    assert house.assignments().segment_id.value_counts().to_dict() == sizes


@pytest.mark.long
def test_a_renamed_segment_keeps_its_new_name_over_a_refit(house: House) -> None:
    house.first_fit()
    house.playbook([("champions", "Champions", PLAYBOOK[0][2]), *PLAYBOOK[1:]])
    house.fit(refit="true")
    segments = house.segments().set_index("segment_slug")
    assert segments.loc["champions", "named_by"] == "earlier model"


@pytest.mark.long
def test_a_playbook_edit_spares_slugs_that_were_carried_over(house: House) -> None:
    """Segments of k = 5 that carry slugs of k = 4 keep them when k = 5 gets a first row."""
    house.first_fit()
    house.fit({**SETTINGS, "k": 5, "carry_over_limit": 1.0})
    carried = house.segments().set_index("segment_slug").named_by
    carried = set(carried[carried == "earlier model"].index)
    assert len(carried) >= 3
    renamed = [(slug, name.upper(), z) for slug, name, z in PLAYBOOK]
    house.playbook(renamed, other=[("newcomers", "Newcomers", "recency_days: -9")])
    segments = house.segments().set_index("segment_slug")
    assert carried <= set(segments.index)
    assert {segments.loc[slug, "segment_name"] for slug in carried} <= {n for _, n, _ in renamed}


def test_one_segment_follows_from_none(house: House) -> None:
    house.first_fit()
    model = house.fit({**SETTINGS, "k": 1})
    assert model is not None
    assert [s.named_by for s in model.segments] == ["description"]
    found = house.assignments()
    assert found.margin.isna().all()
    assert found.runner_up_id.isna().all()


def test_a_target_that_is_not_a_feature_is_logged(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.playbook([("at_risk", "At Risk", "recencydays: 1.4"), *PLAYBOOK[:2], *PLAYBOOK[3:]])
    log = logging.getLogger("segmentation")
    log.addHandler(caplog.handler)
    try:
        house.fit()
    finally:
        log.removeHandler(caplog.handler)
    assert "the rows at_risk are not used: their targets include recencydays" in caplog.text


def test_without_a_vocabulary_segments_are_described(house: House) -> None:
    """What to do about them is what the nearest row of another k says."""
    house.connection.execute("update playbook set strategy = 'strategy of ' || segment_slug")
    house.fit({**SETTINGS, "k": 3})
    segments = house.segments()
    assert set(segments.named_by) == {"description"}
    assert segments.segment_slug.is_unique
    assert segments.strategy.str.startswith("strategy of ").all()


@pytest.mark.long
def test_without_carrying_over_names_start_afresh(house: House) -> None:
    house.first_fit()
    house.playbook([(f"new_{slug}", name, z) for slug, name, z in PLAYBOOK])
    house.fit({**SETTINGS, "carry_over": False}, refit="true")
    segments = house.segments()
    assert set(segments.named_by) == {"playbook"}
    assert set(segments.segment_slug) == {f"new_{slug}" for slug, _, _ in PLAYBOOK}
