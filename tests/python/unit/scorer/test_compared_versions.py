"""Two stored versions of a clustering, compared on the customers of a warehouse."""

from __future__ import annotations

import pytest
from house import SETTINGS, House
from segmentation.scorer.compared_versions import ComparisonError, compare_versions

TABLES = {
    "shop_intermediate.int_value_features": "features",
    "shop_intermediate.int_run_settings": "run",
    "shop_segmentation.value_model": "models",
    "shop_seeds.segment_playbook": "playbook",
    "shop_seeds.feature_words": "words",
}


@pytest.fixture
def versions(house: House) -> tuple[str, str]:
    """Return two versions, of four segments and of three, in schemas as dbt calls them."""
    fits = [house.fit({**SETTINGS, "k": k}) for k in (4, 3)]
    for name, table in TABLES.items():
        house.connection.execute(f"create schema if not exists {name.split('.')[0]}")
        house.connection.execute(f"create table {name} as from {table}")
    first, second = (model.model_version for model in fits if model is not None)
    return first, second


@pytest.mark.long
def test_everybody_is_counted_once(house: House, versions: tuple[str, str]) -> None:
    compared = compare_versions(house.connection, "shop_marts", "value", versions)
    ((customers,),) = house.connection.sql("select count(*) from features").fetchall()
    assert sum(n for _, _, n in compared.moves) == compared.agreement.customers == customers
    assert len({one for one, _, _ in compared.moves}) == 4
    assert len({other for _, other, _ in compared.moves}) == 3
    assert 0 < compared.agreement.adjusted_rand_index < 1

    same = compare_versions(house.connection, "shop_marts", "value", (versions[0], versions[0]))
    assert (same.agreement.kept, same.agreement.adjusted_rand_index) == (customers, 1.0)


@pytest.mark.long
def test_what_cannot_be_compared_is_said(house: House, versions: tuple[str, str]) -> None:
    def said(schema: str, other: str) -> str:
        with pytest.raises(ComparisonError) as raised:
            compare_versions(house.connection, schema, "value", (versions[0], other))
        return str(raised.value)

    assert said("shop_marts", "value-0009-x") == "value-0009-x is not stored"
    assert said("marts", versions[1]) == "the file has no stored models: it is a published one"
    assert (
        said("for_bi", versions[1])
        == "for_bi does not end with marts: the other schemas are unknown"
    )
    house.connection.execute(
        "update shop_segmentation.value_model set k = 9 where model_number = 2"
    )
    assert said("shop_marts", versions[1]).startswith(f"the stored model {versions[1]} is damaged")
