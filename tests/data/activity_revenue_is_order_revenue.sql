-- Broken: orders within the window were lost or counted twice on their way to the customers.
-- Customers who only gave things back are no customers with a purchase and are left out.
with

orders as (

    select *
    from {{ contract_table("orders") }}
    where cast(ordered_at as date) between {{ window_start() }} and {{ as_of() }}

),

activity as (

    select *
    from {{ ref("int_customer_activity") }}
    -- Activity that was given ready made has no orders to be compared with.
    where refunds is not null

),

of_orders as (

    select coalesce(sum(orders.revenue), 0) as revenue
    from orders
    inner join activity
        on orders.customer_id = activity.customer_id

),

of_customers as (

    select coalesce(sum(revenue), 0) as revenue
    from activity

)

select
    of_orders.revenue as order_revenue,
    of_customers.revenue as customer_revenue
from of_orders
cross join of_customers
where of_orders.revenue <> of_customers.revenue
