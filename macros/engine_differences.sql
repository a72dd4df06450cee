{# Everything in SQL that is written differently from engine to engine. #}

{# A timestamp that is UTC, as the clock on the wall of a time zone showed it. #}
{% macro local_time(timestamp, time_zone) -%}
    {{- return(adapter.dispatch("local_time", "segmentation")(timestamp, time_zone)) -}}
{%- endmacro %}

{% macro default__local_time(timestamp, time_zone) -%}
    from_utc_timestamp({{ timestamp }}, '{{ time_zone }}')
{%- endmacro %}

{% macro duckdb__local_time(timestamp, time_zone) -%}
    timezone('{{ time_zone }}', timezone('UTC', {{ timestamp }}))
{%- endmacro %}

{# One row per element of a nested column: a from-item to cross join, its row called `as_name`. #}
{% macro unnest_rows(column, as_name) -%}
    {{- return(adapter.dispatch("unnest_rows", "segmentation")(column, as_name)) -}}
{%- endmacro %}

{% macro default__unnest_rows(column, as_name) -%}
    lateral explode({{ column }}) as {{ as_name }}_rows ({{ as_name }})
{%- endmacro %}

{% macro duckdb__unnest_rows(column, as_name) -%}
    unnest({{ column }}) as {{ as_name }}_rows ({{ as_name }})
{%- endmacro %}

{# One element of a list, counted from 1. #}
{% macro list_element(column, position) -%}
    {{- return(adapter.dispatch("list_element", "segmentation")(column, position)) -}}
{%- endmacro %}

{% macro default__list_element(column, position) -%}
    element_at({{ column }}, {{ position }})
{%- endmacro %}

{% macro duckdb__list_element(column, position) -%}
    {{ column }}[{{ position }}]
{%- endmacro %}

{# dbt-duckdb keeps the work table of an incremental Python model under a new name at every build. #}
{% macro drop_leftover_tables() -%}
    {{- return(adapter.dispatch("drop_leftover_tables", "segmentation")()) -}}
{%- endmacro %}

{% macro default__drop_leftover_tables() -%}
    select 1
{%- endmacro %}

{% macro duckdb__drop_leftover_tables() -%}
    {%- if execute -%}
        {#- Only what this project's own models leave: others may keep tables in the same file. -#}
        {%- for node in graph.nodes.values()
            if node.resource_type == "model" and node.config.materialized == "incremental" -%}
            {%- set leftovers = run_query(
                "select table_schema, table_name from information_schema.tables"
                ~ " where table_type = 'BASE TABLE' and table_catalog = '" ~ target.database
                ~ "' and table_schema in ('" ~ target.schema ~ "', '" ~ node.schema
                ~ "') and starts_with(table_name, '" ~ node.name ~ "__dbt_tmp')"
            ) -%}
            {%- for leftover in leftovers.rows -%}
                {%- do run_query("drop table if exists " ~ api.Relation.create(
                    database=target.database, schema=leftover[0], identifier=leftover[1]
                )) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    select 1
{%- endmacro %}

{# The views over files that a plugin reads would be broken for every reader but this run. #}
{% macro drop_source_views() -%}
    {{- return(adapter.dispatch("drop_source_views", "segmentation")()) -}}
{%- endmacro %}

{% macro default__drop_source_views() -%}
    select 1
{%- endmacro %}

{% macro duckdb__drop_source_views() -%}
    {%- if execute -%}
        {%- for source in graph.sources.values() if source.meta.get("plugin") -%}
            {%- do run_query("drop view if exists " ~ api.Relation.create(
                database=target.database, schema=source.schema, identifier=source.identifier
            )) -%}
        {%- endfor -%}
    {%- endif -%}
    select 1
{%- endmacro %}

{# SQL functions that score people who are in no table yet; every_scoring_rule has their bodies. #}
{% macro create_scoring_macros() -%}
    {{- return(adapter.dispatch("create_scoring_macros", "segmentation")()) -}}
{%- endmacro %}

{% macro default__create_scoring_macros() -%}
    select 1
{%- endmacro %}

{% macro duckdb__create_scoring_macros() -%}
    {%- if execute -%}
        {%- for result in results
            if result.node.name == "every_scoring_rule" and result.status == "success" -%}
            {%- for segmentation in clusterings() -%}
                {#- What another data set left behind would score by a model not in force. -#}
                {%- for macro in [segmentation, segmentation ~ "_person"] -%}
                    {%- do run_query("drop macro table if exists marts.score_" ~ macro) -%}
                {%- endfor -%}
            {%- endfor -%}
            {%- do run_query("create schema if not exists marts") -%}
            {%- set rules = run_query(
                "select segmentation, people_macro, person_macro from " ~ result.node.relation_name
            ) -%}
            {%- for rule in rules.rows -%}
                {%- do run_query("create macro marts.score_" ~ rule[0] ~ rule[1]) -%}
                {%- do run_query("create macro marts.score_" ~ rule[0] ~ "_person" ~ rule[2]) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    select 1
{%- endmacro %}
