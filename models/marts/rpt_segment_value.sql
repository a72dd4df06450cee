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
        first_purchase_on,
        purchases,
        refunds,
        revenue,
        discount
    from {{ ref("int_customer_activity") }}

),

-- Revenue from orders is of the window, or of less where the first purchase of all lies within it;
-- activity given ready made covers days of its own.
counted_days as (

    select
        least(
            {{ var("lrfm_window_days") }},
            {{ dbt.datediff("min(first_purchase_on)", as_of(), "day") }} + 1  -- noqa: LT05
        ) as days_of_orders
    from activity
    where refunds is not null

),

activity_per_year as (

    select
        activity.customer_id,
        activity.purchases,
        activity.revenue,
        activity.discount,
        cast(
            case
                when activity.refunds is not null
                    then activity.revenue * 365 / counted_days.days_of_orders
                else activity.revenue * 365 / {{ activity_days() }}
            end as decimal(38, 6)
        ) as revenue_per_year
    from activity
    cross join counted_days

),

summed_to_segments as (

    select
        customer_segments.segmentation,
        customer_segments.segment_slug,
        customer_segments.segment_name,
        count(*) as customers,
        coalesce(sum(activity_per_year.purchases), 0) as purchases,
        coalesce(sum(activity_per_year.revenue), 0) as revenue,
        coalesce(sum(activity_per_year.revenue_per_year), 0) as revenue_per_year,
        sum(activity_per_year.discount) as discount
    from customer_segments
    left join activity_per_year
        on customer_segments.customer_id = activity_per_year.customer_id
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
    cast(revenue_per_year as decimal(38, 2)) as potential_value_per_year
from summed_to_all
order by
    segmentation,
    segment_slug
