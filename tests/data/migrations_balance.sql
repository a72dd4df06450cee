-- Broken: on an observed day, the customers of a segment in the history are not those of the
-- observed day before, plus those who came, less those who went; or all segments together do not
-- hold as many customers as were observed.
with

observed_days as (

    select
        segmentation,
        as_of,
        customers,
        lag(as_of) over (
            partition by segmentation
            order by as_of asc
        ) as previous_as_of
    from {{ ref("segment_observed_days") }}
    where
        dataset = {{ text_literal(dataset()) }}
        and variant = {{ text_literal(variant()) }}

),

history as (

    select *
    from {{ ref("fct_customer_segment_history") }}
    where segment_slug is not null

),

counted_periods as (

    select
        observed_days.segmentation,
        observed_days.as_of,
        history.segment_slug,
        count(*) as customers
    from observed_days
    inner join history
        on
            observed_days.segmentation = history.segmentation
            and observed_days.as_of >= history.valid_from
            and coalesce(observed_days.as_of < history.valid_to, true)
    group by
        observed_days.segmentation,
        observed_days.as_of,
        history.segment_slug

),

moves as (

    select
        segmentation,
        as_of,
        to_segment_slug as segment_slug,
        customers as came,
        0 as went
    from {{ ref("fct_segment_migrations") }}
    where
        migration in ('moved', 'renamed', 'joined')

    union all

    select
        segmentation,
        as_of,
        from_segment_slug as segment_slug,
        0 as came,
        customers as went
    from {{ ref("fct_segment_migrations") }}
    where
        migration in ('moved', 'renamed', 'left')

),

changes_in_size as (

    select
        segmentation,
        as_of,
        segment_slug,
        sum(came) - sum(went) as change_in_size
    from moves
    group by
        segmentation,
        as_of,
        segment_slug

),

all_segments as (

    select distinct
        segmentation,
        segment_slug
    from history

),

compared_sizes as (

    select
        observed_days.segmentation,
        observed_days.as_of,
        all_segments.segment_slug,
        coalesce(sizes_after.customers, 0) as customers,
        coalesce(sizes_before.customers, 0) + coalesce(changes_in_size.change_in_size, 0)
            as expected_customers
    from observed_days
    inner join all_segments
        on observed_days.segmentation = all_segments.segmentation
    left join counted_periods as sizes_after
        on
            observed_days.segmentation = sizes_after.segmentation
            and observed_days.as_of = sizes_after.as_of
            and all_segments.segment_slug = sizes_after.segment_slug
    left join counted_periods as sizes_before
        on
            observed_days.segmentation = sizes_before.segmentation
            and observed_days.previous_as_of = sizes_before.as_of
            and all_segments.segment_slug = sizes_before.segment_slug
    left join changes_in_size
        on
            observed_days.segmentation = changes_in_size.segmentation
            and observed_days.as_of = changes_in_size.as_of
            and all_segments.segment_slug = changes_in_size.segment_slug
    where observed_days.previous_as_of is not null

    union all

    select
        observed_days.segmentation,
        observed_days.as_of,
        'all segments' as segment_slug,
        coalesce(sum(counted_periods.customers), 0) as customers,
        observed_days.customers as expected_customers
    from observed_days
    left join counted_periods
        on
            observed_days.segmentation = counted_periods.segmentation
            and observed_days.as_of = counted_periods.as_of
    group by
        observed_days.segmentation,
        observed_days.as_of,
        observed_days.customers

)

select *
from compared_sizes
where customers <> expected_customers
