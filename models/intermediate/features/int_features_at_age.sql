with

horizon as (

    select
        horizon_days,
        learned_from_day
    from {{ ref("int_prospect_horizon") }}

),

states as (

    select
        customer_id,
        first_purchase_on,
        tenure_days
    from {{ ref("int_prospect_states") }}
    where prospect_state = 'established'

),

orders as (

    select
        customer_id,
        revenue,
        cast(ordered_at as date) as ordered_on,
        coalesce(revenue, 0) < 0 as is_refund
    from {{ ref("int_checked_orders") }}
    where rejected_because is null

),

purchase_days as (

    select
        customer_id,
        purchased_on,
        gap_days,
        log_gap
    from {{ ref("int_purchase_days") }}

),

-- The gap that is typical today, as in the features that the current model was fitted to.
typical_gap as (

    select max(typical_log_gap) as typical_log_gap
    from {{ ref("int_customer_rhythm") }}

),

customers as (

    select
        customer_id,
        joined_on,
        age,
        income
    from {{ ref("int_customers") }}

),

conversion as (

    select
        customer_id,
        responses,
        prior_responses
    from {{ ref("int_customer_conversion") }}

),

customers_at_age as (

    select
        states.customer_id,
        states.first_purchase_on,
        horizon.horizon_days,
        cast(
            {{ dbt.dateadd("day", "horizon.horizon_days", "states.first_purchase_on") }} as date
        ) as reached_on
    from states
    cross join horizon
    where
        states.tenure_days >= horizon.horizon_days
        and (
            horizon.learned_from_day is null
            or states.first_purchase_on >= horizon.learned_from_day
        )

),

kept_orders as (

    select
        orders.customer_id,
        orders.revenue,
        orders.ordered_on,
        orders.is_refund,
        orders.ordered_on
        > {{ dbt.dateadd("day", -lrfm_window_days(), "customers_at_age.reached_on") }}
            as is_in_window
    from orders
    inner join customers_at_age
        on orders.customer_id = customers_at_age.customer_id
    where orders.ordered_on <= customers_at_age.reached_on

),

-- As int_customer_activity counts up to as_of.
summed_orders as (

    select
        customer_id,
        max(case when not is_refund then ordered_on end) as last_purchase_on,
        count(case when not is_refund and is_in_window then 1 end) as frequency,
        coalesce(sum(case when is_in_window then revenue end), 0) as monetary
    from kept_orders
    group by customer_id

),

days_at_age as (

    select
        purchase_days.customer_id,
        purchase_days.purchased_on,
        purchase_days.gap_days,
        purchase_days.log_gap,
        customers_at_age.reached_on
    from purchase_days
    inner join customers_at_age
        on purchase_days.customer_id = customers_at_age.customer_id

),

counted_days as (

    {{ counted_purchase_days("reached_on", "days_at_age") | indent(4) }}

),

rhythm as (

    {{ customer_rhythm("counted_days", "typical_gap") | indent(4) }}

),

joined_features as (

    select
        customers_at_age.customer_id,
        customers_at_age.first_purchase_on,
        customers_at_age.horizon_days,
        {{ dbt.datediff("customers_at_age.first_purchase_on", "summed_orders.last_purchase_on", "day") }} as length_days,  -- noqa: LT05
        {{ dbt.datediff("summed_orders.last_purchase_on", "customers_at_age.reached_on", "day") }} as recency_days,  -- noqa: LT05
        summed_orders.frequency,
        summed_orders.monetary,
        conversion.responses,
        conversion.prior_responses,
        {{ dbt.datediff("customers.joined_on", "customers_at_age.reached_on", "day") }} as membership_days,  -- noqa: LT05
        customers.age,
        customers.income,
        rhythm.purchase_days,
        rhythm.tenure_days,
        rhythm.usual_gap_days,
        rhythm.overdue_ratio,
        rhythm.last_return_ratio
    from customers_at_age
    inner join customers
        on customers_at_age.customer_id = customers.customer_id
    inner join summed_orders
        on customers_at_age.customer_id = summed_orders.customer_id
    inner join rhythm
        on customers_at_age.customer_id = rhythm.customer_id
    left join conversion
        on customers_at_age.customer_id = conversion.customer_id

),

features_with_absence as (

    select
        *,
        {{ absence_days("recency_days", "usual_gap_days") | indent(8) }} as absence_days
    from joined_features

)

select
    cast(customer_id as varchar) as customer_id,
    cast(first_purchase_on as date) as first_purchase_on,
    cast(horizon_days as integer) as horizon_days,
    cast(length_days as double) as length_days,
    cast(recency_days as double) as recency_days,
    cast(frequency as double) as frequency,
    cast(monetary as double) as monetary,
    cast(responses as double) as responses,
    cast(prior_responses as double) as prior_responses,
    cast(membership_days as double) as membership_days,
    cast(age as double) as age,
    cast(income as double) as income,
    cast(purchase_days as double) as purchase_days,
    cast(tenure_days as double) as tenure_days,
    cast(usual_gap_days as double) as usual_gap_days,
    cast(overdue_ratio as double) as overdue_ratio,
    cast(absence_days as double) as absence_days,
    cast(last_return_ratio as double) as last_return_ratio
from features_with_absence
