with

outcomes as (

    select *
    from {{ ref("segment_outcomes") }}

),

-- A segment has its latest name on all days.
ranked_names as (

    select
        segmentation,
        segment_slug,
        segment_name,
        row_number() over (
            partition by
                segmentation,
                segment_slug
            order by
                as_of desc,
                segment_name asc nulls last
        ) as newest_first
    from {{ ref("segment_changes") }}
    where
        dataset = {{ text_literal(dataset()) }}
        and variant = {{ text_literal(variant()) }}
        and segment_slug is not null

),

largest_spends as (

    select
        segmentation,
        observed_on,
        count(*) as customers_of_day,
        max(cast(spend_after as double)) as largest
    from outcomes
    group by
        segmentation,
        observed_on

),

-- Spend in millionths of the largest: whole numbers, whose squares have the same sum in any order.
scaled_outcomes as (

    select
        outcomes.*,
        largest_spends.customers_of_day,
        largest_spends.largest,
        cast(
            coalesce(
                round(
                    1000000 * cast(outcomes.spend_after as double)
                    / nullif(largest_spends.largest, 0)
                ),
                0
            ) as decimal(18, 0)
        ) as scaled_spend
    from outcomes
    inner join largest_spends
        on
            outcomes.segmentation = largest_spends.segmentation
            and outcomes.observed_on = largest_spends.observed_on

),

summed_segments as (

    select
        segmentation,
        observed_on,
        segment_slug,
        max(model_version) as model_version,
        max(fitted_as_of) as fitted_as_of,
        bool_or(model_fitted_later) as model_fitted_later,
        bool_and(is_period_before_known) as is_period_before_known,
        max(customers_of_day) as customers_of_day,
        cast(count(*) as double) as customers,
        cast(sum(spend_after) as double) as spend_after,
        cast(sum(spend_before) as double) as spend_before,
        cast(count(case when not has_bought_after then 1 end) as double) as without_purchase,
        cast(count(case when not has_bought_before then 1 end) as double)
            as without_purchase_before,
        cast(sum(scaled_spend) as double) as scaled_spend,
        cast(sum(scaled_spend * scaled_spend) as double) as squared_spend,
        max(largest) / 1000000 as spend_unit
    from scaled_outcomes
    group by
        segmentation,
        observed_on,
        segment_slug

),

averaged_segments as (

    select
        *,
        spend_after / customers as mean_spend,
        spend_before / customers as mean_spend_before,
        without_purchase / customers as share_without_purchase,
        without_purchase_before / customers as share_without_purchase_before,
        -- Of the mean.
        case
            when customers >= 4
                then
                    spend_unit * sqrt(
                        greatest(squared_spend - scaled_spend * scaled_spend / customers, 0)
                        / (customers - 1)
                        / customers
                    )
        end as standard_error
    from summed_segments

),

bounded_segments as (

    select
        *,
        {{ student_quantile("(customers - 1)", 90) | indent(8) }} * standard_error as half_width,
        {{ wilson_bound("share_without_purchase", "customers", "-", 90) | indent(8) }}
            as share_without_purchase_low,
        {{ wilson_bound("share_without_purchase", "customers", "+", 90) | indent(8) }}
            as share_without_purchase_high
    from averaged_segments

)

select
    cast(segments.segmentation as varchar) as segmentation,
    cast(segments.observed_on as date) as observed_on,
    cast({{ dbt.dateadd("day", forecast_period_days(), "segments.observed_on") }} as date)
        as outcome_until,
    cast(segments.segment_slug as varchar) as segment_slug,
    cast(names.segment_name as varchar) as segment_name,
    cast(segments.customers as bigint) as customers,
    cast(segments.customers / segments.customers_of_day as double) as share_of_customers,
    cast(segments.mean_spend as double) as mean_spend,
    -- greatest() alone would turn null into 0.
    cast(
        case
            when segments.half_width is not null
                then greatest(segments.mean_spend - segments.half_width, 0)
        end as double
    ) as mean_spend_low,
    cast(segments.mean_spend + segments.half_width as double) as mean_spend_high,
    cast(segments.share_without_purchase as double) as share_without_purchase,
    cast(greatest(segments.share_without_purchase_low, 0) as double) as share_without_purchase_low,
    cast(least(segments.share_without_purchase_high, 1) as double) as share_without_purchase_high,
    cast(case when segments.is_period_before_known then segments.mean_spend_before end as double)
        as mean_spend_before,
    cast(
        case when segments.is_period_before_known then segments.share_without_purchase_before end
        as double
    ) as share_without_purchase_before,
    cast(segments.model_version as varchar) as model_version,
    cast(segments.fitted_as_of as date) as fitted_as_of,
    cast(segments.model_fitted_later as boolean) as model_fitted_later,
    {{ as_of() }} as as_of
from bounded_segments as segments
left join ranked_names as names
    on
        segments.segmentation = names.segmentation
        and segments.segment_slug = names.segment_slug
        and names.newest_first = 1
order by
    segmentation,
    observed_on,
    segment_slug
