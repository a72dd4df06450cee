"""A refit of a clustering between fit and table: its gates, what it becomes, what is listed."""

from __future__ import annotations

import datetime
import logging
from typing import Any

import pytest
from house import SETTINGS, House
from newest_model import put_current_model
from segmentation.steps.challengers import assign_challenger

LATER = datetime.date(2026, 1, 31)
# No refit keeps more than all of its customers.
STRICT: dict[str, Any] = {
    **SETTINGS,
    "gate_agreement": 1.0,
    "gate_stability": None,
    "gate_silhouette_loss": None,
}


@pytest.fixture
def fitted_house(house: House) -> House:
    """Return a house with a model, a month later, when half of the customers are others."""
    house.connection.execute("create schema runs")
    house.connection.execute(
        "create table runs.build_runs (run_number int, dataset text, variant text, as_of date,"
        " refit boolean, ended_at timestamp, models_before text)"
    )
    house.connection.execute(
        "create table runs.fit_decisions (run_number int, dataset text, variant text, as_of date,"
        " segmentation text, decision text, reason text, latest_version text, became text,"
        " champion_version text)"
    )
    begin(house)
    assert house.fit(STRICT, runs_schema="runs") is not None
    house.run("sample", "default", LATER)
    house.connection.execute(
        "update features set recency_days = md5_number_lower(customer_id) % 365,"
        " frequency = 1 + md5_number_lower(customer_id || 'f') % 30,"
        " monetary = 10 + md5_number_lower(customer_id || 'm') % 900"
        " where md5_number_lower(customer_id || 'x') % 2 = 0"
    )
    return house


def begin(house: House) -> None:
    house.connection.execute(
        "insert into runs.build_runs (run_number, dataset, variant, refit, models_before) "
        "select count(*) + 1, 'sample', 'default', false, '{}' from runs.build_runs"
    )


def decisions(house: House) -> list[tuple[Any, ...]]:
    return house.connection.sql(
        "select run_number, decision, became, champion_version, reason from runs.fit_decisions "
        "order by run_number"
    ).fetchall()


def challenger(house: House) -> Any:
    return assign_challenger(
        house.connection,
        segmentation="value",
        tables=house.model_tables,
        playbook="playbook",
        feature_words="words",
    ).df()


def test_a_refit_for_age_that_fails_a_gate_waits(
    fitted_house: House, logged: pytest.LogCaptureFixture
) -> None:
    before = fitted_house.assignments()
    begin(fitted_house)
    with logged.at_level(logging.WARNING, logger="segmentation"):
        model = fitted_house.fit(STRICT, refit_after_days=7, runs_schema="runs")
    assert model is not None
    assert model.became == "challenger"
    assert [gate.name for gate in model.gates if not gate.passed] == ["agreement"]
    champion = before["model_version"][0]
    assert f"{model.model_version} waits as a challenger, and {champion} stays" in logged.text
    # The champion goes on scoring, to the byte.
    assert fitted_house.assignments().equals(before)
    # Tomorrow's build does not fit again: the challenger is young.
    begin(fitted_house)
    assert fitted_house.fit(STRICT, refit_after_days=7, runs_schema="runs") is None
    listed = decisions(fitted_house)
    assert [row[:4] for row in listed] == [
        (1, "fitted", "champion", champion),
        (2, "fitted", "challenger", champion),
        (3, "kept", None, champion),
    ]
    assert listed[0][4] == "there is no model yet"
    assert listed[1][4].startswith("the last model is older than 7 days; it failed gates (agree")
    assert listed[1][4].endswith("and it waits")
    assert listed[2][4] == "nothing asked for a fit"


def test_a_refit_for_age_that_passes_takes_over(fitted_house: House) -> None:
    settings = {**STRICT, "gate_agreement": 0.3}
    model = fitted_house.fit(settings, refit_after_days=7)
    assert model is not None
    assert (model.became, model.previous_version) == ("champion", "value-0001-" + first(model))
    assert all(gate.passed for gate in model.gates)
    assert set(fitted_house.assignments()["model_version"]) == {model.model_version}
    assert len(challenger(fitted_house)) == 0


def first(model: Any) -> str:
    return str(model.previous_version).rsplit("-", 1)[1]


@pytest.mark.long
@pytest.mark.parametrize(
    ("asked", "changed"),
    [({"refit": True}, {}), ({}, {"k": 3})],
    ids=["asked for", "other settings"],
)
def test_a_fit_that_people_want_takes_over_with_a_warning(
    fitted_house: House,
    logged: pytest.LogCaptureFixture,
    asked: dict[str, Any],
    changed: dict[str, Any],
) -> None:
    with logged.at_level(logging.WARNING, logger="segmentation"):
        model = fitted_house.fit({**STRICT, **changed}, **asked)
    assert model is not None
    assert model.became == "champion"
    assert not all(gate.passed for gate in model.gates)
    assert "It fails gates that bind a refit for age or drift: " in logged.text


@pytest.mark.long
def test_a_pin_keeps_out_a_fit_that_passes(fitted_house: House) -> None:
    pinned = fitted_house.assignments()["model_version"][0]
    fitted_house.connection.execute(
        "create table promotions as select 'value' as segmentation, 'sample' as dataset, '' as "
        f"variant, '{pinned}' as model_version, 'pin' as action, '2020-01-01' as decided_on"
    )
    begin(fitted_house)
    settings = {**STRICT, "gate_agreement": 0.3}
    model = fitted_house.fit(
        settings, refit_after_days=7, runs_schema="runs", promotions="promotions"
    )
    assert model is not None
    assert model.became == "champion"
    *_, (_, decision, became, champion, reason) = decisions(fitted_house)
    assert (decision, became, champion) == ("fitted", "champion", pinned)
    assert reason.endswith(f"; {pinned} stays in force, as seeds/model_promotions.csv says")


@pytest.mark.long
def test_the_challenger_says_what_it_would_say(fitted_house: House) -> None:
    model = fitted_house.fit(STRICT, refit_after_days=7)
    assert model is not None
    found = challenger(fitted_house)
    assert set(found["model_version"]) == {model.model_version}
    assert sorted(found["customer_id"]) == sorted(fitted_house.assignments()["customer_id"])
    # Once it is promoted, it says that.
    fitted_house.connection.execute(
        "create table promotions as select 'value' as segmentation, 'sample' as dataset, '' as "
        f"variant, '{model.model_version}' as model_version, 'promote' as action, "
        "'2099-01-01' as decided_on"
    )
    put_current_model(fitted_house.connection, "value", STRICT, promotions="promotions")
    promoted = fitted_house.assignments()
    names = fitted_house.segments().set_index("segment_id")["segment_slug"]
    expected = dict(zip(promoted["customer_id"], promoted["segment_id"].map(names), strict=True))
    assert dict(zip(found["customer_id"], found["segment_slug"], strict=True)) == expected
    assert len(challenger(fitted_house)) == 0
