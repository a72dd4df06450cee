with

-- A model that was fitted later has seen the outcome of earlier days: those days are no test.
outcomes as (

    select *
    from {{ ref("segment_outcomes") }}
    where
        not model_fitted_later
        and is_period_before_known
        and segment_slug <> 'unassigned'

),

days as (

    select
        segmentation,
        observed_on,
        count(distinct segment_slug) as segments,
        count(*) as customers,
        max(greatest(spend_before, spend_after)) as largest
    from outcomes
    group by
        segmentation,
        observed_on

),

-- The newest earlier day whose outcome was complete: groups are ranked by their outcome on it.
described_days as (

    select
        days.segmentation,
        days.observed_on,
        max(days.customers) as customers,
        max(earlier.observed_on) as learned_on
    from days
    left join days as earlier
        on
            days.segmentation = earlier.segmentation
            and {{ dbt.datediff("earlier.observed_on", "days.observed_on", "day") }} >= {{ forecast_period_days() }}  -- noqa: LT05
    group by
        days.segmentation,
        days.observed_on

),

counted_segments as (

    select
        days.segmentation,
        days.observed_on,
        days.customers,
        days.learned_on,
        -- All days have as many groups of RFM sums, so that the number of a group means the same.
        max(counts.segments) as segments,
        -- All days scale spend by one unit.
        max(cast(counts.largest as double)) as largest
    from described_days as days
    inner join days as counts
        on days.segmentation = counts.segmentation
    group by
        days.segmentation,
        days.observed_on,
        days.customers,
        days.learned_on

),

ranked_rfm as (

    select
        *,
        rank() over (
            partition by segmentation, observed_on order by recency_days desc
        ) as recency_rank,
        rank() over (
            partition by segmentation, observed_on order by frequency asc
        ) as frequency_rank,
        rank() over (
            partition by segmentation, observed_on order by monetary asc
        ) as monetary_rank,
        cast(count(*) over (partition by segmentation, observed_on) as double) as buyers
    from outcomes
    where recency_days is not null

),

-- As int_customer_rfm_scores scores them.
rfm_scores as (

    select
        segmentation,
        observed_on,
        customer_id,
        cast(1 + floor(5 * (recency_rank - 1) / buyers) as integer) as recency_score,
        cast(1 + floor(5 * (frequency_rank - 1) / buyers) as integer) as frequency_score,
        cast(1 + floor(5 * (monetary_rank - 1) / buyers) as integer) as monetary_score
    from ranked_rfm

),

-- Who has no purchase yet has no scores, and is in a cell of its own.
scored_outcomes as (

    select
        outcomes.*,
        coalesce(rfm_scores.recency_score, 0) as recency_score,
        coalesce(rfm_scores.frequency_score, 0) as frequency_score,
        coalesce(rfm_scores.monetary_score, 0) as monetary_score
    from outcomes
    left join rfm_scores
        on
            outcomes.segmentation = rfm_scores.segmentation
            and outcomes.observed_on = rfm_scores.observed_on
            and outcomes.customer_id = rfm_scores.customer_id

),

-- Equal sums of scores are never divided, so there can be fewer groups than segments.
ranked_sums as (

    select
        outcomes.*,
        counted_segments.segments,
        counted_segments.customers,
        counted_segments.learned_on,
        rank() over (
            partition by outcomes.segmentation, outcomes.observed_on
            order by outcomes.recency_score + outcomes.frequency_score + outcomes.monetary_score
        ) as sum_rank,
        -- Millionths of the largest spend: sums of whole numbers are exact.
        {% for period in ["before", "after"] %}
            cast(
                coalesce(
                    round(
                        1000000 * cast(outcomes.spend_{{ period }} as double)
                        / nullif(counted_segments.largest, 0)
                    ),
                    0
                ) as bigint
            ) as scaled_spend_{{ period }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from scored_outcomes as outcomes
    inner join counted_segments
        on
            outcomes.segmentation = counted_segments.segmentation
            and outcomes.observed_on = counted_segments.observed_on

),

grouped_customers as (

    {% for name, group in {
        "segments": "segment_slug",
        "rfm sums": "cast(cast(floor(segments * (sum_rank - 1) / cast(customers as double)) as integer)"
            ~ " as varchar)",
        "rfm cells": "concat(cast(recency_score as varchar), '-', cast(frequency_score as varchar),"
            ~ " '-', cast(monetary_score as varchar))",
        "spend before": "customer_id",
    }.items() %}
        select
            segmentation,
            observed_on,
            learned_on,
            '{{ name }}' as grouped_by,
            {{ group }} as group_key,
            customer_id,
            scaled_spend_before,
            scaled_spend_after,
            has_bought_before,
            has_bought_after
        from ranked_sums
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    segmentation,
    observed_on,
    learned_on,
    grouped_by,
    group_key,
    customer_id,
    scaled_spend_before,
    scaled_spend_after,
    has_bought_before,
    has_bought_after
from grouped_customers
