"""The project as a package of another one: `integration_tests`, a shop with its own orders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
from builds import EVERYTHING, NO_TESTS, NO_UNIT_TESTS, PROJECT, QUICK, Warehouse
from segmentation.published.people import score_people

pytestmark = pytest.mark.long


class Shop(Warehouse):
    """The shop's project in a folder of its own, with its own profile and warehouse."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, shutil.copytree(PROJECT / "integration_tests", folder / "shop"))
        packages = self.project / "packages.yml"
        packages.write_text(packages.read_text().replace("../", str(PROJECT)))

    def environment(self, threads: int = 4) -> dict[str, str]:
        return super().environment(threads) | {"SHOP_WAREHOUSE": str(self.path)}

    def edges(self) -> dict[str, list[str]]:
        """Return what each node of the graph depends on."""
        manifest = json.loads((self.folder / "target" / "manifest.json").read_text())
        return {
            name: node["depends_on"].get("nodes", []) for name, node in manifest["nodes"].items()
        }


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = Shop(tmp_path_factory.mktemp("package"))
    done = shop.dbt("deps")
    assert done.returncode == 0, done.stdout
    shop.build(*EVERYTHING, **options(shop_orders=600))
    return shop


def options(**variables: Any) -> dict[str, Any]:
    """Return vars under which fits look at little; those of the profile are the shop's own."""
    prospects = {
        "features": ["age", "early_revenue", "plan", "visits_per_month"],
        "ordered_categories": {},
    }
    return {
        "value_options": QUICK["value_options"],
        "prospects_options": QUICK["prospects_options"] | prospects,
        "lifetime_value_options": QUICK["lifetime_value_options"],
        **variables,
    }


def test_the_graph_leads_from_the_shop_to_the_package_and_back(shop: Shop) -> None:
    edges = shop.edges()
    assert edges["model.segmentation.stg_warehouse__orders"] == ["model.shop.shop_orders"]
    assert edges["model.segmentation.stg_warehouse__customers"] == ["source.shop.crm.people"]
    assert "seed.shop.segment_playbook" in edges["model.segmentation.value_segments"]
    assert edges["model.shop.shop_segment_sizes"] == ["model.segmentation.fct_customer_segments"]


def test_the_metrics_come_along(shop: Shop) -> None:
    """They are summed over the package's marts, in the shop's schemas."""
    manifest = json.loads((shop.folder / "target" / "semantic_manifest.json").read_text())
    assert {"customers", "revenue", "response_rate"} <= {
        metric["name"] for metric in manifest["metrics"]
    }
    relations = {
        model["name"]: model["node_relation"]["schema_name"]
        for model in manifest["semantic_models"]
    }
    assert relations["customers"] == "shop_marts"


def test_segments_are_named_by_the_playbook_of_the_shop(shop: Shop) -> None:
    assert shop.query(
        "select segment_name, strategy from shop_marts.dim_segments"
        " where segmentation = 'value' and segment_slug = 'promising'"
    ) == [("Promising", "Invite them to the tasting.")]


def test_schemas_are_called_as_the_shop_calls_its_own(shop: Shop) -> None:
    schemas = {name.split(".")[0] for name in shop.tables()}
    own = {"seeds", "staging", "intermediate", "segmentation", "marts"}
    assert schemas == {"crm", "shop"} | {f"shop_{name}" for name in own}
    assert shop.query(
        "select distinct schema_name from duckdb_functions() where function_name like 'score_%'"
    ) == [("shop_marts",)]
    assert not [name for name in shop.tables() if "__dbt_tmp" in name]


def test_further_columns_are_features_and_nothing_else_is_read(shop: Shop) -> None:
    assert shop.query(
        "select features_used, variant from shop_marts.rpt_model_history"
        " where segmentation = 'profile'"
    ) == [("age, household_size, visits_per_month, gender, country, plan", "shop_orders")]
    assert shop.query(
        "select features_used from shop_marts.rpt_model_history where segmentation = 'prospects'"
    ) == [("age, early_revenue, plan, visits_per_month",)]
    predicted = shop.query(
        "select count(*) filter (model_version is not null) from"
        " shop_marts.fct_customer_segments where segmentation = 'prospects'"
    )
    assert predicted[0][0] > 0
    assert shop.query(
        "select feature, feature_kind, count(*), sum(customers_with_value)"
        " from shop_marts.rpt_segment_profiles where segmentation = 'profile'"
        " and feature in ('country', 'plan', 'visits_per_month') group by all order by 1"
    ) == [
        ("country", "category", 3, 400),
        ("plan", "category", 3, 347),
        ("visits_per_month", "number", 3, 400),
    ]
    (headlines,) = shop.query(
        "select string_agg(headline, ' | ') from shop_marts.dim_segments"
        " where segmentation = 'profile'"
    )
    assert "visits per month" in headlines[0]
    assert "country Norway" in headlines[0]
    scored = score_people(
        {"country": "Norway", "plan": "premium", "visits_per_month": 13},
        segmentation="profile",
        warehouse=shop.path,
    )
    assert shop.query(
        "select distinct segment_slug from shop_marts.fct_customer_segments"
        " where segmentation = 'profile' and customer_id in ('3', '33', '63')"
    ) == [(scored["segment_slug"][0],)]
    # The names of people stand beside the columns that are read.
    tables = [table for table in shop.tables() if not table.startswith("crm.")]
    with shop.reading() as connection:
        for table in tables:
            rows = connection.sql(f"select to_json(t)::varchar from {table} as t").fetchall()
            assert not [row for row in rows if "Person 1" in row[0]], table


def test_orders_that_changed_are_read_in_the_same_build_and_published(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shop's orders are built anew first, whatever the number of threads."""
    assert not (shop.folder / "published").exists()
    file = shop.folder / "for readers" / "it's ours.duckdb"
    monkeypatch.setenv("SEGMENTATION_PUBLISHED", str(file))
    shop.build(*NO_UNIT_TESTS, **options(shop_orders=700))
    assert shop.query(
        "select rows_read from shop_marts.rpt_rows_read where source_table = 'orders'"
    ) == [(700,)]
    assert shop.query("select sum(customers) from shop.shop_segment_sizes") == [(3 * 400,)]
    with duckdb.connect(str(file), read_only=True) as reader:
        assert reader.sql(
            "select rows_read from marts.rpt_rows_read where source_table = 'orders'"
        ).fetchall() == [(700,)]
        assert reader.sql(
            "select distinct schema_name from duckdb_tables() union all"
            " select schema_name from duckdb_functions() where function_name = 'score_value'"
            " order by 1"
        ).fetchall() == [("marts",), ("marts",), ("scoring",)]


def test_a_file_is_read_by_the_headers_of_the_package(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGMENTATION_DATA_DIR", str(tmp_path))
    (tmp_path / "members").mkdir()
    (tmp_path / "members" / "customer_segments.tsv").write_text(
        "ID_Pelanggan\tJenis Kelamin\tUmur\tProfesi\tTipe Residen\tNilaiBelanjaSetahun\n"
        "M1\tWanita\t31\tWiraswasta\tCluster\t5000000\n",
        encoding="utf-8",
    )
    # The shop's own columns are none of this data set.
    shop.build(
        "--select", "stg_members__customers", *NO_TESTS, dataset="members", profile_options={}
    )
    assert shop.query(
        "select customer_id, gender, age from shop_staging.stg_members__customers"
    ) == [("M1", "Female", 31)]


@pytest.mark.parametrize(
    ("variables", "messages"),
    [
        (
            {"warehouse_relations": {"order": "ref('x')"}},
            ["warehouse_relations names 'order'. The"],
        ),
        (
            {"warehouse_relations": {"orders": "shop_orders"}},
            ["warehouse_relations says that orders is shop_orders. Write it as in a model: ref("],
        ),
        (
            {"warehouse_row_counts": {"rows": "ref('shop_orders')"}},
            ["warehouse_row_counts names 'rows'. The relations are: rows_read, rejected_rows."],
        ),
        (
            {
                "early_days": 0,
                "warehouse_relations": {"campaign_activity": "ref('shop_orders')"},
            },
            [
                "a whole number of days, 1 to 36500.",
                "- warehouse_relations names no table with customers: one of orders,"
                " customer_activity and customers is needed. It names: campaign_activity.",
            ],
        ),
        (
            {"profile_options": {"features": ["age"], "categorical_features": ["plna"]}},
            ["name the column 'plna', which is no feature and no column of"],
        ),
    ],
)
def test_settings_that_cannot_be(
    shop: Shop, variables: dict[str, Any], messages: list[str]
) -> None:
    done = shop.dbt("build", "--select", "stg_warehouse__customers", *NO_TESTS, **variables)
    assert done.returncode != 0
    said = " ".join(done.stdout.split())
    for message in messages:
        assert said.count(message) == 1, done.stdout


def test_a_model_of_the_shop_does_not_take_the_place_of_one_of_ours(shop: Shop) -> None:
    """With the flag both stand side by side; without it the build says so before it begins."""
    (shop.project / "models" / "age_groups.sql").write_text("select 1 as nothing")
    command = ("build", "--select", "int_customers", *NO_TESTS)
    try:
        assert shop.dbt(*command).returncode == 0
        project = shop.project / "dbt_project.yml"
        settings = project.read_text()
        project.write_text(settings.replace("_before_root: true", "_before_root: false"))
        done = shop.dbt(*command)
        project.write_text(settings)
    finally:
        (shop.project / "models" / "age_groups.sql").unlink()
    assert done.returncode != 0
    assert "Your project and the package segmentation both have a seed age_groups" in done.stdout
