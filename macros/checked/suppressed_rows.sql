{#
  Leaves out erased customers who are still in the source: their rows are counted, and none of their
  values is kept. See docs/erasure.md.
#}

{# The value of `unreadable` and `rejected_because` in a row of a suppressed customer. #}
{% macro suppressed_mark() -%}
    {{- return("suppressed") -}}
{%- endmacro %}

{#
  A query for the ids of some rows that the list suppresses. The list holds hashes, so each id is
  hashed once. None if the list has no customer of the data set.
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
  A CTE `name` with the rows of another one, which has the columns of a contract table. A row of a
  suppressed customer keeps the mark `suppressed` and no other value.
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
  Wraps a stored staging model: {% call staged_rows("orders") %} ... {% endcall %}. It removes the
  values of suppressed customers, and changes no other rows.
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
  suppressed customers, `where {{ segmentation.not_suppressed("customer_id") }}`. It hashes each
  row: call it only once for a large table.
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
