{#
  Takes the place of dbt's macro: whether a model has the columns that its contract names, in one query
  in place of two and a comparison of each column with each in Jinja. Where they differ, dbt's own looks
  again and says how.
#}
{% macro duckdb__get_assert_columns_equivalent(sql) -%}
    {%- if not model.columns or columns_that_differ(sql, get_empty_schema_sql(model.columns)) -%}
        {{- return(assert_columns_equivalent(sql)) -}}
    {%- endif -%}
{%- endmacro %}

{# How many columns one of two queries has by name and type, and the other has not. #}
{% macro columns_that_differ(query, other) -%}
    {%- set found = run_query(
        "with columns_of_query as (\n"
        ~ "    select lower(column_name) as column_name, column_type from (describe (\n" ~ query ~ "\n    ))\n"
        ~ "),\n\ncolumns_of_other as (\n"
        ~ "    select lower(column_name) as column_name, column_type from (describe (\n" ~ other ~ "\n    ))\n"
        ~ ")\n\nselect count(*)\nfrom (\n"
        ~ "    (from columns_of_query except all from columns_of_other)\n    union all\n"
        ~ "    (from columns_of_other except all from columns_of_query)\n)"
    ) -%}
    {{- return(found.columns[0].values()[0]) -}}
{%- endmacro %}
