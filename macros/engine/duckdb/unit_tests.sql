{#
  A unit test in two queries: the types of the model's columns, and its rows beside those that are
  expected. dbt's way creates a temporary table for the types and drops it again. dbt uses it in this
  project's own runs, as it does the materialization in replaced_tables.sql.
#}
{% materialization unit, adapter="duckdb" %}
    {%- set types = column_types(sql) -%}
    {%- set quoted_columns = {} -%}
    {%- for column in types -%}
        {%- do quoted_columns.update({column: adapter.quote(column)}) -%}
    {%- endfor -%}
    {%- set expected_sql = config.get("expected_sql")
        or get_expected_sql(config.get("expected_rows"), types, quoted_columns) -%}
    {%- call statement("main", fetch_result=True) -%}
        {{ get_unit_test_sql(sql, expected_sql, quoted_columns.values() | list) }}
    {%- endcall -%}
    {{ return({"relations": []}) }}
{% endmaterialization %}
