{{ config(materialized="ephemeral", contract={"enforced": false}) }}

with

models as (

    {{ current_models() }}

),

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

-- Of a k that is auto or none, nothing is missed.
models_with_fewer_segments as (

    select
        segmentation,
        k,
        try_cast(k_asked as integer) as k_asked
    from models
    where try_cast(k_asked as integer) > k

),

fewer_segments as (

    select
        8 as topic_rank,
        'fewer segments' as topic,
        segmentation as subject,
        k_asked - k as affected,
        concat(
            'The model of ',
            segmentation,
            ' has ',
            cast(k as varchar),
            ' clusters instead of the ',
            cast(k_asked as varchar),
            ' that were asked for: those that were empty or had a smaller share of the customers'
            || ' than min_segment_share were dissolved.'
        ) as message,
        concat(
            'Ask for as many as there are, ',
            segmentation,
            '_options: {k: ',
            cast(k as varchar),
            '}, or lower min_segment_share.'
        ) as what_to_do
    from models_with_fewer_segments

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

union all

select
    topic_rank,
    topic,
    subject,
    affected,
    message,
    what_to_do
from fewer_segments
