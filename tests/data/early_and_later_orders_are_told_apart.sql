-- Broken: the features of prospects hold an order of a later day, or lost one of the first days; or
-- the behaviour that is learned holds an order of the first days.
with

orders as (

    select
        customer_id,
        revenue,
        ordered_at,
        coalesce(revenue, 0) >= 0 as is_purchase
    from {{ ref("int_checked_orders") }}
    where
        rejected_because is null
        and cast(ordered_at as date) <= {{ as_of() }}

),

first_purchases as (

    select
        customer_id,
        cast(min(ordered_at) as date) as first_purchase_on
    from orders
    where is_purchase
    group by customer_id

),

-- Whole days since midnight of the first purchase's day, whatever the time of day.
numbered_days as (

    select
        orders.customer_id,
        orders.revenue,
        orders.is_purchase,
        cast(orders.ordered_at as date) >= {{ window_start() }} as is_in_window,
        {{ dbt.datediff(
            "first_purchases.first_purchase_on", "cast(orders.ordered_at as date)", "day"
        ) }} + 1 as day_number
    from orders
    inner join first_purchases
        on orders.customer_id = first_purchases.customer_id

),

of_orders as (

    select
        customer_id,
        count(
            case when is_purchase and day_number between 1 and {{ early_days() }} then 1 end
        ) as early_purchases,
        coalesce(
            sum(case when day_number between 1 and {{ early_days() }} then revenue end), 0
        ) as early_revenue,
        count(
            case when is_purchase and is_in_window and day_number > {{ early_days() }} then 1 end
        ) as later_purchases,
        coalesce(
            sum(case when is_in_window and day_number > {{ early_days() }} then revenue end), 0
        ) as later_revenue
    from numbered_days
    group by customer_id

),

features as (

    select
        customer_id,
        is_prospect,
        early_purchases,
        early_revenue
    from {{ ref("int_prospect_features") }}
    where target_source = 'later behaviour'

),

later_features as (

    select
        customer_id,
        frequency,
        monetary
    from {{ ref("int_later_features") }}

)

select
    features.customer_id,
    features.early_revenue,
    of_orders.early_revenue as early_order_revenue,
    later_features.monetary,
    of_orders.later_revenue as later_order_revenue
from features
left join of_orders
    on features.customer_id = of_orders.customer_id
full outer join later_features
    on features.customer_id = later_features.customer_id
where
    features.customer_id is null
    or of_orders.customer_id is null
    or (later_features.customer_id is null) <> features.is_prospect
    or features.early_purchases is distinct from cast(of_orders.early_purchases as double)
    or features.early_revenue is distinct from cast(of_orders.early_revenue as double)
    or later_features.frequency <> of_orders.later_purchases
    or later_features.monetary <> cast(of_orders.later_revenue as double)
