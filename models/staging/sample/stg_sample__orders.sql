{{ config(enabled=is_dataset("sample")) }}

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
    cast(ordered_at as timestamp) as ordered_at,
    cast(items as bigint) as items,
    cast(revenue as decimal(18, 2)) as revenue,
    cast(discount as decimal(18, 2)) as discount
from orders
