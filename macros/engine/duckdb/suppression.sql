{% macro duckdb__has_suppression_functions() -%}
    {%- set found = run_query(
        "select count(*) from duckdb_functions()"
        ~ " where function_name = 'segmentation_suppression_problems'"
    ) -%}
    {{- return(found.columns[0].values()[0] > 0) -}}
{%- endmacro %}

{#- A project that installs this one may lack the plugin: then the file shows a list. -#}
{% macro duckdb__suppression_problems() -%}
    {%- if segmentation.duckdb__has_suppression_functions() -%}
        {%- set found = run_query("select segmentation_suppression_problems()") -%}
        {{- return(fromjson(found.columns[0].values()[0])) -}}
    {%- endif -%}
    {%- set warehouse = (target.path or "") | string -%}
    {%- set name = warehouse.split("/")[-1] -%}
    {%- set beside = warehouse[:warehouse | length - name | length] ~ "suppressed_customers.csv" -%}
    {%- set listed = env_var("SEGMENTATION_SUPPRESSED", "") or beside -%}
    {%- set found = run_query("select count(*) from glob(" ~ text_literal(listed) ~ ")") -%}
    {%- if found.columns[0].values()[0] -%}
        {{- return([
            "There is a list of suppressed customers, " ~ listed ~ ", and the profile '"
            ~ target.profile_name ~ "' lacks the plugin segmentation.dbt_plugins.build_checks, which"
            ~ " keeps them out. List it among the plugins."
        ]) -}}
    {%- endif -%}
    {{- return([]) -}}
{%- endmacro %}

{% macro duckdb__suppression_list() -%}
    {%- if not execute or not segmentation.duckdb__has_suppression_functions() -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set found = run_query(
        "select segmentation_suppression_list(" ~ text_literal(dataset()) ~ ")"
    ) -%}
    {%- set listed = found.columns[0].values()[0] -%}
    {%- if not listed -%}
        {{- return(none) -}}
    {%- endif -%}
    {{- return("read_csv(" ~ text_literal(listed) ~ ", header = true, all_varchar = true)") -}}
{%- endmacro %}

{% macro duckdb__suppression_hash(text) -%}
    sha256(
        segmentation_suppression_pad('outer')
        || unhex(sha256(segmentation_suppression_pad('inner') || encode({{ text }})))
    )
{%- endmacro %}
