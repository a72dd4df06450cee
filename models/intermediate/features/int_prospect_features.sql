with

states as (

    select
        customer_id,
        identity_id,
        prospect_state,
        target_source,
        known_segment,
        first_purchase_on
    from {{ ref("int_prospect_states") }}
    where prospect_state in ('labelled', 'established', 'prospect')

),

customers as (

    select
        customer_id,
        gender,
        marital_status,
        education,
        profession,
        residence_type,
        home_ownership,
        spending_level,
        other_category,
        age,
        income,
        household_size,
        children,
        work_experience_years,
        further_columns
    from {{ ref("int_customers") }}

),

orders as (

    select
        customer_id,
        items,
        revenue,
        discount,
        cast(ordered_at as date) as ordered_on,
        coalesce(revenue, 0) < 0 as is_refund
    from {{ ref("int_checked_orders") }}
    where
        rejected_because is null
        and cast(ordered_at as date) <= {{ as_of() }}

),

ordinal_categories as (

    select
        category,
        position
    from {{ ref("ordinal_categories") }}
    where column_name = 'spending_level'

),

-- Later days are excluded: they are the target of the prediction. A refund within the first days
-- lowers revenue, as in int_customer_activity.
kept_early_orders as (

    select
        orders.*,
        {{ dbt.datediff("states.first_purchase_on", "orders.ordered_on", "day") }} + 1 as day_number  -- noqa: LT05
    from orders
    inner join states
        on orders.customer_id = states.customer_id
    where
        states.target_source = 'segment at age'
        and orders.ordered_on >= states.first_purchase_on
        and orders.ordered_on < {{ dbt.dateadd("day", early_days(), "states.first_purchase_on") }}  -- noqa: LT05

),

summed_early_orders as (

    select
        customer_id,
        count(case when not is_refund then 1 end) as early_purchases,
        coalesce(sum(revenue), 0) as early_revenue,
        sum(items) as early_items,
        sum(discount) as early_discount,
        count(distinct case when not is_refund then ordered_on end) as early_active_days,
        max(case when not is_refund then day_number end) as early_last_day
    from kept_early_orders
    group by customer_id

),

joined_features as (

    select
        states.customer_id,
        states.identity_id,
        states.prospect_state = 'prospect' as is_prospect,
        states.known_segment as target,
        states.target_source,
        customers.gender,
        customers.marital_status,
        customers.education,
        customers.profession,
        customers.residence_type,
        customers.home_ownership,
        customers.spending_level,
        customers.other_category,
        customers.age,
        customers.income,
        customers.household_size,
        customers.children,
        customers.work_experience_years,
        customers.further_columns,
        ordinal_categories.position as spending_level_order,
        summed_early_orders.early_purchases,
        summed_early_orders.early_revenue,
        summed_early_orders.early_items,
        summed_early_orders.early_discount,
        summed_early_orders.early_active_days,
        summed_early_orders.early_last_day
    from states
    inner join customers
        on states.customer_id = customers.customer_id
    left join ordinal_categories
        on customers.spending_level = ordinal_categories.category
    left join summed_early_orders
        on states.customer_id = summed_early_orders.customer_id

)

select
    cast(customer_id as varchar) as customer_id,
    cast(identity_id as varchar) as identity_id,
    cast(is_prospect as boolean) as is_prospect,
    cast(target as varchar) as target,
    cast(target_source as varchar) as target_source,
    cast(gender as varchar) as gender,
    cast(marital_status as varchar) as marital_status,
    cast(education as varchar) as education,
    cast(profession as varchar) as profession,
    cast(residence_type as varchar) as residence_type,
    cast(home_ownership as varchar) as home_ownership,
    cast(spending_level as varchar) as spending_level,
    cast(other_category as varchar) as other_category,
    cast(age as double) as age,
    cast(income as double) as income,
    cast(household_size as double) as household_size,
    cast(children as double) as children,
    cast(work_experience_years as double) as work_experience_years,
    cast(spending_level_order as double) as spending_level_order,
    cast(early_purchases as double) as early_purchases,
    cast(early_revenue as double) as early_revenue,
    cast(early_items as double) as early_items,
    cast(early_discount as double) as early_discount,
    cast(early_active_days as double) as early_active_days,
    cast(early_last_day as double) as early_last_day,
    cast(further_columns as varchar) as further_columns
from joined_features
