"""The mapping file: errors name line and field; the contract that it maps to."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import pytest
import yaml
from builds import PROJECT
from segmentation.onboarding.contract import KINDS, contract_tables
from segmentation.onboarding.mapping import mapping_of, read_mapping
from segmentation.onboarding.project_files import (
    PROFILE_CATEGORIES,
    PROFILE_NUMBERS,
    model_files,
    project_files,
)
from segmentation.onboarding.refusals import OnboardingError
from segmentation.onboarding.writing import write_files

GOOD = """\
name: shop
as_of: 2024-06-30
currency: EUR
tables:
  - source: orders.csv
    holds: orders
    columns:
      customer_id: customer
      ordered_at: {column: date, dates: [dd.mm.yyyy]}
      revenue: amount
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("as_of: 2024-06-30", 'as_of: "?"', "line 2, as_of: say the day"),
        ("currency: EUR\n", "", "line 1, currency: it is missing."),
        (
            "holds: orders",
            "holds: order",
            r"line 6, tables\[1\].holds: input should be 'customers'",
        ),
        (
            "revenue: amount",
            "revenu: amount",
            "orders have no column revenu; they have customer_id",
        ),
        ("[dd.mm.yyyy]", '["?"]', r"line 9, tables\[1\].columns.ordered_at.dates: say which comes"),
        ("[dd.mm.yyyy]", "[dd.mm]", "'dd.mm' is no format of dates"),
        ("revenue: amount", "revenue: {column: a, decimal: ;}", "line 10, .*revenue.decimal"),
        ("orders.csv", "orders.pdf", "line 5, .*source: .*orders.pdf has no ending"),
        ("      revenue: amount\n", "", "orders need the column revenue"),
        ("name: shop", "name: My Shop", "line 1, name: string should match"),
        (
            "name: shop",
            "name: shop\ntime_zone: Mars/Base",
            "line 2, time_zone: there is no time zone",
        ),
        ("name: shop", "name: [", "line 3 is no YAML"),
        ("as_of: 2024-06-30", "as_of: 2024-02-30", "cannot be read: day is out of range"),
        ("name: shop", "name: " + "[" * 5000, "is no mapping: .* are nested too deeply"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(before: str, after: str, said: str) -> None:
    assert before in GOOD
    with pytest.raises(OnboardingError, match=said):
        mapping_of(GOOD.replace(before, after, 1), "mapping.yml")


def test_a_condition_has_one_test() -> None:
    rule = "    reject:\n      - {column: a, equals: [yes], below: 0, because: x}\n"
    with pytest.raises(
        OnboardingError, match="write one of equals, begins_with, contains, below and is_empty"
    ):
        mapping_of(GOOD + rule, "mapping.yml")
    one = mapping_of(GOOD + rule.replace(", below: 0", ""), "mapping.yml")
    # YAML reads yes as true.
    assert one.tables[0].reject[0].equals == ("true",)


def test_a_missing_mapping_file(tmp_path: Path) -> None:
    with pytest.raises(OnboardingError, match="There is no mapping file"):
        read_mapping(tmp_path / "none.yml")


def test_kinds_of_tables_are_those_of_the_contract() -> None:
    template = (PROJECT / "macros" / "contract" / "columns.sql").read_text("utf-8")
    jinja = jinja2.Environment(extensions=["jinja2.ext.do"])
    found: dict[str, dict[str, str]] = {}

    def keep(value: dict[str, str]) -> str:
        found["last"] = value
        return ""

    module = jinja.from_string(template, globals={"return": keep}).module
    for made in contract_tables(
        {"customers", *KINDS} - {"order_lines", "campaign_contacts"}, False
    ):
        module.contract_columns(made.name)  # type: ignore[attr-defined]
        contract = set(found["last"]) - {"source_row", "unreadable", "further_columns"}
        assert set(KINDS[made.name]) == contract, made.name


def test_features_of_the_profile_are_those_of_the_model() -> None:
    text = (PROJECT / "models" / "segmentation" / "profile" / "profile_model.yml").read_text(
        "utf-8"
    )
    assert f"features: [{', '.join(PROFILE_NUMBERS)}]" in text
    assert f"[{', '.join(PROFILE_CATEGORIES)}]" in text


def test_a_new_project_leaves_out_the_unit_tests_of_the_package() -> None:
    """As the shop does of which a warehouse test builds everything."""
    written = project_files(mapping_of(GOOD, "mapping.yml"), PROJECT)["selectors.yml"]
    tested = (PROJECT / "integration_tests" / "selectors.yml").read_text("utf-8")
    assert yaml.safe_load(written) == yaml.safe_load(tested)


def test_files_that_are_there_are_not_overwritten(tmp_path: Path) -> None:
    mapping = mapping_of(GOOD, "mapping.yml")
    files = project_files(mapping, PROJECT) | model_files(mapping)
    write_files(tmp_path, files, force=False)
    # The same again changes nothing.
    write_files(tmp_path, files, force=False)
    (tmp_path / "profiles.yml").write_text("mine")
    with pytest.raises(OnboardingError, match=r"has these files already: profiles\.yml"):
        write_files(tmp_path, files, force=False)
    assert (tmp_path / "profiles.yml").read_text() == "mine"
    write_files(tmp_path, files, force=True)
    assert (tmp_path / "profiles.yml").read_text() == files["profiles.yml"]


def test_conditions_of_one_name_are_counted_together() -> None:
    rules = """    reject:
      - {column: customer, is_empty: true, because: guest order}
      - {column: customer, equals: [Guest], because: guest order}
"""
    files = model_files(mapping_of(GOOD + rules, "mapping.yml"))
    base = files["models/staging/shop/base/base_shop__orders.sql"]
    assert base.count(" as is_guest_order") == 1
    assert (
        "(coalesce(nullif(trim(cast(\"customer\" as varchar)), '') is null, false)"
        " or coalesce(lower(cast(\"customer\" as varchar)) in ('guest'), false)) as is_guest_order"
    ) in re.sub(r"(?<=\() +| +(?=\))", "", " ".join(base.split()))
