-- Broken: orders within the window were lost or counted twice on their way to the customers, or a
-- customer with a purchase has no activity. Who only gave things back is no customer with one.
with

orders as (

    select
        customer_id,
        revenue,
        cast(ordered_at as date) >= {{ window_start() }} as is_in_window,
        coalesce(revenue, 0) >= 0 as is_purchase
    from {{ ref("int_checked_orders") }}
    where
        rejected_because is null
        and cast(ordered_at as date) <= {{ as_of() }}

),

of_orders as (

    select
        customer_id,
        coalesce(sum(case when is_in_window then revenue end), 0) as revenue
    from orders
    group by customer_id
    having max(case when is_purchase then 1 else 0 end) = 1

),

of_customers as (

    select
        customer_id,
        revenue
    from {{ ref("int_customer_activity") }}
    -- Activity that was given ready made has no orders to be compared with.
    where refunds is not null

)

select
    of_orders.customer_id,
    of_orders.revenue as order_revenue,
    of_customers.customer_id as active_customer_id,
    of_customers.revenue as customer_revenue
from of_orders
full outer join of_customers
    on of_orders.customer_id = of_customers.customer_id
where
    of_orders.customer_id is null
    or of_customers.customer_id is null
    or of_orders.revenue <> of_customers.revenue
