{#
  Schemas are called what dbt_project.yml calls them (marts, not main_marts): BI tools name them. In
  the run of a project that installs this one as a package, they are called as that project calls its
  own: by its macro of this name, or by dbt's.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if project_name == "segmentation" -%}
        {{ target.schema if custom_schema_name is none else custom_schema_name | trim }}
    {%- elif "generate_schema_name" in context.get(project_name, {}) -%}
        {{ context[project_name].generate_schema_name(custom_schema_name, node) }}
    {%- else -%}
        {{ dbt.generate_schema_name(custom_schema_name, node) }}
    {%- endif -%}
{%- endmacro %}
