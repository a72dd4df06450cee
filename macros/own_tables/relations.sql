{#
  The data set `warehouse`: your own relations in the shape of the contract. The var
  `warehouse_relations` names them as refs and sources, so that dbt builds them first; without it they
  are looked up in the schema that the var `warehouse_schema` names. One of orders, customer_activity
  and customers is needed; customers, where there is no such table, are those who appear in the other
  two. A column that the contract does not need may be missing.
#}

{# What is read as a table of the contract; none where there is no such table. #}
{% macro own_relation(table) -%}
    {%- if var("warehouse_relations") -%}
        {{- return(named_relation(table)) -}}
    {%- elif execute -%}
        {{- return(relation_in_schema(table)) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}

{# How `warehouse_relations` writes a table: its function, ref or source, and their names. #}
{% macro written_relation(table) -%}
    {{- return(relation_in_var(
        "warehouse_relations", table, contract_tables(), "The tables of the contract are"
    )) -}}
{%- endmacro %}

{#
  How a var that says which relation is what writes one of them: its function, ref or source, and
  their names; none where it does not. The var may name what is in `known`, which `are` introduces.
#}
{% macro relation_in_var(variable, name, known, are) -%}
    {%- set named = var(variable) or {} -%}
    {%- if named is not mapping -%}
        {%- do exceptions.raise_compiler_error(
            variable ~ " is '" ~ named ~ "'. It must say which relation each table is, e.g. {"
            ~ known[0] ~ ": ref('my_" ~ known[0] ~ "')}."
        ) -%}
    {%- endif -%}
    {%- for other in named if other not in known -%}
        {%- do exceptions.raise_compiler_error(
            variable ~ " names '" ~ other ~ "'. " ~ are ~ ": " ~ known | join(", ") ~ "."
        ) -%}
    {%- endfor -%}
    {%- if name not in named -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set written = modules.re.match(
        "^(ref|source)\\( *(?:'([^'\"]+)'|\"([^'\"]+)\") *(?:, *(?:'([^'\"]+)'|\"([^'\"]+)\") *)?\\)$",
        named[name] | trim
    ) -%}
    {%- set names = written.groups()[1:] | select | list if written else [] -%}
    {%- if not names or (written.group(1) == "source" and names | length == 1) -%}
        {%- do exceptions.raise_compiler_error(
            variable ~ " says that " ~ name ~ " is " ~ named[name] ~ ". Write it as in a model: ref('my_"
            ~ name ~ "'), ref('my_package', 'my_" ~ name ~ "') or source('my_source', 'my_" ~ name
            ~ "')."
        ) -%}
    {%- endif -%}
    {{- return({"function": written.group(1), "names": names}) -}}
{%- endmacro %}

{# The relation that `warehouse_relations` names: an edge of the graph, as dbt sees ref and source. #}
{% macro named_relation(table) -%}
    {%- set written = written_relation(table) -%}
    {{- return(none if written is none else relation_as_written(written)) -}}
{%- endmacro %}

{# The relation that a var writes; columns are read from it, which an ephemeral model has not. #}
{% macro relation_as_written(written) -%}
    {%- if written.function == "ref" -%}
        {%- set relation = ref(*written.names) -%}
    {%- else -%}
        {%- set relation = source(*written.names) -%}
    {%- endif -%}
    {%- if execute and relation.is_cte -%}
        {%- do exceptions.raise_compiler_error(
            written.names | join(".") ~ " is ephemeral, and columns can only be read from a view or a"
            ~ " table: materialize it as one."
        ) -%}
    {%- endif -%}
    {{- return(relation) -}}
{%- endmacro %}

{# The relation of that name, in whatever case it and its schema are written. #}
{% macro relation_in_schema(table) -%}
    {%- set found = run_query(
        "select table_schema, table_name from information_schema.tables where table_catalog = "
        ~ text_literal(target.database) ~ " and lower(table_schema) = lower("
        ~ text_literal(var("warehouse_schema")) ~ ") and lower(table_name) = "
        ~ text_literal(table) ~ " order by table_schema, table_name"
    ) -%}
    {%- if found.rows | length > 0 -%}
        {#- A relation quotes its names, and leaves quotes within them as they are. -#}
        {{- return(api.Relation.create(
            database=target.database,
            schema=found.rows[0][0] | replace('"', '""'),
            identifier=found.rows[0][1] | replace('"', '""')
        )) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}

{# Its columns by their names in lower case; of the relation itself, whatever `--empty` makes of it. #}
{% macro own_columns(relation) -%}
    {%- set whole = api.Relation.create(
        database=relation.database, schema=relation.schema, identifier=relation.identifier
    ) -%}
    {%- set found = {} -%}
    {%- for column in adapter.get_columns_in_relation(whole) -%}
        {%- do found.update({column.name | lower: column}) -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}
