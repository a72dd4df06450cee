{{ config(materialized="ephemeral", contract={"enforced": false}) }}

with

rows_read as (

    select
        source_table,
        rows_read,
        rows_rejected
    from {{ ref("rpt_rows_read") }}

),

customer_segments as (

    select
        segmentation,
        segment_slug,
        reason_1
    from {{ ref("fct_customer_segments") }}

),

profile_features as (

    select customer_id
    from {{ ref("int_profile_features") }}

),

prospects as (

    select customer_id
    from {{ ref("int_prospect_states") }}
    where prospect_state = 'prospect'

),

-- Nobody has a segment, although the data are there.
segmentations as (

    select
        'value' as segmentation,
        sum(rows_read) as expected
    from rows_read
    where source_table in ('orders', 'customer_activity')
    union all
    select
        'profile' as segmentation,
        count(*) as expected
    from profile_features
    union all
    select
        'prospects' as segmentation,
        count(*) as expected
    from prospects

),

counted_customers as (

    select
        segmentation,
        count(*) as customers,
        count(case when segment_slug not in ('unassigned', 'noise') then 1 end) as segmented
    from customer_segments
    group by segmentation

),

counted_reasons as (

    select
        segmentation,
        reason_1,
        row_number() over (
            partition by segmentation
            order by count(*) desc, reason_1 asc
        ) as most_frequent_first
    from customer_segments
    group by
        segmentation,
        reason_1

),

counted_segmentations as (

    select
        segmentations.segmentation,
        segmentations.expected,
        coalesce(counted_customers.customers, 0) as customers,
        coalesce(counted_customers.segmented, 0) as segmented,
        sum(coalesce(counted_customers.segmented, 0)) over () as segmented_anywhere,
        counted_reasons.reason_1
    from segmentations
    left join counted_customers
        on segmentations.segmentation = counted_customers.segmentation
    left join counted_reasons
        on
            segmentations.segmentation = counted_reasons.segmentation
            and counted_reasons.most_frequent_first = 1

),

nobody_at_all as (

    select
        6 as topic_rank,
        'no segments' as topic,
        'all segmentations' as subject,
        max(customers) as affected,
        case
            when max(customers) = 0 then 'Nobody has a segment: no customer was accepted.'
            else 'Nobody has a segment in any segmentation.'
        end as message,
        'Look at rpt_rows_read, rpt_rejects and the reasons in fct_customer_segments.'
            as what_to_do
    from counted_segmentations
    where segmented_anywhere = 0
    having count(*) > 0

),

nobody_in_one as (

    select
        6 as topic_rank,
        'no segments' as topic,
        segmentation as subject,
        customers as affected,
        concat(
            'Nobody has a segment of ', segmentation, ', most often because: ', reason_1, '.'
        ) as message,
        'Look at the reasons in fct_customer_segments.' as what_to_do
    from counted_segmentations
    where
        segmented_anywhere > 0
        and segmented = 0
        and expected > 0

)

select
    topic_rank,
    topic,
    subject,
    affected,
    message,
    what_to_do
from nobody_at_all

union all

select
    topic_rank,
    topic,
    subject,
    affected,
    message,
    what_to_do
from nobody_in_one
