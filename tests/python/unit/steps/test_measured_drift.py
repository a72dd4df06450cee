"""The step that measures drift, on the tables that a build would have made."""

from __future__ import annotations

import datetime

import duckdb
import pandas as pd
import pytest
from house import MIXED, SETTINGS, House
from mixed_customers import planted_customers
from segmentation.registry.digest import row_digest
from segmentation.registry.option_checks import OptionError
from segmentation.steps.measure_drift import measure_drift
from state_shop import SETTINGS as STATES
from state_shop import playbook, state_shop

LATER = datetime.date(2026, 1, 31)
EARLIER = datetime.date(2025, 11, 30)


def drift(house: House) -> pd.DataFrame:
    """Name, assign and measure as a build does."""
    house.put("assignments", house.assignments())
    table = measure_drift(
        house.connection,
        tables=house.model_tables,
        assignments="assignments",
        segments="segments",
        feature_words="words",
    )
    return table.to_pandas().set_index(["subject_kind", "feature"])


def later(house: House, **columns: str) -> None:
    """Let a month pass, after which columns are what SQL makes of them."""
    house.run("sample", "default", LATER)
    replaced = ", ".join(f"{sql} as {name}" for name, sql in columns.items())
    house.connection.execute(
        f"create or replace table features as select * replace ({replaced}) from features"
    )


@pytest.fixture
def mixed(connection: duckdb.DuckDBPyConnection) -> House:
    return House(connection, planted_customers())


def test_on_the_day_of_the_fit_nothing_has_drifted(house: House) -> None:
    house.first_fit()
    found = drift(house)
    assert (found.psi == 0).all()
    assert not found.has_drifted.any()
    assert not found.expected_to_drift.any()
    assert found.moved_most.isna().all()
    assert set(found.customers_at_fit) == set(found.customers_now) == {300}
    assert set(found.as_of) == set(found.fitted_as_of) == {datetime.date(2025, 12, 31)}


@pytest.mark.long
@pytest.mark.parametrize("algorithm", ["kprototypes", "kmedoids", "hdbscan"])
def test_categories_and_noise_have_not_drifted_either(mixed: House, algorithm: str) -> None:
    mixed.fit({**MIXED, "algorithm": algorithm})
    found = drift(mixed)
    assert (found.psi == 0).all()
    assert {"feature", "missing values", "unseen categories", "segments", "distance"} == set(
        found.index.get_level_values("subject_kind")
    )


@pytest.mark.long
def test_states_and_kept_promises_have_not_drifted_either(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """A fit counts its customers in the segments that the build then gives them."""
    house = House(connection, state_shop())
    house.put("playbook", playbook())
    house.fit(STATES)
    found = drift(house)
    assert (found.psi == 0).all()
    later(house, frequency="case when customer_id < 'C200' then 0.0 else frequency end")
    moved = drift(house).loc[("segments", "segments")].moved_most
    assert moved.startswith("more customers in Lost: ")


def test_a_feature_times_ten_is_named(house: House) -> None:
    house.first_fit()
    later(house, monetary="10 * monetary")
    found = drift(house)
    features = found.loc["feature"]
    assert features.index[features.has_drifted].tolist() == ["monetary"]
    assert features.loc["monetary"].moved_most.startswith("more customers with monetary above ")
    assert features.loc["monetary"].psi > 1
    assert found.loc["distance"].has_drifted.all()
    assert not found.loc["missing values"].has_drifted.any()


def test_values_that_go_missing_are_named(house: House) -> None:
    house.first_fit()
    later(house, frequency="case when monetary > 450 then frequency end")
    found = drift(house)
    missing = found.loc["missing values"]
    assert missing.index[missing.has_drifted].tolist() == ["frequency"]
    assert missing.loc["frequency"].moved_most.startswith(
        "more customers without frequency: 0.0 % → "
    )


def test_all_missing_is_measured(house: House) -> None:
    house.first_fit()
    later(house, frequency="cast(null as double)")
    figure = drift(house).loc[("missing values", "frequency")]
    assert figure.moved_most == "more customers without frequency: 0.0 % → 100.0 %"


@pytest.mark.long
def test_unseen_categories_are_named(mixed: House) -> None:
    mixed.fit(MIXED)
    category = MIXED["categorical_features"][0]
    elsewhere = f"case when customer_id like '%1' then 'of the moon' else {category} end"
    later(mixed, **{category: elsewhere})
    unseen = drift(mixed).loc["unseen categories"]
    assert unseen.index[unseen.has_drifted].tolist() == [category]
    assert "that the model does not know" in unseen.loc[category].moved_most


@pytest.mark.long
def test_a_model_of_an_earlier_version_has_no_figures(
    house: House, logged: pytest.LogCaptureFixture
) -> None:
    """Its row has no bins; it is still applied, and is not fitted again for that."""
    house.fit()
    house.connection.execute("update models set distributions = null, row_digest = null")
    house.connection.execute("alter table models drop row_digest")
    assert drift(house).empty
    assert "was fitted by a version that did not count its customers" in logged.text
    assert len(house.assignments()) == 300


def test_the_digest_of_an_earlier_row_stays_valid(house: House) -> None:
    """A column that it lacked is null, and null is left out of the digest."""
    house.first_fit()
    (record,) = house.connection.sql("from models").to_arrow_table().to_pylist()
    lacking = {name: value for name, value in record.items() if name != "distributions"}
    assert row_digest({**record, "distributions": None}) == row_digest(lacking)


def test_nobody_to_score_has_no_figures(house: House) -> None:
    house.first_fit()
    house.connection.execute("delete from features")
    assert drift(house).empty


def test_drift_is_a_reason_to_fit_if_asked(house: House) -> None:
    first = house.first_fit()
    later(house, monetary="10 * monetary")
    assert house.fit() is None
    assert house.fit(refit_on_drift="False") is None
    again = house.fit(refit_on_drift="True")
    assert again is not None
    assert again.fit_reason.startswith("monetary drifted: PSI ")
    assert again.previous_version == first.model_version
    # Most customers would change their segment: it waits, and is not fitted again at each build.
    assert again.became == "challenger"
    assert house.fit(refit_on_drift=True) is None
    assert drift(house).psi.max() > 0


@pytest.mark.long
def test_a_refit_that_takes_over_is_what_drift_is_measured_against(house: House) -> None:
    without_gate = {**SETTINGS, "gate_agreement": None, "gate_names": False}
    house.fit(without_gate)
    later(house, monetary="10 * monetary")
    again = house.fit(without_gate, refit_on_drift=True)
    assert again is not None
    assert again.became == "champion"
    assert house.fit(without_gate, refit_on_drift=True) is None
    assert (drift(house).psi == 0).all()


def test_without_drift_the_model_stays(house: House) -> None:
    house.first_fit()
    house.run("sample", "default", LATER)
    assert house.fit(refit_on_drift=True) is None


def test_an_earlier_day_is_no_reason(house: House) -> None:
    house.first_fit()
    later(house, monetary="10 * monetary")
    house.run("sample", "default", EARLIER)
    assert house.fit(refit_on_drift=True) is None


def test_what_was_asked_for_comes_first(house: House) -> None:
    house.first_fit()
    later(house, monetary="10 * monetary")
    again = house.fit({**SETTINGS, "seed": 5}, refit_on_drift=True)
    assert again is not None
    assert again.fit_reason == "the configuration changed"


@pytest.mark.long
def test_whole_history_drifts_by_construction(house: House) -> None:
    """And is no reason to fit."""
    settings = {**SETTINGS, "features": ["recency_days", "frequency", "length_days"]}
    house.connection.execute("alter table features add column length_days double")
    house.connection.execute("alter table features add column tenure_days double")
    house.connection.execute(
        "update features set length_days = 10 * frequency, tenure_days = 800 + frequency"
    )
    house.fit(settings)
    later(house, length_days="length_days + 200")
    features = drift(house).loc["feature"]
    assert features.has_drifted.to_dict() == {
        "recency_days": False, "frequency": False, "length_days": True,
    }  # fmt: skip
    assert features.expected_to_drift.to_dict() == features.has_drifted.to_dict()
    assert house.fit(settings, refit_on_drift=True) is None


def test_an_unreadable_setting(house: House) -> None:
    with pytest.raises(OptionError, match="refit_on_drift is 'maybe'"):
        house.fit(refit_on_drift="maybe")
