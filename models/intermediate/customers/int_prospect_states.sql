with

customers as (

    select
        customer_id,
        identity_id,
        known_segment
    from {{ ref("int_customers") }}

),

activity as (

    select
        customer_id,
        first_purchase_on,
        -- Activity that was given ready made tells nothing of refunds, nor of single days.
        refunds is not null as has_orders
    from {{ ref("int_customer_activity") }}

),

value_states as (

    select
        customer_id,
        unassigned_because
    from {{ ref("int_value_states") }}

),

horizon as (

    select no_forecast_because
    from {{ ref("int_prospect_horizon") }}

),

counted_labels as (

    select count(known_segment) as labels
    from customers

),

-- The day of the first purchase is day 1, and as_of has been observed to its end.
measured as (

    select
        customers.customer_id,
        customers.identity_id,
        customers.known_segment,
        counted_labels.labels > 0 as has_labels,
        activity.customer_id is not null as has_purchase,
        coalesce(activity.has_orders, false) as has_orders,
        activity.first_purchase_on,
        {{ dbt.datediff("activity.first_purchase_on", as_of(), "day") }} as tenure_days  -- noqa: LT05
    from customers
    cross join counted_labels
    left join activity
        on customers.customer_id = activity.customer_id

),

named_states as (

    select
        customer_id,
        identity_id,
        known_segment,
        first_purchase_on,
        tenure_days,
        case when has_labels then 'known segment' else 'segment at age' end as target_source,
        case
            when has_labels and known_segment is not null then 'labelled'
            when has_labels then 'prospect'
            when not has_purchase then 'no purchase'
            when not has_orders then 'no orders'
            when tenure_days >= {{ prospect_tenure_days() }} then 'established'
            when tenure_days >= {{ early_days() }} - 1 then 'prospect'
            else 'too new'
        end as prospect_state
    from measured

),

-- Who never bought has no value segment either, and for the same reason.
explained_states as (

    select
        named_states.*,
        case named_states.prospect_state
            when 'labelled'
                then concat('no prospect: the segment ', named_states.known_segment, ' is known')
            when 'established'
                then
                    concat(
                        'no prospect: a customer since ',
                        cast(named_states.first_purchase_on as varchar)
                    )
            when 'prospect'
                then
                    coalesce(
                        case
                            when named_states.target_source = 'segment at age'
                                then horizon.no_forecast_because
                        end,
                        'nobody to learn from: no classifier could be fitted'
                    )
            when 'no purchase' then value_states.unassigned_because
            when 'no orders' then 'purchases are known as totals only, the first days are not'
            when 'too new'
                then
                    concat(
                        'first purchase on ',
                        cast(named_states.first_purchase_on as varchar),
                        ', less than {{ early_days() }} days of history'
                    )
        end as unassigned_because
    from named_states
    cross join horizon
    left join value_states
        on named_states.customer_id = value_states.customer_id

)

select
    cast(customer_id as varchar) as customer_id,
    cast(identity_id as varchar) as identity_id,
    cast(prospect_state as varchar) as prospect_state,
    cast(target_source as varchar) as target_source,
    cast(known_segment as varchar) as known_segment,
    cast(first_purchase_on as date) as first_purchase_on,
    cast(tenure_days as integer) as tenure_days,
    cast(unassigned_because as varchar) as unassigned_because
from explained_states
