{# Seeds as files: dbt-duckdb reads them too, but not in a folder whose name holds a quote. #}

{% macro seed_file(node) -%}
    '{{ adapter.escape_sql_string(adapter.get_seed_file_path(node)) }}'
{%- endmacro %}

{# What `dbt seed` and `dbt build` fill a seed's table with. #}
{% macro duckdb__load_csv_rows(model, agate_table) -%}
    {#- By name: a table that is there already may have the columns in another order than the file. -#}
    {%- set columns = [] -%}
    {%- for name in agate_table.column_names -%}
        {%- do columns.append(quoted(name)) -%}
    {%- endfor -%}
    {%- set sql -%}
        copy {{ this.render() }} ({{ columns | join(", ") }}) from {{ seed_file(model) }}
        (format csv, header true, delimiter '{{ config.get("delimiter", ",") }}')
    {%- endset -%}
    {%- do adapter.add_query(sql, abridge_sql_log=True) -%}
    {{- return(sql) -}}
{%- endmacro %}
