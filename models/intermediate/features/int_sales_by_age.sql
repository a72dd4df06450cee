with

later_sales as (

    select
        customer_id,
        seen_days
    from {{ ref("int_later_sales") }}

),

states as (

    select
        customer_id,
        first_purchase_on
    from {{ ref("int_prospect_states") }}

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

aged_orders as (

    select
        orders.revenue,
        later_sales.seen_days,
        {{ dbt.datediff("states.first_purchase_on", "orders.ordered_on", "day") }} as age_days  -- noqa: LT05
    from orders
    inner join later_sales
        on orders.customer_id = later_sales.customer_id
    inner join states
        on orders.customer_id = states.customer_id

),

summed_ages as (

    select
        age_days,
        sum(revenue) as revenue
    from aged_orders
    where
        age_days >= {{ early_days() }}
        and age_days <= seen_days
    group by age_days

),

counted_ages as (

    select
        seen_days,
        count(*) as customers
    from later_sales
    group by seen_days

),

-- An age at which nobody bought, and at which nobody stands today, adds nothing.
listed_ages as (

    select age_days
    from summed_ages
    union distinct
    select seen_days as age_days
    from counted_ages

),

observed_ages as (

    select
        listed_ages.age_days,
        sum(counted_ages.customers) as customers
    from listed_ages
    inner join counted_ages
        on listed_ages.age_days <= counted_ages.seen_days
    group by listed_ages.age_days

),

averaged_ages as (

    select
        observed_ages.age_days,
        observed_ages.customers,
        cast(
            coalesce(cast(summed_ages.revenue as double), 0) / observed_ages.customers
            as decimal(38, 9)
        ) as revenue_per_customer
    from observed_ages
    left join summed_ages
        on observed_ages.age_days = summed_ages.age_days

),

cumulated_ages as (

    select
        age_days,
        customers,
        revenue_per_customer,
        sum(revenue_per_customer) over (
            order by age_days asc
            rows between unbounded preceding and current row
        ) as revenue_so_far,
        sum(revenue_per_customer) over () as revenue_in_all
    from averaged_ages

)

select
    cast(age_days as integer) as age_days,
    cast(customers as bigint) as customers,
    cast(revenue_per_customer as double) as revenue_per_customer,
    cast(
        case
            when revenue_in_all > 0
                then
                    greatest(
                        0,
                        least(
                            1, cast(revenue_so_far as double) / cast(revenue_in_all as double)
                        )
                    )
            else 0
        end as double
    ) as share_so_far
from cumulated_ages
