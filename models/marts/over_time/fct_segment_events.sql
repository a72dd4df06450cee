with

fits as (

    select
        segmentation,
        model_number,
        model_version,
        as_of,
        succession
    from {{ ref("all_models") }}
    where
        dataset = {{ text_literal(dataset()) }}
        and variant = {{ text_literal(variant()) }}
        and succession is not null

),

earlier_segments as (

    select
        fits.segmentation,
        fits.model_number,
        cluster.segment_id,
        cluster.segment_slug,
        cluster.segment_name,
        cluster.spread
    from fits
    cross join {{ unnest_rows("fits.succession.before", "cluster") }}

),

later_segments as (

    select
        fits.segmentation,
        fits.model_number,
        cluster.segment_id,
        cluster.segment_slug,
        cluster.segment_name,
        cluster.spread
    from fits
    cross join {{ unnest_rows("fits.succession.after", "cluster") }}

),

-- Pairs with a state or with noise find no cluster.
paired_segments as (

    select
        fits.segmentation,
        fits.model_number,
        pair.before_id,
        pair.after_id,
        pair.customers,
        pair.shift,
        sum(pair.customers) over (
            partition by
                fits.segmentation,
                fits.model_number,
                pair.before_id
        ) as customers_before,
        sum(pair.customers) over (
            partition by
                fits.segmentation,
                fits.model_number,
                pair.after_id
        ) as customers_after
    from fits
    cross join {{ unnest_rows("fits.succession.shared", "pair") }}
    inner join earlier_segments
        on
            fits.segmentation = earlier_segments.segmentation
            and fits.model_number = earlier_segments.model_number
            and pair.before_id = earlier_segments.segment_id
    inner join later_segments
        on
            fits.segmentation = later_segments.segmentation
            and fits.model_number = later_segments.model_number
            and pair.after_id = later_segments.segment_id

),

shared_pairs as (

    select
        segmentation,
        model_number,
        before_id,
        after_id,
        customers,
        shift,
        customers_before,
        customers_after,
        case
            when customers_before > 0 then cast(customers as double) / customers_before
        end as share_of_from,
        case
            when customers_after > 0 then cast(customers as double) / customers_after
        end as share_of_to
    from paired_segments

),

-- Above a half, one later segment at most has so many.
heirs as (

    select
        segmentation,
        model_number,
        before_id,
        after_id,
        customers,
        case
            when
                count(*) over (
                    partition by
                        segmentation,
                        model_number,
                        after_id
                ) > 1
                then 'merged'
            else 'survived'
        end as event_kind
    from shared_pairs
    where share_of_from >= {{ segment_survival_share() }}

),

-- Shares are divided once, after the sum: three tenths and four tenths are seven.
parts as (

    select
        shared_pairs.segmentation,
        shared_pairs.model_number,
        shared_pairs.before_id,
        shared_pairs.after_id,
        cast(
            sum(shared_pairs.customers) over (
                partition by
                    shared_pairs.segmentation,
                    shared_pairs.model_number,
                    shared_pairs.before_id
            ) as double
        ) / shared_pairs.customers_before as share_in_parts
    from shared_pairs
    left join heirs
        on
            shared_pairs.segmentation = heirs.segmentation
            and shared_pairs.model_number = heirs.model_number
            and shared_pairs.before_id = heirs.before_id
    where
        shared_pairs.share_of_from >= {{ segment_split_share() }}
        and heirs.before_id is null

),

continued_segments as (

    select
        segmentation,
        model_number,
        event_kind,
        before_id,
        after_id
    from heirs

    union all

    select
        segmentation,
        model_number,
        'split' as event_kind,
        before_id,
        after_id
    from parts
    where share_in_parts >= {{ segment_survival_share() }}

),

vanished_segments as (

    select
        earlier_segments.segmentation,
        earlier_segments.model_number,
        'vanished' as event_kind,
        earlier_segments.segment_id as before_id,
        cast(null as integer) as after_id
    from earlier_segments
    left join continued_segments
        on
            earlier_segments.segmentation = continued_segments.segmentation
            and earlier_segments.model_number = continued_segments.model_number
            and earlier_segments.segment_id = continued_segments.before_id
    where continued_segments.before_id is null

),

emerged_segments as (

    select
        later_segments.segmentation,
        later_segments.model_number,
        'emerged' as event_kind,
        cast(null as integer) as before_id,
        later_segments.segment_id as after_id
    from later_segments
    left join continued_segments
        on
            later_segments.segmentation = continued_segments.segmentation
            and later_segments.model_number = continued_segments.model_number
            and later_segments.segment_id = continued_segments.after_id
    where continued_segments.after_id is null

),

unioned_events as (

    select
        segmentation,
        model_number,
        event_kind,
        before_id,
        after_id
    from continued_segments

    union all

    select
        segmentation,
        model_number,
        event_kind,
        before_id,
        after_id
    from vanished_segments

    union all

    select
        segmentation,
        model_number,
        event_kind,
        before_id,
        after_id
    from emerged_segments

),

sized_earlier_segments as (

    select
        segmentation,
        model_number,
        before_id,
        max(customers_before) as customers
    from paired_segments
    group by
        segmentation,
        model_number,
        before_id

),

sized_later_segments as (

    select
        segmentation,
        model_number,
        after_id,
        max(customers_after) as customers
    from paired_segments
    group by
        segmentation,
        model_number,
        after_id

),

described_events as (

    select
        events.segmentation,
        fits.model_number,
        fits.model_version,
        fits.succession.before_version as previous_version,
        fits.as_of,
        events.event_kind,
        events.before_id as from_segment_id,
        earlier_segments.segment_slug as from_segment_slug,
        earlier_segments.segment_name as from_segment_name,
        events.after_id as to_segment_id,
        later_segments.segment_slug as to_segment_slug,
        later_segments.segment_name as to_segment_name,
        earlier_segments.segment_slug = later_segments.segment_slug as keeps_slug,
        shared_pairs.customers as shared_customers,
        sized_earlier_segments.customers as customers_before,
        sized_later_segments.customers as customers_after,
        shared_pairs.share_of_from,
        shared_pairs.share_of_to,
        shared_pairs.shift,
        earlier_segments.spread as spread_before,
        later_segments.spread as spread_after
    from unioned_events as events
    inner join fits
        on
            events.segmentation = fits.segmentation
            and events.model_number = fits.model_number
    left join earlier_segments
        on
            events.segmentation = earlier_segments.segmentation
            and events.model_number = earlier_segments.model_number
            and events.before_id = earlier_segments.segment_id
    left join later_segments
        on
            events.segmentation = later_segments.segmentation
            and events.model_number = later_segments.model_number
            and events.after_id = later_segments.segment_id
    left join sized_earlier_segments
        on
            events.segmentation = sized_earlier_segments.segmentation
            and events.model_number = sized_earlier_segments.model_number
            and events.before_id = sized_earlier_segments.before_id
    left join sized_later_segments
        on
            events.segmentation = sized_later_segments.segmentation
            and events.model_number = sized_later_segments.model_number
            and events.after_id = sized_later_segments.after_id
    left join shared_pairs
        on
            events.segmentation = shared_pairs.segmentation
            and events.model_number = shared_pairs.model_number
            and events.before_id = shared_pairs.before_id
            and events.after_id = shared_pairs.after_id

)

select
    cast(segmentation as varchar) as segmentation,
    cast(model_version as varchar) as model_version,
    cast(previous_version as varchar) as previous_version,
    cast(as_of as date) as as_of,
    cast(event_kind as varchar) as event_kind,
    cast(from_segment_slug as varchar) as from_segment_slug,
    cast(from_segment_name as varchar) as from_segment_name,
    cast(to_segment_slug as varchar) as to_segment_slug,
    cast(to_segment_name as varchar) as to_segment_name,
    keeps_slug,
    cast(shared_customers as bigint) as shared_customers,
    cast(customers_before as bigint) as customers_before,
    cast(customers_after as bigint) as customers_after,
    cast(share_of_from as double) as share_of_from,
    cast(share_of_to as double) as share_of_to,
    cast(shift as double) as shift_of_centre,
    cast(spread_before as double) as spread_before,
    cast(spread_after as double) as spread_after
from described_events
order by
    segmentation,
    model_number,
    from_segment_id nulls last,
    to_segment_id nulls last
