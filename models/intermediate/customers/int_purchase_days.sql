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
distinct_days as (

    select distinct
        customer_id,
        cast(ordered_at as date) as purchased_on
    from orders
    where
        cast(ordered_at as date) <= {{ as_of() }}
        and coalesce(revenue, 0) >= 0

),

preceded_days as (

    select
        customer_id,
        purchased_on,
        lag(purchased_on) over (
            partition by customer_id
            order by purchased_on asc
        ) as previous_purchase_on
    from distinct_days

),

measured_gaps as (

    select
        customer_id,
        purchased_on,
        {{ dbt.datediff("previous_purchase_on", "purchased_on", "day") }} as gap_days  -- noqa: LT05
    from preceded_days

)

select
    cast(customer_id as varchar) as customer_id,
    cast(purchased_on as date) as purchased_on,
    cast(gap_days as integer) as gap_days,
    cast(ln(gap_days) as decimal(18, 9)) as log_gap
from measured_gaps
