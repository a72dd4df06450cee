{#
  What a row of a unit test's `expect` leaves out is null, as it is in `given`. dbt would compare the
  columns of one row alone, and unite the rows by position: each would have to repeat all of them.
#}

{#
  Takes the place of dbt's macro of this name, which reads the columns of an input in a slower way.
  dbt's own says what is wrong where an input is not there, and finds those of another file.
#}
{% macro get_fixture_sql(rows, column_name_to_data_types) -%}
    {%- if column_name_to_data_types or not load_relation(this) -%}
        {{- dbt.get_fixture_sql(rows, column_name_to_data_types) -}}
    {%- else -%}
        {%- set types = column_types("select * from " ~ this) -%}
        {%- set nulls = {} -%}
        {%- for column, type in types.items() -%}
            {%- do nulls.update({column: "cast(null as " ~ type ~ ")"}) -%}
        {%- endfor -%}
        {%- for row in rows or [{}] %}
        select
        {%- for column, value in dict(nulls, **format_row(row, types)).items() %}
            {{ value }} as {{ adapter.quote(column) }}{{ "," if not loop.last }}
        {%- endfor %}
        {{ "union all" if not loop.last }}
        {%- endfor %}
        {{ "limit 0" if not rows }}
    {%- endif -%}
{%- endmacro %}

{# The columns that any of the rows has. #}
{% macro expected_columns(rows) -%}
    {%- set columns = [] -%}
    {%- for row in rows -%}
        {%- for column in row if column not in columns -%}
            {%- do columns.append(column) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(columns) -}}
{%- endmacro %}

{# Takes the place of dbt's macro of this name. #}
{% macro get_expected_sql(rows, column_name_to_data_types, column_name_to_quoted) -%}
    {%- if not rows -%}
        select * from dbt_internal_unit_test_actual limit 0
    {%- endif -%}
    {%- for row in rows -%}
        {%- set whole_row = {} -%}
        {%- for column in expected_columns(rows) -%}
            {%- do whole_row.update({column: row.get(column)}) -%}
        {%- endfor %}
        select
        {%- for column, value in format_row(whole_row, column_name_to_data_types).items() %}
            {{ value }} as {{ column_name_to_quoted[column] }}{{ "," if not loop.last }}
        {%- endfor %}
        {{ "union all" if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# Takes the place of dbt's, which is asked for the columns of one row. #}
{% macro get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) -%}
    {%- set rows = config.get("expected_rows") -%}
    {%- set columns = [] -%}
    {%- for column in expected_columns(rows) -%}
        {%- do columns.append(adapter.quote(column | lower)) -%}
    {%- endfor -%}
    {{ adapter.dispatch("get_unit_test_sql", "dbt")(
        main_sql, expected_fixture_sql, columns or expected_column_names
    ) }}
{%- endmacro %}
