{#
  The data set `warehouse`: your own relations in the shape of the contract, in the schema that the
  var `warehouse_schema` names. Needed are orders or customer_activity; customers, where there is no
  such table, are those who appear in them. A column that the contract does not need may be missing.
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

{% macro own_relation(table) -%}
    {{- return(adapter.get_relation(target.database, var("warehouse_schema"), table)) -}}
{%- endmacro %}

{% macro read_own_table(table) -%}
    {%- if not execute -%}
        {{- return(empty_contract_table(table)) -}}
    {%- endif -%}
    {#- Said once, by the model that comes first. -#}
    {%- if
        table == "customers"
        and own_relation("orders") is none
        and own_relation("customer_activity") is none
    -%}
        {%- set found = run_query(
            "select table_name from information_schema.tables where table_schema = '"
            ~ var("warehouse_schema") ~ "' order by table_name"
        ).columns[0].values() -%}
        {%- do exceptions.raise_compiler_error(
            "The data set 'warehouse' is read from the schema '" ~ var("warehouse_schema") ~ "' of "
            ~ target.database ~ ", in which a table orders or customer_activity is needed. It has: "
            ~ (found | join(", ") or "no table, or there is no such schema")
            ~ ". Name another schema with --vars 'warehouse_schema: ...'; docs/data_contract.md says"
            ~ " what the tables hold."
        ) -%}
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
    {%- set names = {} -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- do names.update({column.name | lower: column.quoted}) -%}
    {%- endfor -%}
    {%- set missing = [] -%}
    {%- for column in needed_columns(table) if column not in names -%}
        {%- do missing.append(column) -%}
    {%- endfor -%}
    {%- if missing -%}
        {%- do exceptions.raise_compiler_error(
            relation ~ " lacks " ~ missing | join(", ") ~ ". A table " ~ table ~ " needs the columns "
            ~ needed_columns(table) | join(", ") ~ "; it has " ~ names | join(", ") ~ "."
        ) -%}
    {%- endif -%}
    {%- set readings = {} -%}
    {%- set raw = {} -%}
    {%- for column, type in contract_columns(table).items() if column in names -%}
        {%- do raw.update({column: names[column]}) -%}
        {%- if type in ["integer", "bigint"] -%}
            {%- do readings.update({column: read_whole_number(column, type)}) -%}
        {%- else -%}
            {%- do readings.update({column: "try_cast(" ~ column ~ " as " ~ type ~ ")"}) -%}
        {%- endif -%}
    {%- endfor -%}
with

own_table as (

    select
        {%- for column, quoted in raw.items() %}
        {{ quoted }} as {{ column }}{{ "," if not loop.last }}
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
    {%- set tables = [] -%}
    {%- for table in ["orders", "customer_activity"] if own_relation(table) is not none -%}
        {%- do tables.append(own_relation(table)) -%}
    {%- endfor -%}
with

appearing_customers as (

    {% for table in tables %}
    select distinct cast(customer_id as varchar) as customer_id
    from {{ table }}
    where customer_id is not null
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
