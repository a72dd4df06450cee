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

{# Whether inputs are read without their rows. #}
{% macro is_emptied() -%}
    {{- return(invocation_args_dict.get("empty") or false) -}}
{%- endmacro %}

{# Whether this run builds models from emptied inputs. #}
{% macro is_emptied_run() -%}
    {{- return(
        is_emptied()
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

{# The relation that a node's readers read in this run, with --defer that of the state; or none. #}
{% macro existing_relation(node) -%}
    {%- set own = adapter.get_relation(node.database, node.schema, node.alias) -%}
    {%- set deferred = node.defer_relation if invocation_args_dict.get("defer") -%}
    {%- if deferred and (own is none or invocation_args_dict.get("favor_state")) -%}
        {{- return(adapter.get_relation(deferred.database, deferred.schema, deferred.alias)) -}}
    {%- endif -%}
    {{- return(own) -}}
{%- endmacro %}

{# What the selected nodes, or the tests among them, read that is neither selected nor there. #}
{% macro missing_parents(tests=false) -%}
    {%- set missing = {} -%}
    {#- Of this package: a project that installs it may select as it likes. -#}
    {%- for id in selected_resources
        if id in graph.nodes
        and graph.nodes[id].package_name == "segmentation"
        and id.startswith("test.") == tests -%}
        {%- for parent in graph.nodes[id].depends_on.get("nodes", [])
            if parent in graph.nodes and parent not in selected_resources and parent not in missing -%}
            {%- set node = graph.nodes[parent] -%}
            {%- if node.config.materialized != "ephemeral" and existing_relation(node) is none -%}
                {%- do missing.update({parent: node}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(missing) -}}
{%- endmacro %}

{# Text as one word of a shell. #}
{% macro shell_word(text) -%}
    {%- if modules.re.match("^[A-Za-z0-9_./:+@,-]+$", text) -%}
        {{- return(text) -}}
    {%- endif -%}
    {{- return("'" ~ text | replace("'", "'\\''") ~ "'") -}}
{%- endmacro %}

{# The vars of this run as an option of a command that can be pasted; nothing where it has none. #}
{% macro vars_of_this_run() -%}
    {%- set written = {} -%}
    {%- for name, value in (invocation_args_dict.get("vars") or {}).items() -%}
        {#- JSON has no days, and --vars takes a text for one. -#}
        {%- set is_day = value is not string and value.isoformat is defined -%}
        {%- do written.update({name: value | string if is_day else value}) -%}
    {%- endfor -%}
    {{- return(" --vars " ~ shell_word(tojson(written)) if written else "") -}}
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
            {%- do selected.append(
                shell_word(name if not of_models or name.startswith("+") else "+" ~ name)
            ) -%}
        {%- endfor -%}
        {%- if invocation_args_dict.get("defer") -%}
            {%- set advice = "With --defer they are read where the manifest of --state says that they are:"
                ~ " attach that file (CONTRIBUTING.md, Pull requests) under another name than "
                ~ target.path ~ "." -%}
        {%- elif kinds == ["seed"] -%}
            {%- set advice = "dbt build loads seeds by itself. Load the seeds first: dbt seed"
                ~ vars_of_this_run() -%}
        {%- else -%}
            {%- set advice = "Build everything once: dbt build" ~ vars_of_this_run() -%}
            {%- if selected -%}
                {%- set advice = advice ~ "; or what is selected and all that it needs: dbt build"
                    ~ " --select " ~ selected | join(" ")
                    ~ (" --indirect-selection buildable" if of_tests) ~ vars_of_this_run() -%}
            {%- endif -%}
        {%- endif -%}
        {%- do exceptions.raise_compiler_error(
            "This run reads " ~ names | length ~ " table" ~ ("s" if names | length > 1)
            ~ " neither selected nor in " ~ target.path ~ ": " ~ names[:5] | join(", ")
            ~ (" and " ~ (names | length - 5) ~ " more" if names | length > 5) ~ ". " ~ advice
        ) -%}
    {%- endif -%}
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
