with

customers as (

    select
        customer_id,
        annual_spend
    from {{ ref("int_customers") }}

),

activity as (

    select
        customer_id,
        first_purchase_on,
        refunds,
        revenue
    from {{ ref("int_customer_activity") }}

),

-- Revenue from orders is of the window, or of less where the first purchase of all lies within it;
-- activity given ready made covers days of its own.
counted_days as (

    select
        least(
            {{ lrfm_window_days() }},
            {{ dbt.datediff("min(first_purchase_on)", as_of(), "day") }} + 1  -- noqa: LT05
        ) as days_of_orders
    from activity
    where refunds is not null

),

activity_per_year as (

    select
        activity.customer_id,
        cast(
            case
                when activity.refunds is not null
                    then activity.revenue * 365 / counted_days.days_of_orders
                else activity.revenue * 365 / {{ activity_days() }}
            end as decimal(38, 6)
        ) as revenue_per_year
    from activity
    cross join counted_days

)

select
    cast(customers.customer_id as varchar) as customer_id,
    cast(activity_per_year.revenue_per_year as decimal(38, 6)) as revenue_per_year,
    -- What we saw ourselves goes before what a record states.
    cast(
        coalesce(activity_per_year.revenue_per_year, customers.annual_spend) as decimal(38, 6)
    ) as potential_value_per_year,
    -- Of people, what their record states goes before what we saw: it may not all be with us.
    cast(
        coalesce(customers.annual_spend, activity_per_year.revenue_per_year) as decimal(38, 2)
    ) as annual_spend
from customers
left join activity_per_year
    on customers.customer_id = activity_per_year.customer_id
