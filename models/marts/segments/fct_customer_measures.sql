with

customers as (

    select
        customer_id,
        age_group,
        purchase_state,
        campaigns_received,
        responses,
        visits,
        as_of
    from {{ ref("dim_customers") }}

),

customer_segments as (

    select
        segmentation,
        customer_id,
        segment_slug
    from {{ ref("fct_customer_segments") }}

),

activity as (

    select
        customer_id,
        revenue
    from {{ ref("int_customer_activity") }}

),

refunds_without_purchase as (

    select
        customer_id,
        revenue
    from {{ ref("int_refunds_without_purchase") }}

),

value_forecasts as (

    select
        customer_id,
        probability_active,
        expected_revenue_90_days,
        lifetime_value,
        revenue_last_90_days
    from {{ ref("fct_customer_value_forecast") }}

),

losses as (

    select
        customer_id,
        expected_loss
    from {{ ref("lifetime_value_losses") }}

),

laid_side_by_side as (

    select
        customer_id,
        max(case when segmentation = 'value' then segment_slug end) as value_segment_slug,
        max(case when segmentation = 'profile' then segment_slug end) as profile_segment_slug,
        max(case when segmentation = 'prospects' then segment_slug end) as prospects_segment_slug
    from customer_segments
    group by customer_id

),

-- Who only gave things back has no activity, and still takes from the revenue of all.
joined_figures as (

    select
        customers.customer_id,
        customers.age_group,
        customers.purchase_state,
        laid_side_by_side.value_segment_slug,
        laid_side_by_side.profile_segment_slug,
        laid_side_by_side.prospects_segment_slug,
        coalesce(activity.revenue, refunds_without_purchase.revenue, 0) as revenue,
        customers.campaigns_received,
        customers.responses,
        customers.visits,
        value_forecasts.probability_active,
        value_forecasts.revenue_last_90_days,
        value_forecasts.expected_revenue_90_days,
        value_forecasts.lifetime_value,
        losses.expected_loss,
        customers.as_of
    from customers
    left join laid_side_by_side
        on customers.customer_id = laid_side_by_side.customer_id
    left join activity
        on customers.customer_id = activity.customer_id
    left join refunds_without_purchase
        on customers.customer_id = refunds_without_purchase.customer_id
    left join value_forecasts
        on customers.customer_id = value_forecasts.customer_id
    left join losses
        on customers.customer_id = losses.customer_id

),

-- The same in each row: a metric that takes their largest value has the total of all in any group.
counted_all as (

    select
        *,
        count(*) over () as all_customers,
        sum(revenue) over () as all_revenue
    from joined_figures

)

select
    cast(customer_id as varchar) as customer_id,
    cast(value_segment_slug as varchar) as value_segment_slug,
    cast(profile_segment_slug as varchar) as profile_segment_slug,
    cast(prospects_segment_slug as varchar) as prospects_segment_slug,
    cast(age_group as varchar) as age_group,
    cast(purchase_state as varchar) as purchase_state,
    cast(revenue as decimal(38, 2)) as revenue,
    cast(campaigns_received as integer) as campaigns_received,
    cast(responses as integer) as responses,
    cast(visits as integer) as visits,
    cast(probability_active as double) as probability_active,
    cast(revenue_last_90_days as decimal(38, 2)) as revenue_last_90_days,
    cast(expected_revenue_90_days as decimal(38, 2)) as expected_revenue_90_days,
    cast(lifetime_value as decimal(38, 2)) as lifetime_value,
    cast(expected_loss as decimal(38, 2)) as expected_loss,
    cast(all_customers as bigint) as all_customers,
    cast(all_revenue as decimal(38, 2)) as all_revenue,
    cast(as_of as date) as as_of
from counted_all
order by customer_id
