{% macro duckdb__create_scoring_macros() -%}
    {%- if execute -%}
        {%- for result in results if result.node.unique_id == "model.segmentation.all_scoring_rules"
            and result.status == "success" -%}
            {#- Beside the tables that readers know. -#}
            {%- set mart = graph.nodes["model.segmentation.dim_segments"] -%}
            {%- set schema = adapter.quote(mart.database) ~ "." ~ adapter.quote(mart.schema) -%}
            {%- for segmentation in clusterings() -%}
                {#- Macros of another data set would score with a model that is not current. -#}
                {%- for macro in [segmentation, segmentation ~ "_person"] -%}
                    {%- do run_query("drop macro table if exists " ~ schema ~ ".score_" ~ macro) -%}
                {%- endfor -%}
            {%- endfor -%}
            {%- do run_query("create schema if not exists " ~ schema) -%}
            {%- set rules = run_query(
                "select segmentation, people_macro, person_macro from " ~ result.node.relation_name
            ) -%}
            {%- for rule in rules.rows -%}
                {%- do run_query("create macro " ~ schema ~ ".score_" ~ rule[0] ~ rule[1]) -%}
                {%- do run_query("create macro " ~ schema ~ ".score_" ~ rule[0] ~ "_person" ~ rule[2]) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    select 1
{%- endmacro %}
