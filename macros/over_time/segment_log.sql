{# Columns of segment_log. #}

{# What is kept of the customer on the day of a change, with types. #}
{% macro details_of_change() -%}
    {{- return({
        "segment_id": "integer",
        "segment_name": "varchar",
        "runner_up_slug": "varchar",
        "reason_1": "varchar",
        "reason_2": "varchar",
        "reason_3": "varchar",
        "model_version": "varchar",
        "revenue": "decimal(38, 2)",
        "length_days": "integer",
        "recency_days": "integer",
        "frequency": "bigint",
        "overdue_ratio": "double",
        "purchase_state": "varchar",
    }) -}}
{%- endmacro %}

{#
  The same of a CTE, as columns of a select. With a condition they are null where it is not true; without
  a CTE they are all null. Columns that are named are left out.
#}
{% macro select_details(relation=none, known_if=none, without=[]) -%}
    {%- set columns = [] -%}
    {%- for column, type in details_of_change().items() if column not in without -%}
        {%- if relation is none -%}
            {%- do columns.append("cast(null as " ~ type ~ ") as " ~ column) -%}
        {%- elif known_if -%}
            {%- do columns.append(
                "case when " ~ known_if ~ " then " ~ relation ~ "." ~ column ~ " end as " ~ column
            ) -%}
        {%- else -%}
            {%- do columns.append(relation ~ "." ~ column) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(columns | join(",\n        ")) -}}
{%- endmacro %}

{# All of them, in their order. #}
{% macro segment_log_columns() -%}
    {{- return(dict(
        {
            "dataset": "varchar",
            "variant": "varchar",
            "segmentation": "varchar",
            "as_of": "date",
            "row_kind": "varchar",
            "customers": "bigint",
            "customer_id": "varchar",
            "segment_slug": "varchar",
        },
        **details_of_change()
    )) -}}
{%- endmacro %}

{#
  Makes the table, without rows, before the first node: dbt tests a model that reads its own table only
  where the table is there. One of an earlier version of this project gets the columns that it lacks.
#}
{% macro create_segment_log() -%}
    {%- set selected = [] -%}
    {%- for id in selected_resources or [] if "segment_log" in id.split(".") -%}
        {%- do selected.append(id) -%}
    {%- endfor -%}
    {%- if execute and selected -%}
        {%- set model = graph.nodes["model.segmentation.segment_log"] -%}
        {%- set existing = adapter.get_relation(model.database, model.schema, model.alias) -%}
        {%- if existing is none -%}
            {%- set table = api.Relation.create(
                database=model.database, schema=model.schema, identifier=model.alias, type="table"
            ) -%}
            {%- set columns = [] -%}
            {%- for column, type in segment_log_columns().items() -%}
                {%- do columns.append(column ~ " " ~ type) -%}
            {%- endfor -%}
            {%- do adapter.create_schema(table.without_identifier()) -%}
            {%- do run_query(
                "create table if not exists " ~ table ~ " (" ~ columns | join(", ") ~ ")"
            ) -%}
            {%- do adapter.cache_added(table) -%}
        {%- else -%}
            {#- dbt's own macro for columns would begin a transaction, which nothing commits here. -#}
            {%- set there = run_query("select * from " ~ existing ~ " limit 0").column_names -%}
            {%- for column, type in segment_log_columns().items() if column not in there -%}
                {%- do run_query(
                    "alter table " ~ existing ~ " add column " ~ column ~ " " ~ type
                ) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
    select 1
{%- endmacro %}

{#
  Whether a change is one of the name alone: the customer is in the same cluster of the same model as when
  the period before began, and the cluster is called something else, as its name no longer holds. `before`
  is the suffix of the columns of that period.
#}
{% macro is_renamed(before="_before") -%}
    coalesce(
            segment_slug <> segment_slug{{ before }}
            and segment_id = segment_id{{ before }}
            and model_version = model_version{{ before }},
            false
        )
{%- endmacro %}
