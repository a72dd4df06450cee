with

assignments as (

    select *
    from {{ ref("int_holdout_assignments") }}

),

customers as (

    select
        customer_id,
        purchase_state,
        responses
    from {{ ref("dim_customers") }}

),

orders as (

    select
        customer_id,
        cast(ordered_at as date) as ordered_on,
        revenue
    from {{ ref("int_checked_orders") }}
    where
        rejected_because is null
        and cast(ordered_at as date) <= {{ as_of() }}

),

-- An outcome that the data set lacks is null in both groups.
known_outcomes as (

    select
        count(purchase_state) > 0 as are_states_known,
        count(responses) > 0 as are_responses_known,
        (select count(*) from orders) > 0 as are_orders_known
    from customers

),

-- An order of the day itself may have come before the assignment.
summed_orders as (

    select
        assignments.audience,
        assignments.customer_id,
        count(case when coalesce(orders.revenue, 0) >= 0 then 1 end) as purchases,
        coalesce(sum(orders.revenue), 0) as revenue
    from assignments
    inner join orders
        on
            assignments.customer_id = orders.customer_id
            and assignments.assigned_on < orders.ordered_on
    group by
        assignments.audience,
        assignments.customer_id

),

joined_outcomes as (

    select
        assignments.*,
        {{ dbt.datediff("assignments.assigned_on", as_of(), "day") }} as days_since,  -- noqa: LT05
        customers.customer_id is not null as is_customer,
        customers.purchase_state,
        customers.responses,
        summed_orders.purchases,
        summed_orders.revenue,
        known_outcomes.are_states_known,
        known_outcomes.are_responses_known,
        known_outcomes.are_orders_known
    from assignments
    cross join known_outcomes
    left join customers
        on assignments.customer_id = customers.customer_id
    left join summed_orders
        on
            assignments.audience = summed_orders.audience
            and assignments.customer_id = summed_orders.customer_id

)

select
    cast(audience as varchar) as audience,
    cast(customer_id as varchar) as customer_id,
    cast(assignment_group as varchar) as assignment_group,
    cast(assigned_on as date) as assigned_on,
    cast(segmentation as varchar) as segmentation,
    cast(segment_slug as varchar) as segment_slug,
    cast(seed as varchar) as seed,
    cast(holdout_share as double) as holdout_share,
    cast(bucket as double) as bucket,
    cast(is_customer as boolean) as is_customer,
    cast(days_since as integer) as days_since,
    -- Responses are totals of all time: those of later are what was added.
    cast(
        case
            when is_customer and are_responses_known
                then greatest(coalesce(responses, 0) - coalesce(responses_before, 0), 0)
        end as bigint
    ) as responses,
    cast(case when is_customer and are_orders_known then coalesce(purchases, 0) end as bigint)
        as purchases,
    cast(case when is_customer and are_orders_known then coalesce(revenue, 0) end as decimal(38, 2))
        as revenue,
    cast(
        case
            when is_customer and are_states_known
                then
                    coalesce(purchase_state, 'no purchase')
                    in ('one purchase', 'late', 'lost', 'no purchase')
        end as boolean
    ) as is_churned,
    {{ as_of() }} as as_of
from joined_outcomes
order by
    audience,
    customer_id
