{# What the stg_warehouse__ models read. #}

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

{# Columns of the contract in a relation, as it has them: ids as text, text without blanks around it. #}
{% macro raw_own_values(table, found) -%}
    {%- set values = {} -%}
    {%- for column in contract_columns(table)
        if column in found and column not in ["source_row", "unreadable", "further_columns"] -%}
        {%- if column in ["customer_id", "identity_id", "order_id"] -%}
            {%- do values.update({column: own_id(found[column])}) -%}
        {%- else -%}
            {%- do values.update({column: own_value(found[column])}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(values) -}}
{%- endmacro %}

{# How each of them is read as the type of the contract. #}
{% macro own_readings(table, found) -%}
    {%- set readings = {} -%}
    {%- for column in raw_own_values(table, found) -%}
        {%- set type = contract_columns(table)[column] -%}
        {%- if holds_exact_numbers(found[column], type) -%}
            {%- do readings.update({column: read_exact_number(column, type)}) -%}
        {%- elif type in ["integer", "bigint"] -%}
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
    {{- return(readings) -}}
{%- endmacro %}

{# Columns of the customers that options name and the contract does not have, as one JSON text. #}
{% macro further_own_columns(relation, found) -%}
    {%- do check_further_columns(found, relation) -%}
    {%- set texts = {} -%}
    {%- for name in further_columns_named() if name | lower in found -%}
        {%- set value = own_value(found[name | lower]) -%}
        {%- do texts.update({name: "cast(" ~ value ~ " as varchar)"}) -%}
    {%- endfor -%}
    {{- return({"further_columns": json_of_texts(texts)} if texts else {}) -}}
{%- endmacro %}

{% macro read_own_relation(relation, table) -%}
    {%- set found = own_columns(relation) -%}
    {%- if missing_own_columns(relation, table, found) -%}
        {%- do exceptions.raise_compiler_error(missing_own_columns(relation, table, found)) -%}
    {%- endif -%}
    {%- for problem in boolean_own_columns(relation, table, found) -%}
        {%- do exceptions.raise_compiler_error(problem) -%}
    {%- endfor -%}
    {%- set raw = raw_own_values(table, found) -%}
    {%- set readings = own_readings(table, found) -%}
    {%- if table == "customers" -%}
        {%- do raw.update(further_own_columns(relation, found)) -%}
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
