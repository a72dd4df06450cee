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

given_activity as (

    select
        customer_id,
        first_purchase_on,
        last_purchase_on,
        purchases,
        items,
        revenue
    from {{ ref("int_checked_customer_activity") }}
    where rejected_because is null

),

-- What lies after as_of has not happened yet. An order that gives money back is a refund and not
-- a purchase: it lowers revenue and does not count in recency or frequency.
told_apart as (

    select
        customer_id,
        items,
        revenue,
        discount,
        cast(ordered_at as date) as ordered_on,
        coalesce(revenue, 0) < 0 as is_refund,
        cast(ordered_at as date) >= {{ window_start() }} as is_in_window
    from orders
    where cast(ordered_at as date) <= {{ as_of() }}

),

derived_from_orders as (

    select
        customer_id,
        min(case when not is_refund then ordered_on end) as first_purchase_on,
        max(case when not is_refund then ordered_on end) as last_purchase_on,
        count(case when not is_refund and is_in_window then 1 end) as purchases,
        count(case when is_refund and is_in_window then 1 end) as refunds,
        coalesce(sum(case when is_in_window then items end), 0) as items,
        coalesce(sum(case when is_in_window then revenue end), 0) as revenue,
        sum(case when is_in_window then discount end) as discount
    from told_apart
    group by customer_id

),

-- What the data set gives ready made stands for the customers who have no orders in it.
given_without_orders as (

    select
        given_activity.customer_id,
        given_activity.first_purchase_on,
        given_activity.last_purchase_on,
        given_activity.purchases,
        given_activity.items,
        given_activity.revenue
    from given_activity
    left join derived_from_orders
        on given_activity.customer_id = derived_from_orders.customer_id
    where
        derived_from_orders.customer_id is null
        and given_activity.last_purchase_on <= {{ as_of() }}

),

unioned_activity as (

    select
        customer_id,
        first_purchase_on,
        last_purchase_on,
        purchases,
        refunds,
        items,
        revenue,
        discount
    from derived_from_orders
    -- A customer with refunds only has no purchase.
    where last_purchase_on is not null

    union all

    select
        customer_id,
        first_purchase_on,
        last_purchase_on,
        purchases,
        cast(null as bigint) as refunds,
        items,
        revenue,
        cast(null as decimal(38, 2)) as discount
    from given_without_orders

)

select
    cast(customer_id as varchar) as customer_id,
    cast(first_purchase_on as date) as first_purchase_on,
    cast(last_purchase_on as date) as last_purchase_on,
    cast(purchases as bigint) as purchases,
    cast(refunds as bigint) as refunds,
    cast(items as bigint) as items,
    cast(revenue as decimal(38, 2)) as revenue,
    cast(discount as decimal(38, 2)) as discount
from unioned_activity
