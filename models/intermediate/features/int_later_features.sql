with

established_customers as (

    select
        customer_id,
        {{ dbt.dateadd("day", early_days(), "first_purchase_on") }} as later_from
    from {{ ref("int_prospect_states") }}
    where prospect_state = 'established'

),

orders as (

    select
        customer_id,
        revenue,
        cast(ordered_at as date) as ordered_on,
        coalesce(revenue, 0) < 0 as is_refund,
        cast(ordered_at as date) >= {{ window_start() }} as is_in_window
    from {{ ref("int_checked_orders") }}
    where
        rejected_because is null
        and cast(ordered_at as date) <= {{ as_of() }}

),

-- The first days are the features that predict the segment, so the target excludes them.
kept_later_orders as (

    select orders.*
    from orders
    inner join established_customers
        on orders.customer_id = established_customers.customer_id
    where orders.ordered_on >= established_customers.later_from

),

summed_later_orders as (

    select
        customer_id,
        max(case when not is_refund then ordered_on end) as last_purchase_on,
        count(case when not is_refund and is_in_window then 1 end) as frequency,
        coalesce(sum(case when is_in_window then revenue end), 0) as monetary
    from kept_later_orders
    group by customer_id

),

-- Who never came back has been away since the first days ended: the day before that is when they
-- were last there, at the latest.
measured as (

    select
        established_customers.customer_id,
        {{ dbt.datediff(
            "coalesce(summed_later_orders.last_purchase_on, "
            ~ dbt.dateadd("day", -1, "established_customers.later_from") ~ ")",
            as_of(),
            "day"
        ) }} as recency_days,
        coalesce(summed_later_orders.frequency, 0) as frequency,
        coalesce(summed_later_orders.monetary, 0) as monetary,
        {{ dbt.datediff(
            "greatest(established_customers.later_from, " ~ window_start() ~ ")", as_of(), "day"
        ) }} + 1 as later_days
    from established_customers
    left join summed_later_orders
        on established_customers.customer_id = summed_later_orders.customer_id

)

select
    cast(customer_id as varchar) as customer_id,
    cast(recency_days as double) as recency_days,
    cast(frequency as double) as frequency,
    cast(monetary as double) as monetary,
    cast(later_days as double) as later_days
from measured
