with

customer_segments as (

    select
        segmentation,
        customer_id,
        segment_slug,
        segment_name
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

value_per_year as (

    select
        customer_id,
        potential_value_per_year
    from {{ ref("int_customer_value_per_year") }}

),

summed_to_segments as (

    select
        customer_segments.segmentation,
        customer_segments.segment_slug,
        customer_segments.segment_name,
        count(*) as customers,
        coalesce(sum(activity.purchases), 0) as purchases,
        coalesce(sum(activity.revenue), 0) as revenue,
        coalesce(sum(value_per_year.potential_value_per_year), 0) as potential_value_per_year,
        sum(activity.discount) as discount
    from customer_segments
    left join activity
        on customer_segments.customer_id = activity.customer_id
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
        sum(revenue) over (partition by segmentation) as revenue_of_all
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
    cast(potential_value_per_year as decimal(38, 2)) as potential_value_per_year
from summed_to_all
order by
    segmentation,
    segment_slug
