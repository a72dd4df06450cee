{# Seeds as files: dbt-duckdb reads them too, but not in a folder whose name holds a quote. #}

{% macro seed_file(node) -%}
    '{{ adapter.escape_sql_string(adapter.get_seed_file_path(node)) }}'
{%- endmacro %}

{#
  The rows of such a file. What can be told of it is said, so that nothing is guessed: a line that
  begins with # would be taken for a comment.
#}
{% macro rows_of_csv(file, column_types) -%}
    {%- set types = [] -%}
    {%- for column, type in column_types.items() -%}
        {%- do types.append("'" ~ column ~ "': '" ~ type ~ "'") -%}
    {%- endfor -%}
    select * from read_csv(
        {{ file }}, header = true, delim = ',', quote = '"', escape = '"', comment = '', skip = 0
        {{- ", types = {" ~ types | join(", ") ~ "}" if types }}
    )
{%- endmacro %}

{# What `dbt seed` and `dbt build` fill a seed's table with. #}
{% macro duckdb__load_csv_rows(model, agate_table) -%}
    {#- By name: a table that is there already may have the columns in another order than the file. -#}
    {%- set sql -%}
        insert into {{ this.render() }} by name
        {{ rows_of_csv(seed_file(model), model.config.column_types) }}
    {%- endset -%}
    {%- do adapter.add_query(sql, abridge_sql_log=True) -%}
    {{- return(sql) -}}
{%- endmacro %}
