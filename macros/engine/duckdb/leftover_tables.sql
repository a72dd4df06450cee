{% macro duckdb__drop_leftover_tables() -%}
    {%- if execute -%}
        {#- Only what this project's own models leave: others may keep tables in the same file. -#}
        {%- for node in graph.nodes.values()
            if node.resource_type == "model" and node.package_name == "segmentation"
            and node.config.materialized == "incremental" -%}
            {%- set leftovers = run_query(
                "select table_schema, table_name from information_schema.tables"
                ~ " where table_type = 'BASE TABLE' and table_catalog = " ~ text_literal(target.database)
                ~ " and table_schema in (" ~ text_literal(target.schema) ~ ", "
                ~ text_literal(node.schema) ~ ") and starts_with(table_name, "
                ~ text_literal(node.alias ~ "__dbt_tmp") ~ ")"
            ) -%}
            {%- for leftover in leftovers.rows -%}
                {%- do run_query(
                    "drop table if exists " ~ quoted(leftover[0]) ~ "." ~ quoted(leftover[1])
                ) -%}
            {%- endfor -%}
        {%- endfor -%}
        {#- What earlier versions called tables that have other names now: nothing updates them. -#}
        {%- set schema = graph.nodes["model.segmentation.all_models"].schema -%}
        {%- for former_name in ["every_model", "every_segment", "every_scoring_rule"] -%}
            {%- do run_query(
                "drop table if exists " ~ quoted(schema) ~ "." ~ quoted(former_name)
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    select 1
{%- endmacro %}

{% macro duckdb__drop_source_views() -%}
    {%- if execute -%}
        {%- for source in graph.sources.values()
            if (source.package_name == "segmentation" and source.meta.get("plugin"))
                or source.meta.get("plugin") == "own_sources" -%}
            {%- do run_query(
                "drop view if exists " ~ quoted(source.schema) ~ "." ~ quoted(source.identifier)
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    select 1
{%- endmacro %}
