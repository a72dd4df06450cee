{% macro duckdb__load_seed(node) -%}
    {%- set relation = api.Relation.create(
        database=node.database, schema=node.schema, identifier=node.alias, type="table"
    ) -%}
    {%- set types = [] -%}
    {%- for column, type in node.config.column_types.items() -%}
        {%- do types.append("'" ~ column ~ "': '" ~ type ~ "'") -%}
    {%- endfor -%}
    {%- do adapter.create_schema(relation) -%}
    {%- do run_query(
        "create table " ~ relation ~ " as select * from read_csv(" ~ seed_file(node)
        ~ ", header = true, delim = ',', types = {" ~ types | join(", ") ~ "})"
    ) -%}
    {%- do adapter.cache_added(relation) -%}
{%- endmacro %}
