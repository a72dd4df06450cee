{# Runs with --empty: all marts are emptied before the first model, or none. #}

{# Whether this run builds models from emptied inputs. #}
{% macro is_emptied_run() -%}
    {{- return(
        invocation_args_dict.get("empty")
        and own_models() | select("in", selected_resources) | list | length > 0
    ) -}}
{%- endmacro %}

{# Marts that are tables of this file, with their nodes. #}
{% macro existing_marts() -%}
    {%- set marts = [] -%}
    {%- for node in graph.nodes.values()
        if node.resource_type == "model" and node.package_name == "segmentation"
        and "marts" in node.fqn -%}
        {%- set mart = adapter.get_relation(node.database, node.schema, node.alias) -%}
        {%- if mart is not none and mart.is_table -%}
            {%- do marts.append((node, mart)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(marts) -}}
{%- endmacro %}

{# Names of the marts with rows that this selection leaves alone. #}
{% macro marts_of_an_earlier_run() -%}
    {%- set kept = [] -%}
    {%- for node, mart in existing_marts() if node.unique_id not in selected_resources -%}
        {%- if run_query("select 1 from " ~ mart ~ " limit 1").rows | length > 0 -%}
            {%- do kept.append(node.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(kept) -}}
{%- endmacro %}

{#
  With --empty no mart may be left of another run: those that are there are emptied at once, before
  the first node runs and after the run was listed as begun. Seeds are read whole, as
  `dbt build --empty` reads them, where `dbt run --empty` does not find them.
#}
{% macro start_empty_run() -%}
    {%- if execute and is_emptied_run() -%}
        {%- for node in missing_parents().values() if node.resource_type == "seed" -%}
            {%- do load_seed(node) -%}
        {%- endfor -%}
        {%- set deletions = [] -%}
        {%- for node, mart in existing_marts() -%}
            {%- do deletions.append("delete from " ~ mart) -%}
        {%- endfor -%}
        {%- if deletions -%}
            {#- One transaction: all of them are emptied or none. -#}
            {%- do run_query(deletions | join(";\n")) -%}
        {%- endif -%}
    {%- endif -%}
    select 1
{%- endmacro %}
