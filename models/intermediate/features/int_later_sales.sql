with

horizon as (

    select
        horizon_days,
        learned_from_day
    from {{ ref("int_prospect_horizon") }}
    where horizon_days is not null

),

states as (

    select
        customer_id,
        first_purchase_on,
        tenure_days
    from {{ ref("int_prospect_states") }}
    where
        prospect_state in ('established', 'prospect')
        and target_source = 'segment at age'

),

orders as (

    select
        customer_id,
        revenue,
        cast(ordered_at as date) as ordered_on
    from {{ ref("int_checked_orders") }}
    where
        rejected_because is null
        and cast(ordered_at as date) <= {{ as_of() }}

),

observed_customers as (

    select
        states.customer_id,
        states.first_purchase_on,
        least(states.tenure_days, horizon.horizon_days) as seen_days
    from states
    cross join horizon
    where
        horizon.learned_from_day is null
        or states.first_purchase_on >= horizon.learned_from_day

),

aged_orders as (

    select
        observed_customers.customer_id,
        observed_customers.seen_days,
        orders.revenue,
        {{ dbt.datediff("observed_customers.first_purchase_on", "orders.ordered_on", "day") }} as age_days  -- noqa: LT05
    from orders
    inner join observed_customers
        on orders.customer_id = observed_customers.customer_id

),

-- The day of the first purchase has age 0: the first days end at age early_days - 1.
summed_orders as (

    select
        customer_id,
        sum(revenue) as later_revenue
    from aged_orders
    where
        age_days >= {{ early_days() }}
        and age_days <= seen_days
    group by customer_id

)

select
    cast(observed_customers.customer_id as varchar) as customer_id,
    cast(observed_customers.seen_days as integer) as seen_days,
    cast(coalesce(summed_orders.later_revenue, 0) as decimal(38, 2)) as later_revenue
from observed_customers
left join summed_orders
    on observed_customers.customer_id = summed_orders.customer_id
