{% macro duckdb__publishing_problems_of_engine() -%}
    {%- set is_registered = run_query(
        "select count(*) from duckdb_functions() where function_name = 'segmentation_publish'"
    ).columns[0].values()[0] -%}
    {%- if not is_registered -%}
        {{- return([
            "The profile '" ~ target.profile_name ~ "' lacks the plugin "
            ~ "segmentation.dbt_plugins.published_file, which publishes the marts. List it among the "
            ~ "plugins of the target '" ~ target.name ~ "', as the profiles.yml of the package "
            ~ "segmentation does."
        ]) -}}
    {%- endif -%}
    {{- return(answer_of_library("segmentation_publishing_problems", published_place()).problems) -}}
{%- endmacro %}

{% macro duckdb__failing_query(message) -%}
    select error({{ text_literal(message) }})
{%- endmacro %}

{% macro duckdb__publish_by_engine(run_id) -%}
    {%- set model = graph.nodes["model.segmentation.value_model"] -%}
    {%- set request = published_place() -%}
    {%- do request.update({
        "run_id": run_id,
        "build_runs": {
            "database": model.database, "schema": model.schema, "name": "build_runs",
        },
        "current_models": place_of(graph.nodes["model.segmentation.current_models"]),
        "scoring_rules": place_of(graph.nodes["model.segmentation.all_scoring_rules"]),
        "marts": [],
        "scoring": scoring_tables(),
    }) -%}
    {%- for mart in published_marts() -%}
        {%- do request.marts.append(place_of(mart)) -%}
    {%- endfor -%}
    {{- return(answer_of_library("segmentation_publish", request)) -}}
{%- endmacro %}

{#
  What people are scored by without the warehouse: the name in the published file to the table. The
  words may be those of a project that installs this one.
#}
{% macro scoring_tables() -%}
    {%- set words = graph.nodes.values()
        | selectattr("name", "equalto", "feature_words")
        | rejectattr("resource_type", "equalto", "test")
        | list -%}
    {%- set own_words = words | selectattr("package_name", "equalto", project_name) | list -%}
    {%- set tables = {
        "segments": place_of(graph.nodes["model.segmentation.all_segments"]),
        "feature_words": place_of((own_words or words)[0]),
    } -%}
    {%- for segmentation, features in {
        "value": "int_value_features",
        "profile": "int_profile_features",
        "prospects": "int_prospect_features",
    }.items() -%}
        {%- do tables.update({
            segmentation ~ "_model": place_of(
                graph.nodes["model.segmentation." ~ segmentation ~ "_model"]
            ),
            segmentation ~ "_features": place_of(graph.nodes["model.segmentation." ~ features]),
        }) -%}
    {%- endfor -%}
    {{- return(tables) -}}
{%- endmacro %}

{# Where the marts are published to, as far as dbt knows. #}
{% macro published_place() -%}
    {{- return({
        "warehouse": target.path or ":memory:",
        "named": env_var("SEGMENTATION_PUBLISHED", ""),
        "parquet": var("publish_parquet"),
    }) -}}
{%- endmacro %}

{% macro place_of(node) -%}
    {{- return({"database": node.database, "schema": node.schema, "name": node.alias}) -}}
{%- endmacro %}

{# What a function that a plugin registered returns, as it takes and returns JSON. #}
{% macro answer_of_library(function, request) -%}
    {%- set answer = run_query(
        "select " ~ function ~ "(" ~ text_literal(tojson(request)) ~ ")"
    ) -%}
    {{- return(fromjson(answer.columns[0].values()[0])) -}}
{%- endmacro %}
