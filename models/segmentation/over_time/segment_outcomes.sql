{%- set period_days = forecast_period_days() -%}

with

changes as (

    select
        segmentation,
        customer_id,
        as_of,
        segment_slug
    from {{ ref("segment_changes") }}
    where
        dataset = {{ text_literal(dataset()) }}
        and variant = {{ text_literal(variant()) }}

),

models as (

    select
        segmentation,
        model_version,
        as_of as fitted_as_of
    from {{ ref("all_models") }}
    where
        dataset = {{ text_literal(dataset()) }}
        and variant = {{ text_literal(variant()) }}

),

purchase_days as (

    select
        customer_id,
        purchased_on
    from {{ ref("int_purchase_days") }}

),

-- A data set without orders has no outcomes.
first_days as (

    select min(purchased_on) as began_on
    from purchase_days

),

-- The newest days whose period after them has ended.
ranked_days as (

    select
        days.segmentation,
        days.as_of as observed_on,
        days.model_version,
        models.fitted_as_of,
        first_days.began_on,
        row_number() over (
            partition by days.segmentation
            order by days.as_of desc
        ) as newest_first
    from {{ ref("segment_observed_days") }} as days
    inner join first_days
        on days.as_of >= first_days.began_on
    left join models
        on
            days.segmentation = models.segmentation
            and days.model_version = models.model_version
    where
        days.dataset = {{ text_literal(dataset()) }}
        and days.variant = {{ text_literal(variant()) }}
        and days.as_of <= {{ days_before_as_of(period_days) }}

),

judged_days as (

    select *
    from ranked_days
    where newest_first <= {{ most_backtests() }}

),

distinct_days as (

    select distinct observed_on
    from judged_days

),

listed_customers as (

    select distinct customer_id
    from changes

),

sampled_customers as (

    select customer_id
    from listed_customers
    order by
        md5(customer_id) asc,
        customer_id asc
    limit {{ most_backtested_customers() }}

),

dated_changes as (

    select
        segmentation,
        customer_id,
        segment_slug,
        as_of as valid_from,
        lead(as_of) over (
            partition by
                segmentation,
                customer_id
            order by as_of asc
        ) as valid_until
    from changes
    where customer_id in (select customer_id from sampled_customers)

),

segments_on_days as (

    select
        judged_days.segmentation,
        judged_days.observed_on,
        dated_changes.customer_id,
        dated_changes.segment_slug,
        judged_days.model_version,
        judged_days.fitted_as_of,
        judged_days.began_on
    from dated_changes
    inner join judged_days
        on
            dated_changes.segmentation = judged_days.segmentation
            and dated_changes.valid_from <= judged_days.observed_on
            and coalesce(dated_changes.valid_until > judged_days.observed_on, true)
    where dated_changes.segment_slug is not null

),

orders as (

    select
        customer_id,
        revenue,
        cast(ordered_at as date) as ordered_on,
        coalesce(revenue, 0) >= 0 as is_purchase
    from {{ ref("int_checked_orders") }}
    where
        rejected_because is null
        and cast(ordered_at as date) <= {{ as_of() }}
        and customer_id in (select customer_id from sampled_customers)

),

-- Days from the observed day to the order: 0 and below is before, above is after.
dated_orders as (

    select
        distinct_days.observed_on,
        orders.customer_id,
        orders.revenue,
        orders.is_purchase,
        {{ dbt.datediff("distinct_days.observed_on", "orders.ordered_on", "day") }} as days_since  -- noqa: LT05
    from orders
    cross join distinct_days

),

summed_orders as (

    select
        observed_on,
        customer_id,
        min(case when is_purchase and days_since <= 0 then -days_since end) as recency_days,
        count(
            case
                when is_purchase and days_since between {{ 1 - lrfm_window_days() }} and 0 then 1
            end
        ) as frequency,
        sum(
            case when days_since between {{ 1 - lrfm_window_days() }} and 0 then revenue else 0 end
        ) as monetary,
        max(
            case
                when is_purchase and days_since between {{ 1 - period_days }} and 0 then 1
                else 0
            end
        ) as bought_before,
        sum(
            case when days_since between {{ 1 - period_days }} and 0 then revenue else 0 end
        ) as spend_before,
        max(
            case
                when is_purchase and days_since between 1 and {{ period_days }} then 1
                else 0
            end
        ) as bought_after,
        sum(
            case when days_since between 1 and {{ period_days }} then revenue else 0 end
        ) as spend_after
    from dated_orders
    where days_since <= {{ period_days }}
    group by
        observed_on,
        customer_id

)

select
    cast(segments.segmentation as varchar) as segmentation,
    cast(segments.observed_on as date) as observed_on,
    cast(segments.customer_id as varchar) as customer_id,
    cast(segments.segment_slug as varchar) as segment_slug,
    cast(segments.model_version as varchar) as model_version,
    cast(segments.fitted_as_of as date) as fitted_as_of,
    cast(segments.fitted_as_of > segments.observed_on as boolean) as model_fitted_later,
    -- A period that began before the first order of all is incomplete.
    cast(
        segments.began_on <= {{ dbt.dateadd("day", 1 - period_days, "segments.observed_on") }}
        as boolean
    ) as is_period_before_known,
    cast(orders.recency_days as integer) as recency_days,
    cast(coalesce(orders.frequency, 0) as bigint) as frequency,
    cast(greatest(coalesce(orders.monetary, 0), 0) as decimal(38, 2)) as monetary,
    cast(coalesce(orders.bought_before, 0) = 1 as boolean) as has_bought_before,
    cast(greatest(coalesce(orders.spend_before, 0), 0) as decimal(38, 2)) as spend_before,
    cast(coalesce(orders.bought_after, 0) = 1 as boolean) as has_bought_after,
    cast(greatest(coalesce(orders.spend_after, 0), 0) as decimal(38, 2)) as spend_after
from segments_on_days as segments
left join summed_orders as orders
    on
        segments.customer_id = orders.customer_id
        and segments.observed_on = orders.observed_on
