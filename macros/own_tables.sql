{#
  The data set `warehouse`: your own relations in the shape of the contract. The var
  `warehouse_relations` names them as refs and sources, so that dbt builds them first; without it they
  are looked up in the schema that the var `warehouse_schema` names. One of orders, customer_activity
  and customers is needed; customers, where there is no such table, are those who appear in the other
  two. A column that the contract does not need may be missing.
#}

{% macro needed_columns(table) -%}
    {{- return({
        "customers": ["customer_id"],
        "orders": ["customer_id", "order_id", "ordered_at", "revenue"],
        "customer_activity": ["customer_id", "last_purchase_on", "purchases", "revenue"],
        "campaign_activity": ["customer_id", "responses", "visits"],
        "product_activity": ["customer_id", "product_category", "revenue"],
    }[table]) -}}
{%- endmacro %}

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
    {%- set named = var("warehouse_relations") or {} -%}
    {%- if named is not mapping -%}
        {%- do exceptions.raise_compiler_error(
            "warehouse_relations is '" ~ named ~ "'. It must say which relation each table is, e.g."
            ~ " {orders: ref('my_orders')}."
        ) -%}
    {%- endif -%}
    {%- for name in named if name not in contract_tables() -%}
        {%- do exceptions.raise_compiler_error(
            "warehouse_relations names '" ~ name ~ "'. The tables of the contract are: "
            ~ contract_tables() | join(", ") ~ "."
        ) -%}
    {%- endfor -%}
    {%- if table not in named -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set written = modules.re.match(
        "^(ref|source)\\( *(?:'([^'\"]+)'|\"([^'\"]+)\") *(?:, *(?:'([^'\"]+)'|\"([^'\"]+)\") *)?\\)$",
        named[table] | trim
    ) -%}
    {%- set names = written.groups()[1:] | select | list if written else [] -%}
    {%- if not names or (written.group(1) == "source" and names | length == 1) -%}
        {%- do exceptions.raise_compiler_error(
            "warehouse_relations says that " ~ table ~ " is " ~ named[table] ~ ". Write it as in a"
            ~ " model: ref('my_" ~ table ~ "'), ref('my_package', 'my_" ~ table ~ "') or"
            ~ " source('my_source', 'my_" ~ table ~ "')."
        ) -%}
    {%- endif -%}
    {{- return({"function": written.group(1), "names": names}) -}}
{%- endmacro %}

{# The relation that `warehouse_relations` names: an edge of the graph, as dbt sees ref and source. #}
{% macro named_relation(table) -%}
    {%- set written = written_relation(table) -%}
    {%- if written is none -%}
        {{- return(none) -}}
    {%- elif written.function == "ref" -%}
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

{# Text without blanks around it, and nothing where nothing is left; other types as they are. #}
{% macro own_value(column) -%}
    {%- if column.is_string() -%}
        nullif({{ without_blanks_around(quoted(column.name)) }}, '')
    {%- else -%}
        {{ quoted(column.name) }}
    {%- endif -%}
{%- endmacro %}

{#
  An id as text: 7, 7.0 and ' 7.00' are one, whatever the type of the column. Not a number is no
  id and neither is infinity, nor is what programs write for them into a column of text.
#}
{% macro own_id(column) -%}
    {%- if column.is_float() -%}
        case
            when abs({{ quoted(column.name) }}) < cast('infinity' as double)
                then
                    coalesce(
                        cast(
                            case
                                when {{ quoted(column.name) }} = floor({{ quoted(column.name) }})
                                    then try_cast({{ quoted(column.name) }} as decimal(38, 0))
                            end as varchar
                        ),
                        cast({{ quoted(column.name) }} as varchar)
                    )
        end
    {%- else -%}
        {%- set text = without_blanks_around("cast(" ~ quoted(column.name) ~ " as varchar)") -%}
        case
            when not {{ matches("lower(" ~ text ~ ")", "^([-+]?(nan|inf|infinity))?$") }}
                then {{ without_zero_fraction(text) }}
        end
    {%- endif -%}
{%- endmacro %}

{% macro read_own_table(table) -%}
    {%- set relation = own_relation(table) -%}
    {%- if relation is none and table == "customers" -%}
        {#- What has customers in it: asked for while the project is parsed too, for the edges. -#}
        {%- set appearing_in = [] -%}
        {%- for other in ["orders", "customer_activity"] if own_relation(other) is not none -%}
            {%- do appearing_in.append(own_relation(other)) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if not execute -%}
        {{- return(empty_contract_table(table)) -}}
    {%- endif -%}
    {%- if relation is not none -%}
        {{- return(read_own_relation(relation, table)) -}}
    {%- elif table != "customers" -%}
        {{- return(empty_contract_table(table)) -}}
    {%- elif not appearing_in -%}
        {%- do exceptions.raise_compiler_error(nothing_to_read()) -%}
    {%- endif -%}
    {%- do check_further_columns([], "no table customers") -%}
    {{- return(customers_of_own_tables(appearing_in)) -}}
{%- endmacro %}

{% macro read_own_relation(relation, table) -%}
    {%- set found = own_columns(relation) -%}
    {%- if missing_own_columns(relation, table, found) -%}
        {%- do exceptions.raise_compiler_error(missing_own_columns(relation, table, found)) -%}
    {%- endif -%}
    {%- for problem in boolean_own_columns(relation, table, found) -%}
        {%- do exceptions.raise_compiler_error(problem) -%}
    {%- endfor -%}
    {%- set readings = {} -%}
    {%- set raw = {} -%}
    {%- for column, type in contract_columns(table).items()
        if column in found and column not in ["source_row", "unreadable", "further_columns"] -%}
        {%- if column in ["customer_id", "identity_id", "order_id"] -%}
            {%- do raw.update({column: own_id(found[column])}) -%}
        {%- else -%}
            {%- do raw.update({column: own_value(found[column])}) -%}
        {%- endif -%}
        {%- if type in ["integer", "bigint"] -%}
            {%- do readings.update({column: read_whole_number(column, type)}) -%}
        {%- elif type.startswith("decimal") -%}
            {%- do readings.update({column: read_amount(column)}) -%}
        {%- elif type == "timestamp" and found[column].is_string() -%}
            {%- do readings.update({column: read_timestamp(column)}) -%}
        {%- elif type == "date" and found[column].is_string() -%}
            {%- do readings.update({column: read_date(column, pattern=none)}) -%}
        {%- else -%}
            {%- do readings.update({column: "try_cast(" ~ column ~ " as " ~ type ~ ")"}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if table == "customers" -%}
        {%- do check_further_columns(found, relation) -%}
        {%- set further = {} -%}
        {%- for name in further_columns_named() if name | lower in found -%}
            {%- set value = own_value(found[name | lower]) -%}
            {%- do further.update({name: "cast(" ~ value ~ " as varchar)"}) -%}
        {%- endfor -%}
        {%- if further -%}
            {%- do raw.update({"further_columns": json_of_texts(further)}) -%}
        {%- endif -%}
    {%- endif -%}
with

own_table as (

    select
        {%- for column, value in raw.items() %}
        {{ value }} as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ relation }}

)

select
    {%- for column, type in contract_columns(table).items() %}
    {%- if column in readings %}
    {{ readings[column] }} as {{ column }}
    {%- elif column == "identity_id" %}
    cast(customer_id as varchar) as identity_id
    {%- elif column == "unreadable" %}
    {{ unreadable(readings) }} as unreadable
    {%- elif column in raw %}
    {{ column }}
    {%- else %}
    cast(null as {{ type }}) as {{ column }}
    {%- endif %}{{ "," if not loop.last }}
    {%- endfor %}
from own_table
{%- endmacro %}

{% macro customers_of_own_tables(relations) -%}
with

appearing_customers as (

    {%- set ids = [] -%}
    {%- for relation in relations if "customer_id" in own_columns(relation) -%}
        {%- do ids.append((relation, own_id(own_columns(relation)["customer_id"]))) -%}
    {%- endfor -%}
    {%- if not ids -%}
        {#- The model that reads such a table says that it lacks the column. -#}
        {{- return(empty_contract_table("customers")) -}}
    {%- endif -%}
    {% for relation, id in ids %}
    select distinct {{ id }} as customer_id
    from {{ relation }}
    where {{ id }} is not null
    {{ "union distinct" if not loop.last }}
    {%- endfor %}

)

select
    {%- for column, type in contract_columns("customers").items() %}
    cast({{ "customer_id" if column in ["customer_id", "identity_id"] else "null" }} as {{ type }})
        as {{ column }}{{ "," if not loop.last }}
    {%- endfor %}
from appearing_customers
{%- endmacro %}
