with

orders as (

    select
        customer_id,
        ordered_at,
        items,
        revenue,
        discount
    from {{ ref("int_checked_orders") }}
    where rejected_because is null

),

activity as (

    select customer_id
    from {{ ref("int_customer_activity") }}

),

refunds_in_window as (

    select
        customer_id,
        items,
        revenue,
        discount
    from orders
    where
        cast(ordered_at as date) between {{ window_start() }} and {{ as_of() }}
        and revenue < 0

),

summed_refunds as (

    select
        refunds_in_window.customer_id,
        count(*) as refunds,
        sum(refunds_in_window.items) as items,
        sum(refunds_in_window.revenue) as revenue,
        sum(refunds_in_window.discount) as discount
    from refunds_in_window
    left join activity
        on refunds_in_window.customer_id = activity.customer_id
    where activity.customer_id is null
    group by refunds_in_window.customer_id

)

select
    cast(customer_id as varchar) as customer_id,
    cast(refunds as bigint) as refunds,
    cast(coalesce(items, 0) as bigint) as items,
    cast(revenue as decimal(38, 2)) as revenue,
    cast(discount as decimal(38, 2)) as discount
from summed_refunds
