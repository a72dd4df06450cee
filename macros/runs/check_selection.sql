{# What a run was told to build, checked before it begins: nothing is changed by a run that is refused. #}
{% macro check_selection() -%}
    {%- if execute -%}
        {%- do check_parents_are_there() -%}
        {%- if is_emptied_run() and marts_of_an_earlier_run() -%}
            {%- set kept = marts_of_an_earlier_run() -%}
            {%- do exceptions.raise_compiler_error(
                "With --empty and this selection, " ~ kept | length ~ " marts of an earlier run ("
                ~ kept | sort | first ~ ", ...) would stand beside empty tables. Leave the selection"
                ~ " out, or name an empty file: SEGMENTATION_WAREHOUSE=empty.duckdb."
            ) -%}
        {%- endif -%}
    {%- endif -%}
    select 1
{%- endmacro %}

{% macro check_parents_are_there() -%}
    {%- set of_models = missing_parents() -%}
    {%- set of_tests = missing_parents(tests=true) -%}
    {%- set missing = dict(of_tests, **of_models) -%}
    {%- if invocation_args_dict.get("empty") -%}
        {#- start_empty_run loads the seeds that are missing. -#}
        {%- for id in missing | list if missing[id].resource_type == "seed" -%}
            {%- do missing.pop(id) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if missing -%}
        {%- set names = missing.values() | map(attribute="name") | sort -%}
        {%- set kinds = missing.values() | map(attribute="resource_type") | unique | list -%}
        {%- set selected = [] -%}
        {%- for name in invocation_args_dict.get("select") or [] -%}
            {%- do selected.append(name if not of_models or name.startswith("+") else "+" ~ name) -%}
        {%- endfor -%}
        {%- if invocation_args_dict.get("defer") -%}
            {%- set advice = "With --defer they are read where the manifest of --state says that they are:"
                ~ " attach that file (CONTRIBUTING.md, Pull requests) under another name than "
                ~ target.path ~ "." -%}
        {%- elif kinds == ["seed"] -%}
            {%- set advice = "Load the seeds first: dbt seed; dbt build does so by itself." -%}
        {%- else -%}
            {%- set advice = "Build everything once: dbt build; or what is selected and all that it needs:"
                ~ " dbt build --select " ~ (selected | join(" ") or "+...")
                ~ (" --indirect-selection buildable" if of_tests) ~ "." -%}
        {%- endif -%}
        {%- do exceptions.raise_compiler_error(
            "This run reads " ~ names | length ~ " table" ~ ("s" if names | length > 1)
            ~ " neither selected nor in " ~ target.path ~ ": " ~ names[:5] | join(", ")
            ~ (" and " ~ (names | length - 5) ~ " more" if names | length > 5) ~ ". " ~ advice
        ) -%}
    {%- endif -%}
{%- endmacro %}

{# What the selected nodes, or the tests among them, read that is neither selected nor there. #}
{% macro missing_parents(tests=false) -%}
    {%- set missing = {} -%}
    {#- Of this package: a project that installs it may select as it likes. -#}
    {%- for id in selected_resources
        if id in graph.nodes
        and graph.nodes[id].package_name == "segmentation"
        and id.startswith("test.") == tests -%}
        {%- for parent in nodes_read(id)
            if parent not in selected_resources and parent not in missing -%}
            {%- if existing_relation(graph.nodes[parent]) is none -%}
                {%- do missing.update({parent: graph.nodes[parent]}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(missing) -}}
{%- endmacro %}

{# Ids of the nodes that a node reads, itself or through models that have no table. #}
{% macro nodes_read(id) -%}
    {%- set read = [] -%}
    {%- for parent in graph.nodes[id].depends_on.get("nodes", []) if parent in graph.nodes -%}
        {%- if graph.nodes[parent].config.materialized == "ephemeral" -%}
            {%- do read.extend(nodes_read(parent)) -%}
        {%- else -%}
            {%- do read.append(parent) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(read) -}}
{%- endmacro %}

{# The relation that a node's readers read in this run, with --defer that of the state; or none. #}
{% macro existing_relation(node) -%}
    {%- set own = adapter.get_relation(node.database, node.schema, node.alias) -%}
    {%- set deferred = node.defer_relation if invocation_args_dict.get("defer") -%}
    {%- if deferred and (own is none or invocation_args_dict.get("favor_state")) -%}
        {{- return(adapter.get_relation(deferred.database, deferred.schema, deferred.alias)) -}}
    {%- endif -%}
    {{- return(own) -}}
{%- endmacro %}
