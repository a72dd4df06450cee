-- Broken: on the day of this build the history has another segment of a customer than
-- fct_customer_segments, or one of them is without the customer. A build that assigned nothing, and
-- so observed nothing, is not looked at.
with

segments as (

    select segments.*
    from {{ ref("fct_customer_segments") }} as segments
    inner join {{ ref("segment_observed_days") }} as observed_days
        on
            segments.segmentation = observed_days.segmentation
            and segments.as_of = observed_days.as_of
    where
        observed_days.dataset = {{ text_literal(dataset()) }}
        and observed_days.variant = {{ text_literal(variant()) }}

),

days as (

    select distinct
        segmentation,
        as_of
    from segments

),

periods as (

    select history.*
    from {{ ref("fct_customer_segment_history") }} as history
    inner join days
        on
            history.segmentation = days.segmentation
            and history.valid_from <= days.as_of
            and coalesce(history.valid_to > days.as_of, true)
    where history.segment_slug is not null

)

select
    segments.segmentation,
    segments.customer_id,
    segments.segment_slug,
    periods.customer_id as customer_in_history,
    periods.segment_slug as segment_in_history
from segments
full outer join periods
    on
        segments.segmentation = periods.segmentation
        and segments.customer_id = periods.customer_id
where coalesce(segments.segment_slug <> periods.segment_slug, true)
