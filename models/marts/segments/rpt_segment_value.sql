with

customer_segments as (

    select
        segmentation,
        customer_id,
        segment_slug,
        segment_name,
        expected_loss
    from {{ ref("fct_customer_segments") }}

),

activity as (

    select
        customer_id,
        purchases,
        revenue,
        discount
    from {{ ref("int_customer_activity") }}

),

refunds_without_purchase as (

    select
        customer_id,
        revenue,
        discount
    from {{ ref("int_refunds_without_purchase") }}

),

value_per_year as (

    select
        customer_id,
        potential_value_per_year
    from {{ ref("int_customer_value_per_year") }}

),

-- Who only gave things back has no activity, and still takes from the revenue of all.
unioned_activity as (

    select
        customer_id,
        purchases,
        revenue,
        discount
    from activity

    union all

    select
        customer_id,
        cast(0 as bigint) as purchases,
        revenue,
        discount
    from refunds_without_purchase

),

summed_to_segments as (

    select
        customer_segments.segmentation,
        customer_segments.segment_slug,
        customer_segments.segment_name,
        count(*) as customers,
        coalesce(sum(unioned_activity.purchases), 0) as purchases,
        coalesce(sum(unioned_activity.revenue), 0) as revenue,
        coalesce(sum(value_per_year.potential_value_per_year), 0) as potential_value_per_year,
        sum(unioned_activity.discount) as discount,
        sum(customer_segments.expected_loss) as expected_loss
    from customer_segments
    left join unioned_activity
        on customer_segments.customer_id = unioned_activity.customer_id
    left join value_per_year
        on customer_segments.customer_id = value_per_year.customer_id
    group by
        customer_segments.segmentation,
        customer_segments.segment_slug,
        customer_segments.segment_name

),

summed_to_all as (

    select
        *,
        sum(customers) over (partition by segmentation) as customers_of_all,
        sum(revenue) over (partition by segmentation) as revenue_of_all,
        sum(expected_loss) over (partition by segmentation) as loss_of_all
    from summed_to_segments

)

select
    cast(segmentation as varchar) as segmentation,
    cast(segment_slug as varchar) as segment_slug,
    cast(segment_name as varchar) as segment_name,
    cast(customers as bigint) as customers,
    cast(customers as double) / cast(customers_of_all as double) as customer_share,
    cast(purchases as bigint) as purchases,
    cast(revenue as decimal(38, 2)) as revenue,
    case
        when revenue_of_all <> 0 then cast(revenue as double) / cast(revenue_of_all as double)
    end as revenue_share,
    cast(revenue as double) / customers as revenue_per_customer,
    case
        when purchases > 0 then cast(revenue as double) / cast(purchases as double)
    end as revenue_per_purchase,
    cast(discount as decimal(38, 2)) as discount,
    case
        when revenue >= 0 and discount >= 0 and revenue + discount > 0
            then cast(discount as double) / cast(revenue + discount as double)
    end as discount_share,
    cast(potential_value_per_year as decimal(38, 2)) as potential_value_per_year,
    cast(expected_loss as decimal(38, 2)) as expected_loss,
    case
        when loss_of_all > 0 then cast(expected_loss as double) / cast(loss_of_all as double)
    end as expected_loss_share
from summed_to_all
order by
    segmentation,
    segment_slug
