-- Broken: the features of prospects hold an order of a later day, or lost one of the first days; or
-- later sales hold an order of the first days, or of after the age of the horizon.
with

horizon as (

    select
        horizon_days,
        learned_from_day
    from {{ ref("int_prospect_horizon") }}

),

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
        coalesce(
            sum(
                case
                    when
                        day_number > {{ early_days() }}
                        and day_number <= horizon.horizon_days + 1
                        then revenue
                end
            ),
            0
        ) as later_revenue
    from numbered_days
    cross join horizon
    group by customer_id

),

features as (

    select
        features.customer_id,
        features.early_purchases,
        features.early_revenue,
        horizon.horizon_days is not null
        and (
            horizon.learned_from_day is null
            or states.first_purchase_on >= horizon.learned_from_day
        ) as has_later_sales
    from {{ ref("int_prospect_features") }} as features
    inner join {{ ref("int_prospect_states") }} as states
        on features.customer_id = states.customer_id
    cross join horizon
    where features.target_source = 'segment at age'

),

later_sales as (

    select
        customer_id,
        later_revenue
    from {{ ref("int_later_sales") }}

)

select
    features.customer_id,
    features.early_revenue,
    of_orders.early_revenue as early_order_revenue,
    later_sales.later_revenue,
    of_orders.later_revenue as later_order_revenue
from features
left join of_orders
    on features.customer_id = of_orders.customer_id
full outer join later_sales
    on features.customer_id = later_sales.customer_id
where
    features.customer_id is null
    or of_orders.customer_id is null
    or (later_sales.customer_id is not null) <> features.has_later_sales
    or features.early_purchases is distinct from cast(of_orders.early_purchases as double)
    or features.early_revenue is distinct from cast(of_orders.early_revenue as double)
    or later_sales.later_revenue <> of_orders.later_revenue
