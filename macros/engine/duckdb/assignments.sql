{% macro duckdb__assignment_files(folder) -%}
    {#- In a pattern, brackets, stars and question marks of the folder's name would mean something else. -#}
    {%- set pattern = modules.re.sub("([\\[*?])", "[\\1]", folder) ~ "/*.parquet" -%}
    {%- set found = run_query("select count(*) from glob(" ~ text_literal(pattern) ~ ")") -%}
    {%- if found.columns[0].values()[0] == 0 -%}
        {{- return(none) -}}
    {%- endif -%}
    {#- A file of a later version may have further columns. -#}
    {{- return("read_parquet(" ~ text_literal(pattern) ~ ", union_by_name = true)") -}}
{%- endmacro %}
