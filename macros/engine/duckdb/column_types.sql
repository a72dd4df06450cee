{% macro duckdb__column_types(query) -%}
    {%- set types = segmentation.default__column_types(query) -%}
    {#- dbt-duckdb lists the fields of a struct, as `column.field`, in place of the column. -#}
    {%- if "." in types | join(" ") -%}
        {%- set types = {} -%}
        {%- for row in run_query("describe (" ~ get_empty_subquery_sql(query) ~ ")").rows -%}
            {%- do types.update({row[0] | lower: row[1]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(types) -}}
{%- endmacro %}
