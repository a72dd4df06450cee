{# What a run leaves in the warehouse that is of no use to readers. #}

{# dbt-duckdb keeps the work table of an incremental Python model under a new name at every build. #}
{% macro drop_leftover_tables() -%}
    {{- return(adapter.dispatch("drop_leftover_tables", "segmentation")()) -}}
{%- endmacro %}

{% macro default__drop_leftover_tables() -%}
    select 1
{%- endmacro %}

{# Views over files that a plugin reads work only within this run. #}
{% macro drop_source_views() -%}
    {{- return(adapter.dispatch("drop_source_views", "segmentation")()) -}}
{%- endmacro %}

{% macro default__drop_source_views() -%}
    select 1
{%- endmacro %}
