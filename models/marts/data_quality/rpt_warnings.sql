with

rows_read as (

    select
        source_table,
        rows_read,
        rows_rejected
    from {{ ref("rpt_rows_read") }}

),

reject_reasons as (

    select
        source_table,
        reason,
        rows_rejected
    from {{ ref("rpt_reject_reasons") }}
    where reason_rank = 1

),

last_purchases as (

    select max(last_purchase_on) as last_purchase_on
    from {{ ref("int_customer_activity") }}

),

dated_purchases as (

    select
        last_purchase_on,
        {{ dbt.datediff(
            "last_purchase_on", as_of(), "day"
        ) }} as days_before_as_of
    from last_purchases

),

models as (

    select
        segmentation,
        features_dropped
    from {{ ref("all_models") }}
    where is_of_this_build

),

segments as (

    select
        segmentation,
        segment_slug,
        segment_name,
        customers,
        strategy
    from {{ ref("dim_segments") }}
    where segment_slug not in ('unassigned', 'noise')

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

unknown_values as (

    select
        source_column,
        value,
        customers,
        row_number() over (
            partition by source_column
            order by customers desc, value asc
        ) as most_frequent_first
    from {{ ref("rpt_unknown_values") }}

),

-- 1. Rows that were rejected.
rejected_rows as (

    select
        1 as topic_rank,
        'rejected rows' as topic,
        rows_read.source_table as subject,
        rows_read.rows_rejected as affected,
        concat(
            {{ as_percentage("rows_read.rows_rejected / cast(rows_read.rows_read as double)") }},
            ' of the rows of ',
            rows_read.source_table,
            ' were rejected (',
            {{ with_commas("rows_read.rows_rejected") }},
            ' of ',
            {{ with_commas("rows_read.rows_read") }},
            '), most often because: ',
            reject_reasons.reason,
            ' (',
            {{ with_commas("reject_reasons.rows_rejected") }},
            ').'
        ) as message,
        'Look at rpt_rejects, and mend the source; max_rejected_share says how many are fine.'
            as what_to_do
    from rows_read
    inner join reject_reasons
        on rows_read.source_table = reject_reasons.source_table
    where rows_read.rows_rejected > {{ max_rejected_share() }} * rows_read.rows_read

),

-- 2. A day long after the data end: recency then says how old the data are, not the customers.
late_days as (

    select
        2 as topic_rank,
        'as_of' as topic,
        'purchases' as subject,
        days_before_as_of as affected,
        concat(
            'The last purchase is of ',
            cast(last_purchase_on as varchar),
            ', ',
            {{ with_commas("days_before_as_of") }},
            ' days before as_of (',
            cast({{ as_of() }} as varchar),
            '): all customers look as if they had left.'
        ) as message,
        concat(
            'Build as of that day: --vars ''as_of: ', cast(last_purchase_on as varchar), '''.'
        ) as what_to_do
    from dated_purchases
    where days_before_as_of > 90

),

-- 3. Features that the configuration names and the fit could not use.
split_features as (

    select
        segmentation,
        {{ split_text("features_dropped", "; ") }} as features
    from models
    where features_dropped <> ''

),

listed_features as (

    select
        split_features.segmentation,
        {{ dbt.split_part("dropped", "': '", 1) }} as feature,
        {{ dbt.split_part("dropped", "': '", 2) }} as dropped_because
    from split_features
    cross join {{ unnest_rows("split_features.features", "dropped") }}

),

dropped_together as (

    select
        segmentation,
        count(*) as features,
        concat(
            {{ dbt.listagg("feature", "', '", "order by feature") }},
            ' (',
            dropped_because,
            ')'
        ) as reason_group
    from listed_features
    group by
        segmentation,
        dropped_because

),

dropped_features as (

    select
        3 as topic_rank,
        'dropped features' as topic,
        segmentation as subject,
        sum(features) as affected,
        concat(
            'The model of ',
            segmentation,
            ' was fitted without ',
            {{ dbt.listagg("reason_group", "', '", "order by reason_group") }},
            '.'
        ) as message,
        concat(
            'Bring these columns, or name the features without them: ',
            segmentation,
            '_options: {features: [...]}.'
        ) as what_to_do
    from dropped_together
    group by segmentation

),

-- 4. How many prospects are in a segment says who came lately, not how good the segments are:
-- prospects are left out.
shares_of_segments as (

    select
        segmentation,
        segment_name,
        customers,
        sum(customers) over (partition by segmentation) as segmented_customers
    from segments
    where segmentation <> 'prospects'

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

-- 5. Segments of which the playbook does not say what to do.
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

),

-- 6. Nobody has a segment, although the data are there.
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

),

-- 7. Values that were kept as they are.
values_to_translate as (

    select
        7 as topic_rank,
        'unknown values' as topic,
        source_column as subject,
        sum(customers) as affected,
        concat(
            'Column ',
            source_column,
            ' has values that seeds/source_values.csv does not know: ',
            {{ with_commas("count(*)") }},
            ', most often ''',
            max(case when most_frequent_first = 1 then value end),
            '''.'
        ) as message,
        'Add a row to the seed for each that rpt_unknown_values lists.' as what_to_do
    from unknown_values
    group by source_column

),

warnings as (

    {% for topic in [
        "rejected_rows",
        "late_days",
        "dropped_features",
        "small_segments",
        "segments_without_strategy",
        "nobody_at_all",
        "nobody_in_one",
        "values_to_translate",
    ] %}
        select
            topic_rank,
            topic,
            subject,
            affected,
            message,
            what_to_do
        from {{ topic }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

numbered_warnings as (

    select
        *,
        row_number() over (order by topic_rank asc, subject asc) as warning_number
    from warnings

)

select
    cast(warning_number as integer) as warning_number,
    cast(topic as varchar) as topic,
    cast(subject as varchar) as subject,
    cast(affected as bigint) as affected,
    cast(message as varchar) as message,
    cast(what_to_do as varchar) as what_to_do
from numbered_warnings
order by warning_number
