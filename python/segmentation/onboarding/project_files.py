"""The files of a project that segments the customers of a mapping."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from segmentation.onboarding.addresses import address_of
from segmentation.onboarding.jinja_text import as_plain_text
from segmentation.onboarding.mapping import Mapping, TableMapping
from segmentation.onboarding.refusals import OnboardingError
from segmentation.onboarding.staging_models import (
    base_model,
    base_model_name,
    contract_model,
    contract_model_name,
    rejected_rows_model,
    rejected_rows_name,
    revenue_test,
    rows_read_model,
    rows_read_name,
    tables_of,
)

MAPPING_FILE = "mapping.yml"

# Features of the profile that the contract has; models/segmentation/profile has the same lists.
PROFILE_NUMBERS = ("age", "annual_spend", "income", "household_size", "children")
PROFILE_CATEGORIES = (
    *("gender", "profession", "residence_type", "marital_status", "education", "home_ownership"),
)

_SELECTORS = """\
# The unit tests of the package say nothing of your data and take as long as the rest of a build:
# dbt build leaves them out, dbt build --selector everything runs them.
selectors:
  - name: everything
    definition: {union: ["fqn:*", "source:*", "exposure:*", "metric:*", "semantic_model:*"]}
  - name: without_unit_tests_of_the_package
    default: true
    definition:
      union:
        - {method: selector, value: everything}
        - exclude:
            - intersection: ["package:segmentation", "test_type:unit"]
"""

_IN_PLACE = '{{ config(enabled=is_dataset("warehouse")) }}\n\n'


def package_folder() -> Path:
    """Return the folder of the dbt project that this package belongs to.

    Raises
    ------
    OnboardingError
        If the package is installed without it.
    """
    folder = Path(__file__).resolve().parents[3]
    if not (folder / "dbt_project.yml").is_file():
        raise OnboardingError(
            "The package segmentation is installed without its dbt project. Install it from a clone"
            " (pip install --editable <the clone>), or name the clone with --package."
        )
    return folder


def model_files(mapping: Mapping, *, in_place: bool = False) -> dict[str, str]:
    """Return the models and tests of a mapping.

    Parameters
    ----------
    mapping : Mapping
    in_place : bool
        Whether they stand in the project `segmentation` itself, beside other data sets.

    Returns
    -------
    dict of str to str
        Paths relative to the project, and texts.
    """
    header = _IN_PLACE if in_place else ""
    folder = f"models/staging/{mapping.name}"
    files = {f"{folder}/_sources.yml": _sources(mapping, in_place)}
    for table in mapping.tables:
        name = base_model_name(mapping, table)
        files[f"{folder}/base/{name}.sql"] = base_model(mapping, table, header=header)
        files[f"{folder}/base/{name}.yml"] = _base_yml(mapping, table)
    for made in tables_of(mapping):
        name = contract_model_name(mapping, made.name)
        files[f"{folder}/{name}.sql"] = contract_model(mapping, made, header=header)
        files[f"{folder}/{name}.yml"] = _contract_yml(mapping, made.name)
    rejected, counted = rejected_rows_name(mapping), rows_read_name(mapping)
    files[f"{folder}/{rejected}.sql"] = rejected_rows_model(mapping, header=header)
    files[f"{folder}/{rejected}.yml"] = _model_yml(
        rejected,
        "Rows of the source that were left out, each with the reason. One row per such row.",
        {
            "source_table": "The table of the source.",
            "source_row": "Which row of it, counted from 1.",
            "rejected_because": "The first reason that applies.",
            "rejected_value": "What could not be read, the row that it repeats, or the line.",
        },
    )
    files[f"{folder}/{counted}.sql"] = rows_read_model(mapping, header=header)
    files[f"{folder}/{counted}.yml"] = _model_yml(
        counted,
        "How many rows were read, accepted and rejected. One row per table of the source.",
        {
            "source_table": "The table of the source.",
            "rows_read": "All rows that it has.",
            "rows_accepted": "Rows that went on.",
            "rows_rejected": "Rows that were left out.",
        },
        keys=("source_table",),
    )
    if mapping.of("order_lines") and not in_place:
        files["tests/orders_hold_the_revenue_of_all_lines.sql"] = revenue_test(mapping)
    return files


def project_files(mapping: Mapping, package: Path) -> dict[str, str]:
    """Return the files of a new project, without its models.

    Parameters
    ----------
    mapping : Mapping
    package : Path
        The folder of the project `segmentation`.
    """
    return {
        "dbt_project.yml": _dbt_project(mapping),
        "packages.yml": "packages:\n" + _yaml([{"local": str(package)}], 2),
        "profiles.yml": _profiles(mapping.name),
        "selectors.yml": _SELECTORS,
        "macros/generate_schema_name.sql": (
            "{# Schemas are called what dbt_project.yml calls them: marts, not main_marts. #}\n"
            "{% macro generate_schema_name(custom_schema_name, node) -%}\n"
            "    {{ target.schema if custom_schema_name is none else custom_schema_name | trim }}\n"
            "{%- endmacro %}\n"
        ),
        ".gitignore": (
            "target/\nlogs/\ndbt_packages/\npackage-lock.yml\n*.duckdb\n*.duckdb.wal\n"
            "published/\nreport/\n.user.yml\nsuppressed_customers.csv\nsuppression.key\n"
        ),
    }


def package_vars(mapping: Mapping) -> dict[str, Any]:
    """Return the vars that let the project `segmentation` read the models of a mapping."""
    variables: dict[str, Any] = {
        "dataset": "warehouse",
        "lrfm_window_days": mapping.window_days,
        "warehouse_relations": {
            made.name: f"ref('{contract_model_name(mapping, made.name)}')"
            for made in tables_of(mapping)
        },
        "warehouse_row_counts": {
            "rows_read": f"ref('{rows_read_name(mapping)}')",
            "rejected_rows": f"ref('{rejected_rows_name(mapping)}')",
        },
    }
    further = {
        name: bool(reading.decimal)
        for table in mapping.of("customers")
        for name, reading in table.further_columns.items()
    }
    if further:
        numbers = [name for name, is_number in further.items() if is_number]
        categories = [name for name, is_number in further.items() if not is_number]
        variables["profile_options"] = {
            "features": [*PROFILE_NUMBERS, *numbers],
            "categorical_features": [*PROFILE_CATEGORIES, *categories],
        }
    return variables


def mapping_text(mapping: Mapping) -> str:
    """Return a mapping as a file: what has its default is left out."""
    values = mapping.model_dump(mode="json", exclude_defaults=True)
    values = {
        "version": 1,
        **{name: values[name] for name in ("name", "as_of")},
        "window_days": mapping.window_days,
        **values,
    }
    for table in values["tables"]:
        for group in ("columns", "further_columns"):
            for name, reading in table.get(group, {}).items():
                if list(reading) == ["column"]:
                    table[group][name] = reading["column"]
    return (
        "# What each table and column of the source is: `segmentation init --mapping mapping.yml`\n"
        "# writes the models anew. docs/your_data.md of the package explains the fields.\n"
    ) + written_mapping(values)


def written_mapping(values: Any) -> str:
    """Return the values of a mapping as YAML, short lists and readings on one line."""
    return yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


class _Dumper(yaml.SafeDumper):
    """Writes a reading, a condition and a list of texts on one line."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        return super().increase_indent(flow, False)


def _short(dumper: yaml.SafeDumper, values: dict[str, Any]) -> yaml.Node:
    node = dumper.represent_mapping("tag:yaml.org,2002:map", values, flow_style=False)
    if "column" in values:
        node.flow_style = True
    return node


def _short_list(dumper: yaml.SafeDumper, values: list[Any]) -> yaml.Node:
    flow = all(isinstance(value, str | int | float) for value in values)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", values, flow_style=flow)


_Dumper.add_representer(dict, _short)
_Dumper.add_representer(list, _short_list)


def _yaml(value: Any, spaces: int = 0) -> str:
    text = written_mapping(value)
    return "".join(" " * spaces + line for line in text.splitlines(keepends=True))


def _dbt_project(mapping: Mapping) -> str:
    name = mapping.name
    return f"""# Customer segments from the data of {name}; amounts are in {mapping.currency}.
name: {name}
version: 0.1.0
config-version: 2
profile: {name}

model-paths: [models]
macro-paths: [macros]
test-paths: [tests]

vars:
  # The day that everything is dated relative to; the package reads it too.
  as_of: "{mapping.as_of}"
  # Vars of the package: docs/settings.md there says what else can be set.
  segmentation:
{_yaml(package_vars(mapping), 4)}
models:
  {name}:
    +materialized: table
    +persist_docs: {{relation: true, columns: true}}
    staging:
      +schema: staging

flags:
  send_anonymous_usage_stats: false
  # A model of yours that has the name of one of the package's does not take its place.
  require_ref_searches_node_package_before_root: true
"""


def _profiles(name: str) -> str:
    return f"""# docs/settings.md of the package explains the variables of the environment.
{name}:
  target: duckdb
  outputs:
    duckdb:
      type: duckdb
      path: "{{{{ env_var('SEGMENTATION_WAREHOUSE', 'warehouse.duckdb') }}}}"
      schema: main
      threads: "{{{{ env_var('SEGMENTATION_THREADS', '2') | as_number }}}}"
      settings:
        TimeZone: UTC
      config_options:
        threads: "{{{{ env_var('SEGMENTATION_THREADS', '2') | as_number }}}}"
        memory_limit: "{{{{ env_var('SEGMENTATION_MEMORY', '1800MB') }}}}"
      plugins:
        - module: segmentation.dbt_plugins.warehouse_file
        - module: segmentation.dbt_plugins.run_log
        - module: segmentation.dbt_plugins.build_checks
        - module: segmentation.dbt_plugins.warehouse_lock
        - module: segmentation.dbt_plugins.garbage_collection
        - module: segmentation.dbt_plugins.published_file
        # Reads the files and tables that models/staging/{name}/_sources.yml names.
        - module: segmentation.dbt_plugins.own_sources
"""


def _sources(mapping: Mapping, in_place: bool) -> str:
    tables = []
    for table in mapping.tables:
        meta: dict[str, Any] = {
            "address": as_plain_text(table.source),
            "columns": as_plain_text(table.read_columns()),
        }
        for name in ("delimiter", "encoding", "header_line"):
            if getattr(table, name) is not None:
                meta[name] = getattr(table, name)
        where = str(address_of(table.source))
        tables.append(
            {
                "name": table.model,
                "identifier": f"source_{mapping.name}__{table.model}",
                "description": as_plain_text(f"{where}. One row per row of it."),
                "config": {"meta": meta},
            }
        )
    config: dict[str, Any] = {"meta": {"plugin": "own_sources", "materialization": "view"}}
    if in_place:
        config = {"enabled": "{{ var('dataset') == 'warehouse' }}"} | config
    source = {
        "name": mapping.name,
        "description": f"Where the data of {mapping.name} are; amounts are in {mapping.currency}.",
        # It is there: threads that would make a schema at the same time would hinder one another.
        "schema": "{{ target.schema }}",
        "config": config,
        "tables": tables,
    }
    return _yaml({"sources": [source]})


def _model_yml(
    name: str, description: str, columns: dict[str, str], keys: tuple[str, ...] = ()
) -> str:
    described = [
        {"name": column, "description": text}
        | ({"data_tests": ["unique", "not_null"]} if column in keys else {})
        for column, text in columns.items()
    ]
    model = {"name": name, "description": description, "columns": described}
    return _yaml({"models": [as_plain_text(model)]})


def _base_yml(mapping: Mapping, table: TableMapping) -> str:
    columns = {"source_row": "Which row of the source, counted from 1."}
    for name, reading in (table.columns | table.further_columns).items():
        if name == "unit_price":
            continue
        how = f", dates as {', '.join(reading.dates)}" if reading.dates else ""
        columns[name] = f"From the column '{reading.column}'{how}."
    if "unit_price" in table.columns and "revenue" not in columns:
        columns["revenue"] = f"Items times '{table.columns['unit_price'].column}'."
    columns["rejected_because"] = "Why the row cannot be used; null where it can."
    columns["rejected_value"] = "What could not be read, the row that it repeats, or the line."
    return _model_yml(
        base_model_name(mapping, table),
        f"{table.source}, read. One row per row of the source.",
        columns,
        keys=("source_row",),
    )


def _contract_yml(mapping: Mapping, made: str) -> str:
    names = {
        "customers": "Customers. One row per customer.",
        "orders": "Orders, lines summed up. One row per order.",
        "customer_activity": "Totals of a customer's purchases. One row per customer.",
        "campaign_activity": "Campaigns and responses. One row per customer.",
        "product_activity": "Spending by kind of product. One row per customer, kind and day.",
    }
    # The package tests ids and values, and rejects what is wrong by name.
    return _model_yml(
        contract_model_name(mapping, made),
        f"{names[made]} In the shape of the package's data contract.",
        {"customer_id": "Who it is."},
    )
