with

chained_changes as (

    select
        segmentation,
        customer_id,
        as_of,
        segment_slug,
        segment_id,
        segment_name,
        model_version,
        revenue,
        lag(segment_slug) over customer_changes as segment_slug_before,
        lag(segment_id) over customer_changes as segment_id_before,
        lag(model_version) over customer_changes as model_version_before
    from {{ ref("segment_changes") }}
    where
        dataset = {{ text_literal(dataset()) }}
        and variant = {{ text_literal(variant()) }}
    window customer_changes as (
        partition by
            segmentation,
            customer_id
        order by as_of asc
    )

),

observed_days as (

    select
        segmentation,
        as_of,
        lag(as_of) over (
            partition by segmentation
            order by as_of asc
        ) as previous_as_of
    from {{ ref("segment_observed_days") }}
    where
        dataset = {{ text_literal(dataset()) }}
        and variant = {{ text_literal(variant()) }}

),

changes as (

    select
        segmentation,
        as_of,
        case
            when segment_slug_before is null then 'joined'
            when segment_slug is null then 'left'
            when {{ is_renamed() }} then 'renamed'
            else 'moved'
        end as migration,
        segment_slug_before as from_segment_slug,
        segment_slug as to_segment_slug,
        segment_name,
        revenue
    from chained_changes

),

-- A segment goes by its last name.
ranked_names as (

    select
        segmentation,
        to_segment_slug as segment_slug,
        segment_name,
        row_number() over (
            partition by
                segmentation,
                to_segment_slug
            order by
                as_of desc,
                segment_name asc nulls last
        ) as newest_first
    from changes
    where to_segment_slug is not null

),

named_segments as (

    select
        segmentation,
        segment_slug,
        segment_name
    from ranked_names
    where newest_first = 1

),

-- Revenue that is not known of one customer is not known of all of them.
counted_changes as (

    select
        segmentation,
        as_of,
        migration,
        from_segment_slug,
        to_segment_slug,
        count(*) as customers,
        case when count(revenue) = count(*) then sum(revenue) end as revenue
    from changes
    group by
        segmentation,
        as_of,
        migration,
        from_segment_slug,
        to_segment_slug

),

entered_and_left as (

    select
        segmentation,
        as_of,
        to_segment_slug as segment_slug,
        customers as entered,
        0 as left_customers
    from counted_changes
    where to_segment_slug is not null

    union all

    select
        segmentation,
        as_of,
        from_segment_slug as segment_slug,
        0 as entered,
        customers as left_customers
    from counted_changes
    where from_segment_slug is not null

),

summed_by_day as (

    select
        observed_days.segmentation,
        observed_days.as_of,
        observed_days.previous_as_of,
        named_segments.segment_slug,
        coalesce(sum(entered_and_left.entered), 0) as entered,
        coalesce(sum(entered_and_left.left_customers), 0) as left_customers
    from observed_days
    inner join named_segments
        on observed_days.segmentation = named_segments.segmentation
    left join entered_and_left
        on
            observed_days.segmentation = entered_and_left.segmentation
            and observed_days.as_of = entered_and_left.as_of
            and named_segments.segment_slug = entered_and_left.segment_slug
    group by
        observed_days.segmentation,
        observed_days.as_of,
        observed_days.previous_as_of,
        named_segments.segment_slug

),

-- The size of each segment on the day before is what entered up to then less what left.
sized_segments as (

    select
        segmentation,
        as_of,
        previous_as_of,
        segment_slug,
        left_customers,
        sum(entered - left_customers) over (
            partition by
                segmentation,
                segment_slug
            order by as_of asc
            rows between unbounded preceding and current row
        ) - entered + left_customers as customers_before
    from summed_by_day

),

unioned_migrations as (

    select
        counted_changes.segmentation,
        observed_days.previous_as_of,
        counted_changes.as_of,
        counted_changes.migration,
        counted_changes.from_segment_slug,
        counted_changes.to_segment_slug,
        counted_changes.customers,
        counted_changes.revenue
    from counted_changes
    inner join observed_days
        on
            counted_changes.segmentation = observed_days.segmentation
            and counted_changes.as_of = observed_days.as_of

    union all

    select
        segmentation,
        previous_as_of,
        as_of,
        'stayed' as migration,
        segment_slug as from_segment_slug,
        segment_slug as to_segment_slug,
        customers_before - left_customers as customers,
        cast(null as decimal(38, 2)) as revenue
    from sized_segments
    where customers_before > left_customers

),

shared_migrations as (

    select
        migrations.*,
        from_segments.segment_name as from_segment_name,
        to_segments.segment_name as to_segment_name,
        sized_segments.customers_before
    from unioned_migrations as migrations
    left join named_segments as from_segments
        on
            migrations.segmentation = from_segments.segmentation
            and migrations.from_segment_slug = from_segments.segment_slug
    left join named_segments as to_segments
        on
            migrations.segmentation = to_segments.segmentation
            and migrations.to_segment_slug = to_segments.segment_slug
    left join sized_segments
        on
            migrations.segmentation = sized_segments.segmentation
            and migrations.as_of = sized_segments.as_of
            and migrations.from_segment_slug = sized_segments.segment_slug
    -- Nothing was before the first day.
    where migrations.previous_as_of is not null

)

select
    cast(segmentation as varchar) as segmentation,
    cast(previous_as_of as date) as previous_as_of,
    cast(as_of as date) as as_of,
    cast(migration as varchar) as migration,
    cast(from_segment_slug as varchar) as from_segment_slug,
    cast(from_segment_name as varchar) as from_segment_name,
    cast(to_segment_slug as varchar) as to_segment_slug,
    cast(to_segment_name as varchar) as to_segment_name,
    cast(customers as bigint) as customers,
    cast(customers as double) / customers_before as share_of_from,
    cast(revenue as decimal(38, 2)) as revenue
from shared_migrations
order by
    segmentation,
    as_of,
    from_segment_slug nulls first,
    to_segment_slug nulls last,
    migration
