{#
  Customers who were erased and are still in the source: their rows are counted, and nothing of them is
  kept. docs/erasure.md has the whole.
#}

{# What `unreadable` and `rejected_because` say of a row of a suppressed customer. #}
{% macro suppressed_mark() -%}
    {{- return("suppressed") -}}
{%- endmacro %}

{#
  A query of the ids among some rows that are on the list, which has hashes; none where nobody of the
  data set is on it. Each id is hashed once.
#}
{% macro suppressed_ids(rows) -%}
    {%- set hashes = suppression_list() -%}
    {%- if hashes is none -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set ids -%}
    select distinct_ids.customer_id
    from (
        select distinct customer_id
        from {{ rows }}
        where customer_id is not null
    ) as distinct_ids
    inner join (
        select distinct customer_hash
        from {{ hashes }}
    ) as hashes
        on {{ suppression_hash("concat('" ~ dataset() ~ ":', distinct_ids.customer_id)") }} = hashes.customer_hash
    {%- endset -%}
    {{- return(ids) -}}
{%- endmacro %}

{#
  A CTE `name` of the rows of another one, which has the columns of a contract table. Of each row of a
  suppressed customer a row is left that says so and nothing else.
#}
{% macro without_suppressed(name, rows, table) -%}
{%- set ids = suppressed_ids(rows) -%}
{%- if ids is none -%}
{{ name }} as (

    select *
    from {{ rows }}

)
{%- else -%}
suppressed_customers as (

    {{ ids }}

),

{{ name }} as (

    select
        {%- for column in contract_columns(table) %}
        {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ rows }}
    where
        customer_id is null
        or customer_id not in (
            select customer_id
            from suppressed_customers
        )

    union all

    select
        {%- for column, type in contract_columns(table).items() %}
        cast({{ text_literal(suppressed_mark()) if column == "unreadable" else "null" }} as {{ type }}) as {{ column }}
        {{- "," if not loop.last }}
        {%- endfor %}
    from {{ rows }}
    where
        customer_id in (
            select customer_id
            from suppressed_customers
        )

)
{%- endif -%}
{%- endmacro %}

{# The first branch of the `case` that judges a row. #}
{% macro say_that_it_is_suppressed(rows=none) -%}
    when {{ rows ~ "." if rows }}unreadable = '{{ suppressed_mark() }}' then '{{ suppressed_mark() }}'
{%- endmacro %}

{#
  Around a staging model that is stored: {% call staged_rows("orders") %} ... {% endcall %}. What it
  stores has nothing of suppressed customers either; the rest is as the model wrote it.
#}
{% macro staged_rows(table) -%}
{%- set written = caller() -%}
{%- if suppressed_ids("staged_rows") is none -%}
{{ written }}
{%- else -%}
with

staged_rows as (

    {{ written }}

),

{{ without_suppressed("kept_rows", "staged_rows", table) }}

select
    {%- for column, type in contract_columns(table).items() %}
    cast({{ column }} as {{ type }}) as {{ column }}{{ "," if not loop.last }}
    {%- endfor %}
from kept_rows
{%- endif -%}
{%- endmacro %}

{#
  For models of other projects that store a copy of a source: a condition that is false for rows of
  suppressed customers, `where {{ segmentation.not_suppressed("customer_id") }}`. Call it where the
  rows of a table are many only once: each row is hashed.
#}
{% macro not_suppressed(customer_id) -%}
    {%- set hashes = segmentation.suppression_list() -%}
    {%- set text = "concat('" ~ segmentation.dataset() ~ ":', cast(" ~ customer_id ~ " as varchar))" -%}
    {%- if hashes is none -%}
        1 = 1
    {%- else -%}
        (
            {{ customer_id }} is null
            or {{ segmentation.suppression_hash(text) }} not in (
                select customer_hash
                from {{ hashes }}
            )
        )
    {%- endif -%}
{%- endmacro %}
