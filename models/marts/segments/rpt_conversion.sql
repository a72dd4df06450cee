with

customers as (

    select
        customer_id,
        coalesce(age_group, 'unknown') as age_group,
        campaigns_received,
        responses,
        visits,
        conversion_rate
    from {{ ref("dim_customers") }}

),

customer_segments as (

    select
        segmentation,
        customer_id,
        segment_slug,
        segment_name
    from {{ ref("fct_customer_segments") }}

),

put_into_groups as (

    select
        'all' as grouped_by,
        cast(null as varchar) as segmentation,
        'all' as group_slug,
        'All customers' as group_name,
        campaigns_received,
        responses,
        visits,
        conversion_rate
    from customers

    union all

    select
        'age_group' as grouped_by,
        cast(null as varchar) as segmentation,
        age_group as group_slug,
        age_group as group_name,
        campaigns_received,
        responses,
        visits,
        conversion_rate
    from customers

    union all

    select
        'segment' as grouped_by,
        customer_segments.segmentation,
        customer_segments.segment_slug as group_slug,
        customer_segments.segment_name as group_name,
        customers.campaigns_received,
        customers.responses,
        customers.visits,
        customers.conversion_rate
    from customers
    inner join customer_segments
        on customers.customer_id = customer_segments.customer_id

),

-- A ratio is made a decimal before it is summed: the same mean in any order.
counted_groups as (

    select
        grouped_by,
        segmentation,
        group_slug,
        group_name,
        count(*) as customers,
        count(case when campaigns_received > 0 then 1 end) as contacted_customers,
        coalesce(sum(campaigns_received), 0) as campaigns_received,
        count(case when responses > 0 then 1 end) as responders,
        coalesce(sum(responses), 0) as responses,
        count(case when visits > 0 then 1 end) as visitors,
        coalesce(sum(visits), 0) as visits,
        coalesce(sum(case when visits > 0 then responses end), 0) as responses_of_visitors,
        count(case when visits > 0 and responses > 0 then 1 end) as responding_visitors,
        sum(cast(conversion_rate as decimal(38, 12))) as summed_rates
    from put_into_groups
    group by
        grouped_by,
        segmentation,
        group_slug,
        group_name

)

select
    cast(grouped_by as varchar) as grouped_by,
    cast(segmentation as varchar) as segmentation,
    cast(group_slug as varchar) as group_slug,
    cast(group_name as varchar) as group_name,
    cast(customers as bigint) as customers,
    cast(contacted_customers as bigint) as contacted_customers,
    cast(campaigns_received as bigint) as campaigns_received,
    cast(responders as bigint) as responders,
    cast(responses as bigint) as responses,
    cast(visitors as bigint) as visitors,
    cast(visits as bigint) as visits,
    cast(responses_of_visitors as bigint) as responses_of_visitors,
    cast(responding_visitors as bigint) as responding_visitors,
    case
        when visits > 0
            then cast(responses_of_visitors as double) / cast(visits as double)
    end as conversion_rate,
    case
        when visitors > 0 then cast(summed_rates as double) / cast(visitors as double)
    end as mean_of_customer_conversion_rates,
    case
        when responding_visitors > 0
            then cast(summed_rates as double) / cast(responding_visitors as double)
    end as responders_only_conversion_rate,
    case
        when contacted_customers > 0
            then cast(responders as double) / cast(contacted_customers as double)
    end as response_rate
from counted_groups
order by
    grouped_by,
    segmentation,
    group_slug
