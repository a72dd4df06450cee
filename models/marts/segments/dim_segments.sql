with

customer_segments as (

    select
        segmentation,
        segment_slug,
        segment_name,
        expected_loss
    from {{ ref("fct_customer_segments") }}

),

named_segments as (

    select *
    from {{ ref("all_segments") }}

),

expected_segments as (

    select
        'prospects' as segmentation,
        segment_id,
        expected_customers
    from {{ ref("prospects_forecast") }}

),

counted_customers as (

    select
        segmentation,
        segment_slug,
        segment_name,
        count(*) as customers,
        sum(expected_loss) as expected_loss
    from customer_segments
    group by
        segmentation,
        segment_slug,
        segment_name

),

-- A segment without customers today stays listed; "unassigned" and "noise" are listed only with
-- customers.
listed_segments as (

    select
        segmentation,
        segment_slug,
        segment_name
    from named_segments
    union distinct
    select
        segmentation,
        segment_slug,
        segment_name
    from counted_customers

),

joined_descriptions as (

    select
        listed_segments.segmentation,
        listed_segments.segment_slug,
        listed_segments.segment_name,
        named_segments.segment_id,
        expected_segments.expected_customers,
        coalesce(counted_customers.customers, 0) as customers,
        sum(coalesce(counted_customers.customers, 0))
            over (partition by listed_segments.segmentation)
            as all_customers,
        counted_customers.expected_loss,
        sum(counted_customers.expected_loss)
            over (partition by listed_segments.segmentation)
            as loss_of_all,
        named_segments.headline,
        named_segments.description,
        named_segments.strategy,
        named_segments.channel,
        named_segments.priority,
        named_segments.condition_in_numbers,
        named_segments.named_by,
        named_segments.model_version
    from listed_segments
    left join named_segments
        on
            listed_segments.segmentation = named_segments.segmentation
            and listed_segments.segment_slug = named_segments.segment_slug
    left join expected_segments
        on
            named_segments.segmentation = expected_segments.segmentation
            and named_segments.segment_id = expected_segments.segment_id
    left join counted_customers
        on
            listed_segments.segmentation = counted_customers.segmentation
            and listed_segments.segment_slug = counted_customers.segment_slug

),

-- Where there is money to lose, a value segment is as pressing as its share of it is large. A
-- segment without customers has none of it; unassigned customers are no segment to act on.
prioritised as (

    select
        *,
        case
            when segmentation <> 'value' or segment_slug in ('unassigned', 'noise') then priority
            when loss_of_all > 0
                then
                    case
                        when 3 * coalesce(expected_loss, 0) >= loss_of_all then 'urgent'
                        when 6 * coalesce(expected_loss, 0) >= loss_of_all then 'high'
                        when 20 * coalesce(expected_loss, 0) >= loss_of_all then 'medium'
                        else 'low'
                    end
            else priority
        end as priority_by_loss
    from joined_descriptions

)

select
    cast(segmentation as varchar) as segmentation,
    cast(segment_slug as varchar) as segment_slug,
    cast(segment_name as varchar) as segment_name,
    cast(segment_id as integer) as segment_id,
    cast(customers as bigint) as customers,
    case
        when all_customers > 0 then cast(customers as double) / cast(all_customers as double)
    end as share,
    cast(expected_customers as double) as expected_customers,
    cast(
        case
            when segment_slug = 'unassigned' and segmentation = 'prospects'
                then
                    'By design, only new customers get one; the customer''s reason_1 says why'
            when segment_slug = 'unassigned' then 'Not segmented; the customer''s reason_1 says why'
            when
                segment_slug = 'noise'
                then 'In no dense group; each customer is unlike most others'
            else headline
        end as varchar
    ) as headline,
    cast(description as varchar) as description,
    cast(strategy as varchar) as strategy,
    cast(channel as varchar) as channel,
    cast(priority_by_loss as varchar) as priority,
    cast(named_by as varchar) as named_by,
    cast(model_version as varchar) as model_version,
    cast({{ text_literal(dataset()) }} as varchar) as dataset,
    {{ as_of() }} as as_of,
    cast(expected_loss as decimal(38, 2)) as expected_loss,
    cast(condition_in_numbers as varchar) as condition
from prioritised
order by
    segmentation,
    segment_slug
