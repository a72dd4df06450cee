{#
  The data set `warehouse`: your own relations in the shape of the contract, in the schema that the
  var `warehouse_schema` names. Needed are orders or customer_activity; customers, where there is no
  such table, are those who appear in them. A column that the contract does not need may be missing.
#}

{% macro needed_columns(table=none) -%}
    {%- set needed = {
        "customers": ["customer_id"],
        "orders": ["customer_id", "order_id", "ordered_at", "revenue"],
        "customer_activity": ["customer_id", "last_purchase_on", "purchases", "revenue"],
        "campaign_activity": ["customer_id", "responses", "visits"],
        "product_activity": ["customer_id", "product_category", "revenue"],
    } -%}
    {{- return(needed if table is none else needed[table]) -}}
{%- endmacro %}

{# The relation of that name, in whatever case it and its schema are written. #}
{% macro own_relation(table) -%}
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
        nullif({{ without_blanks_around(column.quoted) }}, '')
    {%- else -%}
        {{ column.quoted }}
    {%- endif -%}
{%- endmacro %}

{#
  An id as text: 7, 7.0 and ' 7.00' are one, whatever the type of the column. Not a number is no
  id, nor is what programs write for it into a column of text.
#}
{% macro own_id(column) -%}
    {%- if column.is_float() -%}
        case
            when abs({{ column.quoted }}) < cast('infinity' as double)
                then
                    coalesce(
                        cast(
                            case
                                when {{ column.quoted }} = floor({{ column.quoted }})
                                    then try_cast({{ column.quoted }} as decimal(38, 0))
                            end as varchar
                        ),
                        cast({{ column.quoted }} as varchar)
                    )
        end
    {%- else -%}
        {%- set text = without_blanks_around("cast(" ~ column.quoted ~ " as varchar)") -%}
        nullif(nullif(nullif({{ without_zero_fraction(text) }}, ''), 'nan'), 'NaN')
    {%- endif -%}
{%- endmacro %}

{# What to say where neither of the two needed tables is there; none where one is. #}
{% macro no_own_table() -%}
    {%- if own_relation("orders") is not none or own_relation("customer_activity") is not none -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set found = run_query(
        "select table_name from information_schema.tables where table_schema = "
        ~ text_literal(var("warehouse_schema")) ~ " order by table_name"
    ).columns[0].values() -%}
    {{- return(
        "The data set 'warehouse' is read from the schema '" ~ var("warehouse_schema") ~ "' of "
        ~ target.database ~ ", in which a table orders or customer_activity is needed. It has: "
        ~ (found | join(", ") or "no table, or there is no such schema")
        ~ ". Name another schema with --vars 'warehouse_schema: ...'; docs/data_contract.md says"
        ~ " what the tables hold."
    ) -}}
{%- endmacro %}

{# What to say where a table lacks a column; none where it has all that are needed. #}
{% macro missing_own_columns(relation, table, found) -%}
    {%- set missing = needed_columns(table) | reject("in", found) | list -%}
    {%- if missing -%}
        {{- return(
            relation ~ " lacks " ~ missing | join(", ") ~ ". A table " ~ table ~ " needs the columns "
            ~ needed_columns(table) | join(", ") ~ "; it has " ~ found | join(", ") ~ "."
        ) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}

{# The columns of a relation by their names in lower case. #}
{% macro own_columns(relation) -%}
    {%- set found = {} -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- do found.update({column.name | lower: column}) -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}

{# What to say of each column of true and false where the contract has numbers. #}
{% macro boolean_own_columns(relation, table, found) -%}
    {%- set problems = [] -%}
    {%- for column, type in contract_columns(table).items()
        if column in found
        and found[column].dtype | upper == "BOOLEAN"
        and (type in ["integer", "bigint"] or type.startswith("decimal")) -%}
        {%- do problems.append(
            relation ~ " has true and false in the column " ~ column ~ ", which is to hold numbers."
            ~ " Write them as numbers; where they are meant as 1 and 0, cast(" ~ column
            ~ " as integer) does."
        ) -%}
    {%- endfor -%}
    {{- return(problems) -}}
{%- endmacro %}

{# All that is wrong with the tables that a run reads, for check_build. #}
{% macro own_table_problems() -%}
    {%- set problems = [] -%}
    {%- set tables = [] -%}
    {%- for table in needed_columns() if dataset() == "warehouse"
        and "model.segmentation.stg_warehouse__" ~ table in selected_resources -%}
        {%- do tables.append(table) -%}
    {%- endfor -%}
    {%- if "customers" in tables and no_own_table() -%}
        {%- do problems.append(no_own_table()) -%}
    {%- endif -%}
    {%- for table in tables if own_relation(table) is not none -%}
        {%- set found = own_columns(own_relation(table)) -%}
        {%- if missing_own_columns(own_relation(table), table, found) -%}
            {%- do problems.append(missing_own_columns(own_relation(table), table, found)) -%}
        {%- endif -%}
        {%- do problems.extend(boolean_own_columns(own_relation(table), table, found)) -%}
    {%- endfor -%}
    {{- return(problems) -}}
{%- endmacro %}

{% macro read_own_table(table) -%}
    {%- if not execute -%}
        {{- return(empty_contract_table(table)) -}}
    {%- endif -%}
    {#- Said once, by the model that comes first. -#}
    {%- if table == "customers" and no_own_table() -%}
        {%- do exceptions.raise_compiler_error(no_own_table()) -%}
    {%- endif -%}
    {%- set relation = own_relation(table) -%}
    {%- if relation is not none -%}
        {{- return(read_own_relation(relation, table)) -}}
    {%- elif table == "customers" -%}
        {{- return(customers_of_own_tables()) -}}
    {%- endif -%}
    {{- return(empty_contract_table(table)) -}}
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
        if column in found and column not in ["source_row", "unreadable"] -%}
        {%- if column in ["customer_id", "identity_id", "order_id"] -%}
            {%- do raw.update({column: own_id(found[column])}) -%}
        {%- else -%}
            {%- do raw.update({column: own_value(found[column])}) -%}
        {%- endif -%}
        {%- if type in ["integer", "bigint"] -%}
            {%- do readings.update({column: read_whole_number(column, type)}) -%}
        {%- elif type.startswith("decimal") -%}
            {%- do readings.update({column: read_amount(column)}) -%}
        {%- else -%}
            {%- do readings.update({column: "try_cast(" ~ column ~ " as " ~ type ~ ")"}) -%}
        {%- endif -%}
    {%- endfor -%}
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
    {%- else %}
    cast(null as {{ type }}) as {{ column }}
    {%- endif %}{{ "," if not loop.last }}
    {%- endfor %}
from own_table
{%- endmacro %}

{% macro customers_of_own_tables() -%}
with

appearing_customers as (

    {%- set ids = [] -%}
    {%- for table in ["orders", "customer_activity"] if own_relation(table) is not none -%}
        {%- for column in adapter.get_columns_in_relation(own_relation(table))
            if column.name | lower == "customer_id" -%}
            {%- do ids.append((own_relation(table), own_id(column))) -%}
        {%- endfor -%}
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
