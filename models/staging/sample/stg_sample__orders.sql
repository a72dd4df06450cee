{{ config(enabled=is_dataset("sample")) }}

{%- set readings = {
    "ordered_at": read_timestamp("ordered_at"),
    "items": read_whole_number("items", "bigint"),
    "revenue": read_amount("revenue"),
    "discount": read_amount("discount"),
} %}

{% call staged_rows("orders") %}
with

orders as (

    select
        customer_id,
        order_id,
        ordered_at,
        items,
        revenue,
        discount
    from {{ ref("sample_orders") }}

)

select
    cast(customer_id as varchar) as customer_id,
    cast(order_id as varchar) as order_id,
    {{ readings["ordered_at"] }} as ordered_at,
    {{ readings["items"] }} as items,
    {{ readings["revenue"] }} as revenue,
    {{ readings["discount"] }} as discount,
    cast(null as bigint) as source_row,
    {{ unreadable(readings) }} as unreadable
from orders
{% endcall %}
