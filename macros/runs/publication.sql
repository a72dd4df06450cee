{#
  Publishes the marts to a file that readers open, where a whole `dbt build` ended without an error:
  every model, seed and data test of this project was selected, and all of them succeeded. `dbt run`
  tests nothing, a selection leaves marts of another run, and --empty builds marts without rows: they
  publish nothing. In a project that installs this one as a package, SEGMENTATION_PUBLISHED must name
  the file.
#}

{# Ids of what must have been built and tested. #}
{% macro nodes_to_publish() -%}
    {%- set ids = own_models() -%}
    {%- for node in graph.nodes.values()
        if node.resource_type in ["seed", "test"] and node.package_name == "segmentation" -%}
        {%- do ids.append(node.unique_id) -%}
    {%- endfor -%}
    {{- return(ids) -}}
{%- endmacro %}

{# Whether this run publishes if nothing fails. #}
{% macro is_publishing_run() -%}
    {{- return(
        invocation_args_dict.which == "build"
        and not is_emptied()
        and (project_name == "segmentation" or env_var("SEGMENTATION_PUBLISHED", "") != "")
        and nodes_to_publish() | reject("in", selected_resources) | list | length == 0
    ) -}}
{%- endmacro %}

{# Whether everything succeeded, in the parent's project too. #}
{% macro everything_succeeded() -%}
    {%- set succeeded = [] -%}
    {%- set others = [] -%}
    {%- for result in results -%}
        {%- if result.status in ["success", "pass", "warn"] -%}
            {%- do succeeded.append(result.node.unique_id) -%}
        {%- elif result.status != "no-op" -%}
            {%- do others.append(result.node.unique_id) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(
        others | length == 0
        and nodes_to_publish() | reject("in", succeeded) | list | length == 0
    ) -}}
{%- endmacro %}

{# The models whose tables readers open. #}
{% macro published_marts() -%}
    {%- set marts = [] -%}
    {%- for id in own_models() if "marts" in graph.nodes[id].fqn -%}
        {%- do marts.append(graph.nodes[id]) -%}
    {%- endfor -%}
    {{- return(marts) -}}
{%- endmacro %}

{# What is known to prevent publishing, for check_build. #}
{% macro publishing_problems() -%}
    {{- return(publishing_problems_of_engine() if is_publishing_run() else []) -}}
{%- endmacro %}

{% macro publish_marts() -%}
    {%- if execute and is_publishing_run() and everything_succeeded() -%}
        {%- set published = publish_by_engine(invocation_id) -%}
        {%- if published.problems -%}
            {#- An error of the macro itself makes dbt say "keyboard interrupt". -#}
            {{- failing_query(published.problems | join(" ")) -}}
        {%- elif published.file -%}
            {%- do log(
                "Published " ~ published_marts() | length ~ " marts to " ~ published.file, info=true
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# Whether each mart is written as a Parquet file too. #}
{% macro publish_parquet_problem() -%}
    {%- if var("publish_parquet") is not boolean -%}
        {{- return(
            "publish_parquet is '" ~ var("publish_parquet") ~ "'. It must be true or false."
        ) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}
