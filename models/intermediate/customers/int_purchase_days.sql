with

orders as (

    select
        customer_id,
        ordered_at,
        revenue
    from {{ ref("int_checked_orders") }}
    where rejected_because is null

),

-- What counts as a purchase in int_customer_activity; several on one day are one purchase day.
counted_days as (

    select
        customer_id,
        cast(ordered_at as date) as purchased_on,
        count(revenue) as purchases_of_known_revenue
    from orders
    where
        cast(ordered_at as date) <= {{ as_of() }}
        and coalesce(revenue, 0) >= 0
    group by
        customer_id,
        cast(ordered_at as date)

),

preceded_days as (

    select
        customer_id,
        purchased_on,
        purchases_of_known_revenue,
        lag(purchased_on) over (
            partition by customer_id
            order by purchased_on asc
        ) as previous_purchase_on
    from counted_days

),

measured_gaps as (

    select
        customer_id,
        purchased_on,
        purchases_of_known_revenue,
        {{ dbt.datediff("previous_purchase_on", "purchased_on", "day") }} as gap_days  -- noqa: LT05
    from preceded_days

)

select
    cast(customer_id as varchar) as customer_id,
    cast(purchased_on as date) as purchased_on,
    cast(gap_days as integer) as gap_days,
    cast(ln(gap_days) as decimal(18, 9)) as log_gap,
    purchases_of_known_revenue > 0 as is_spend_known
from measured_gaps
