{# SQL functions beside the marts. #}

{# SQL functions that score people who are in no table yet; all_scoring_rules has their bodies. #}
{% macro create_scoring_macros() -%}
    {{- return(adapter.dispatch("create_scoring_macros", "segmentation")()) -}}
{%- endmacro %}

{% macro default__create_scoring_macros() -%}
    select 1
{%- endmacro %}
