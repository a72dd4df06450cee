{{ config(materialized="ephemeral", contract={"enforced": false}) }}

with

segments as (

    select
        segmentation,
        segment_slug,
        segment_name,
        customers,
        strategy,
        named_by
    from {{ ref("dim_segments") }}
    where segment_slug not in ('unassigned', 'noise')

),

-- How many prospects are in a segment says who came lately, not how good the segments are:
-- prospects are left out. A state is as large as its condition makes it.
shares_of_segments as (

    select
        segmentation,
        segment_name,
        customers,
        sum(customers) over (partition by segmentation) as segmented_customers
    from segments
    where segmentation <> 'prospects' and coalesce(named_by, '') <> 'state'

),

small_segments as (

    select
        4 as topic_rank,
        'small segment' as topic,
        concat(segmentation, ': ', segment_name) as subject,
        customers as affected,
        concat(
            'The segment ',
            segment_name,
            ' of ',
            segmentation,
            ' holds ',
            {{ as_percentage("customers / cast(segmented_customers as double)") }},
            ' of the customers with a segment (',
            {{ with_commas("customers") }},
            ' of ',
            {{ with_commas("segmented_customers") }},
            ').'
        ) as message,
        'Ask for fewer segments, or clip outliers; or fit again, if the customers changed.'
            as what_to_do
    from shares_of_segments
    where customers < 0.01 * segmented_customers

),

-- Segments of which the playbook does not say what to do.
segments_without_strategy as (

    select
        5 as topic_rank,
        'no strategy' as topic,
        segmentation as subject,
        count(*) as affected,
        concat(
            'The playbook has no strategy for these segments of ',
            segmentation,
            ': ',
            {{ dbt.listagg("segment_slug", "', '", "order by segment_slug") }},
            '.'
        ) as message,
        'Add a row for each to the seed segment_playbook.' as what_to_do
    from segments
    where coalesce(trim(strategy), '') = ''
    group by segmentation

)

select
    topic_rank,
    topic,
    subject,
    affected,
    message,
    what_to_do
from small_segments

union all

select
    topic_rank,
    topic,
    subject,
    affected,
    message,
    what_to_do
from segments_without_strategy
