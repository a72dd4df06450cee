{% macro duckdb__load_seed(node) -%}
    {%- set relation = api.Relation.create(
        database=node.database, schema=node.schema, identifier=node.alias, type="table"
    ) -%}
    {%- do adapter.create_schema(relation) -%}
    {%- do run_query(
        "create table " ~ relation ~ " as " ~ rows_of_csv(seed_file(node), node.config.column_types)
    ) -%}
    {%- do adapter.cache_added(relation) -%}
{%- endmacro %}
