{# Schemas are called what dbt_project.yml calls them (marts, not main_marts): BI tools name them. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema if custom_schema_name is none else custom_schema_name | trim }}
{%- endmacro %}
