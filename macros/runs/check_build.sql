{# Stops a build that cannot succeed before its first model runs, with everything that is wrong. #}
{% macro check_build() -%}
    {%- if execute -%}
        {%- set problems = variable_problems() + own_table_problems() + library_problems()
            + suppression_problems() + publishing_problems() -%}
        {%- if problems -%}
            {%- do exceptions.raise_compiler_error(
                "Nothing was built, because of " ~ problems | length ~ " mistake"
                ~ ("s" if problems | length > 1) ~ ":\n- " ~ problems | join("\n- ")
            ) -%}
        {%- endif -%}
    {%- endif -%}
    select 1
{%- endmacro %}

{#
  In another project's run, `ref` prefers that project's models: one called dim_customers would take
  the place of ours, unnoticed. Where ours is disabled, that is what the project asks for, and what
  stg_warehouse__ models read is what `warehouse_relations` names.
#}
{% macro check_references() -%}
    {%- if execute and project_name != "segmentation" -%}
        {%- for node in graph.nodes.values() if node.package_name == "segmentation"
            and not node.name.startswith("stg_warehouse__") -%}
            {%- for id in node.depends_on.nodes
                if id in graph.nodes and graph.nodes[id].package_name == project_name -%}
                {%- set name = graph.nodes[id].name -%}
                {%- for kind in ["model", "seed"] if kind ~ ".segmentation." ~ name in graph.nodes -%}
                    {%- do exceptions.raise_compiler_error(
                        "Your project and the package segmentation both have a " ~ kind ~ " " ~ name
                        ~ ", and the package's " ~ node.name ~ " would read yours. Add to the flags of"
                        ~ " your dbt_project.yml: require_ref_searches_node_package_before_root: true"
                    ) -%}
                {%- endfor -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    select 1
{%- endmacro %}
