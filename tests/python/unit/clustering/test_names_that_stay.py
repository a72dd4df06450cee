"""Slugs stand for the same customers from refit to refit: other seeds, another k, drift."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from house import SETTINGS, House
from state_shop import CONDITIONS as CONDITION_ROWS
from state_shop import SETTINGS as STATE_SETTINGS
from state_shop import playbook, state_shop

# These tests are only about the fit.
QUICK = {"n_init": 3, "scan_to": 3, "scan_n_init": 1, "stability_resamples": 2, "null_draws": 2}
TARGETS = {**SETTINGS, **QUICK}
CONDITIONS = {**STATE_SETTINGS, **QUICK}


def slugs_after_refit(house: House, settings: dict[str, Any]) -> pd.Series:
    """Fit anew, and return the slug of each customer, of clusters and states."""
    assert house.fit(settings, refit="true") is not None
    return house.named_assignments().set_index("customer_id").segment_slug.sort_index()


def moved(house: House, **factors: float) -> None:
    """Multiply columns of the feature table."""
    changes = ", ".join(f"{column} = {column} * {factor}" for column, factor in factors.items())
    house.connection.execute(f"update features set {changes}")


def shuffled(house: House, seed: int) -> None:
    frame = house.connection.sql("from features").df()
    house.put("features", frame.sample(frac=1, random_state=seed))


def with_states(house: House) -> None:
    house.put("features", state_shop().drop(columns="planted"))
    house.put("playbook", playbook())


@pytest.mark.parametrize(
    "seeds", [pytest.param(2, id="few"), pytest.param(50, id="many", marks=pytest.mark.long)]
)
@pytest.mark.parametrize("settings", [TARGETS, CONDITIONS], ids=["targets", "conditions"])
def test_names_never_flip_on_the_same_customers(
    house: House, settings: dict[str, Any], seeds: int
) -> None:
    """Another seed, rows in another order, one thread or two."""
    if settings is CONDITIONS:
        with_states(house)
    first = slugs_after_refit(house, settings)
    assert first.nunique() > 3
    for seed in range(1, seeds + 1):
        shuffled(house, seed)
        house.connection.execute(f"set threads to {1 + seed % 2}")
        found = slugs_after_refit(house, {**settings, "seed": seed})
        pd.testing.assert_series_equal(found, first)


@pytest.mark.long
def test_names_return_when_k_does(house: House) -> None:
    """From four to five segments and back, twice: no two names change places."""
    by_k: dict[int, list[pd.Series]] = {4: [], 5: []}
    for k in (4, 5, 4, 5, 4):
        by_k[k].append(slugs_after_refit(house, {**TARGETS, "k": k}))
    for found in by_k.values():
        for later in found[1:]:
            pd.testing.assert_series_equal(later, found[0])
    four, five = by_k[4][0], by_k[5][0]
    assert set(four) <= set(five)
    # Customers with another name at five segments have the new name.
    assert set(five[five != four]) == set(five) - set(four)


@pytest.mark.long
def test_a_shop_that_trebles_between_two_fits_keeps_its_names(house: House) -> None:
    """Low and high spenders swap their spend: by distances of centres, names would swap."""
    first = slugs_after_refit(house, TARGETS)
    moved(house, monetary=3.0, frequency=1.5)
    pd.testing.assert_series_equal(slugs_after_refit(house, TARGETS), first)


@pytest.mark.long
def test_a_shop_that_grows_keeps_names_that_are_conditions(house: House) -> None:
    with_states(house)
    first = slugs_after_refit(house, CONDITIONS)
    moved(house, monetary=6.0, frequency=3.0)
    pd.testing.assert_series_equal(slugs_after_refit(house, CONDITIONS), first)


def drift(house: House, month: int) -> None:
    """Let two months pass: the shop grows, and rare customers come less and less."""
    random = np.random.default_rng(month)
    frame = house.connection.sql("from features order by customer_id").df()
    frame["monetary"] *= 1.15 * random.lognormal(0, 0.05, len(frame))
    frame["frequency"] = (frame.frequency * random.lognormal(0.05, 0.05, len(frame))).clip(lower=1)
    frame["recency_days"] += np.where(frame.recency_days > 40, 15, 0)
    house.put("features", frame)


@pytest.mark.long
def test_a_year_of_drift_leaves_names_to_those_who_had_them(house: House) -> None:
    """Six refits; at least 95 % of the customers keep their slug at each, and over the year."""
    first = before = slugs_after_refit(house, TARGETS)
    for month in range(2, 14, 2):
        drift(house, month)
        after = slugs_after_refit(house, {**TARGETS, "seed": month})
        assert (before == after).mean() >= 0.95
        before = after
    assert (first == before).mean() >= 0.95


@pytest.mark.long
def test_the_name_that_goes_on_is_that_of_the_day(house: House) -> None:
    """A condition got another slug since the fit: readers know the segment by that one."""
    with_states(house)
    slugs_after_refit(house, CONDITIONS)
    slugs = {"occasional": "regular"}
    renamed = [(slugs.get(slug, slug), *row) for slug, *row in CONDITION_ROWS]
    house.put("playbook", playbook(renamed))
    model = house.fit(CONDITIONS, refit="true")
    assert model is not None
    assert {s.segment_slug: s.named_by for s in model.segments} == {
        "loyal": "earlier model",
        "regular": "earlier model",
    }
    assert [promise.renamed_because for promise in model.promises] == [None, None]
