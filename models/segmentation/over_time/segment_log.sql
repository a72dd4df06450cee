with

assignments as (

    select *
    from {{ ref("all_assignments") }}
    where segmentation in {{ in_texts(observed_segmentations()) }}

),

lrfm as (

    select *
    from {{ ref("int_customer_lrfm") }}

),

rhythm as (

    select *
    from {{ ref("int_customer_rhythm") }}

),

refunds_without_purchase as (

    select
        customer_id,
        revenue
    from {{ ref("int_refunds_without_purchase") }}

),

stored_rows as (

    select {{ segment_log_columns() | join(", ") }}
    from {{ this }}
    where
        dataset = {{ text_literal(dataset()) }}
        and variant = {{ text_literal(variant()) }}

),

measured_returns as (

    {{ late_returns("rhythm") | indent(4) }}

),

observed_customers as (

    select
        assignments.segmentation,
        assignments.customer_id,
        assignments.segment_slug,
        assignments.segment_id,
        assignments.segment_name,
        assignments.runner_up_slug,
        assignments.reason_1,
        assignments.reason_2,
        assignments.reason_3,
        assignments.model_version,
        coalesce(lrfm.monetary, refunds_without_purchase.revenue, 0) as revenue,
        {% for column in ["length_days", "recency_days", "frequency"] %}
            case when assignments.segmentation = 'value' then lrfm.{{ column }} end as {{ column }},
        {% endfor %}
        case when assignments.segmentation = 'value' then rhythm.overdue_ratio end as overdue_ratio,
        case
            when assignments.segmentation = 'value'
                then
                    {{ purchase_state("lrfm", "rhythm", "measured_returns") | indent(20) }}
        end as purchase_state
    from assignments
    cross join measured_returns
    left join lrfm
        on assignments.customer_id = lrfm.customer_id
    left join rhythm
        on assignments.customer_id = rhythm.customer_id
    left join refunds_without_purchase
        on assignments.customer_id = refunds_without_purchase.customer_id

),

counted_segmentations as (

    select
        segmentation,
        {{ as_of() }} as as_of,
        count(*) as customers,
        max(model_version) as model_version
    from observed_customers
    group by segmentation

),

-- The observed days beside this one. is_latest: no later day is stored; is_appended: nor is this
-- one.
placed_days as (

    select
        counted_segmentations.segmentation,
        counted_segmentations.as_of,
        max(case when stored_rows.as_of < counted_segmentations.as_of then stored_rows.as_of end)
            as previous_day,
        min(case when stored_rows.as_of > counted_segmentations.as_of then stored_rows.as_of end)
            as next_day,
        coalesce(max(stored_rows.as_of) <= counted_segmentations.as_of, true) as is_latest,
        coalesce(max(stored_rows.as_of) < counted_segmentations.as_of, true) as is_appended,
        max(stored_rows.as_of) as last_stored_day
    from counted_segmentations
    left join stored_rows
        on
            counted_segmentations.segmentation = stored_rows.segmentation
            and stored_rows.row_kind = 'day'
    group by
        counted_segmentations.segmentation,
        counted_segmentations.as_of

),

ranked_before as (

    select
        stored_rows.segmentation,
        stored_rows.customer_id,
        stored_rows.segment_slug,
        row_number() over (
            partition by
                stored_rows.segmentation,
                stored_rows.customer_id
            order by stored_rows.as_of desc
        ) as newest_first
    from stored_rows
    inner join placed_days
        on
            stored_rows.segmentation = placed_days.segmentation
            and stored_rows.as_of < placed_days.as_of
    where stored_rows.row_kind = 'change'

),

-- The segment of every customer on the observed day before.
segments_before as (

    select
        segmentation,
        customer_id,
        segment_slug
    from ranked_before
    where newest_first = 1

),

ranked_after as (

    select
        stored_rows.*,
        placed_days.next_day,
        row_number() over (
            partition by
                stored_rows.segmentation,
                stored_rows.customer_id
            order by stored_rows.as_of desc
        ) as newest_first
    from stored_rows
    inner join placed_days
        on
            stored_rows.segmentation = placed_days.segmentation
            and stored_rows.as_of <= placed_days.next_day
    where stored_rows.row_kind in ('change', 'unchanged')

),

models_after as (

    select
        stored_rows.segmentation,
        stored_rows.model_version
    from stored_rows
    inner join placed_days
        on
            stored_rows.segmentation = placed_days.segmentation
            and stored_rows.as_of = placed_days.next_day
    where stored_rows.row_kind = 'day'

),

-- The segment of every customer on the observed day after. Who did not change on that day is known
-- by the segment, its name and the model alone, unless it is the last of all days.
segments_after as (

    select
        ranked_after.segmentation,
        ranked_after.customer_id,
        ranked_after.segment_slug,
        ranked_after.segment_name,
        case
            when ranked_after.as_of = ranked_after.next_day then ranked_after.model_version
            when ranked_after.segment_slug <> 'unassigned' then models_after.model_version
        end as model_version,
        {{ select_details(
            "ranked_after",
            known_if="ranked_after.as_of = ranked_after.next_day",
            without=["segment_name", "model_version"],
        ) }}
    from ranked_after
    left join models_after
        on ranked_after.segmentation = models_after.segmentation
    where ranked_after.newest_first = 1

),

-- This day itself, over the day before.
compared_with_before as (

    select
        coalesce(observed_customers.segmentation, segments_before.segmentation) as segmentation,
        coalesce(observed_customers.customer_id, segments_before.customer_id) as customer_id,
        observed_customers.segment_slug,
        {{ select_details("observed_customers") }},
        coalesce(observed_customers.segment_slug <> segments_before.segment_slug, true)
        and coalesce(observed_customers.segment_slug, segments_before.segment_slug) is not null
            as is_change
    from observed_customers
    full outer join segments_before
        on
            observed_customers.segmentation = segments_before.segmentation
            and observed_customers.customer_id = segments_before.customer_id

),

-- The day after, over this one: there is no row where there is no such day.
compared_with_today as (

    select
        coalesce(segments_after.segmentation, observed_customers.segmentation) as segmentation,
        coalesce(segments_after.customer_id, observed_customers.customer_id) as customer_id,
        segments_after.segment_slug,
        {{ select_details("segments_after") }},
        coalesce(segments_after.segment_slug <> observed_customers.segment_slug, true)
        and coalesce(segments_after.segment_slug, observed_customers.segment_slug) is not null
            as is_change
    from segments_after
    full outer join observed_customers
        on
            segments_after.segmentation = observed_customers.segmentation
            and segments_after.customer_id = observed_customers.customer_id

),

-- Days that are written anew: this one and the one after; and the one before, if it was the last
-- until today and so kept those who did not change.
rewritten_rows as (

    select
        segmentation,
        as_of,
        'day' as row_kind,
        customers,
        cast(null as varchar) as customer_id,
        cast(null as varchar) as segment_slug,
        model_version,
        {{ select_details(without=["model_version"]) }}
    from counted_segmentations

    union all

    select
        compared.segmentation,
        placed_days.as_of,
        case when compared.is_change then 'change' else 'unchanged' end as row_kind,
        null as customers,
        compared.customer_id,
        compared.segment_slug,
        compared.model_version,
        {{ select_details("compared", without=["model_version"]) }}
    from compared_with_before as compared
    inner join placed_days
        on compared.segmentation = placed_days.segmentation
    where
        compared.is_change
        or (placed_days.is_latest and compared.segment_slug is not null)

    union all

    select
        compared.segmentation,
        placed_days.next_day as as_of,
        case when compared.is_change then 'change' else 'unchanged' end as row_kind,
        null as customers,
        compared.customer_id,
        compared.segment_slug,
        compared.model_version,
        {{ select_details("compared", without=["model_version"]) }}
    from compared_with_today as compared
    inner join placed_days
        on compared.segmentation = placed_days.segmentation
    where
        placed_days.next_day is not null
        and (
            compared.is_change
            or (
                placed_days.next_day = placed_days.last_stored_day
                and compared.segment_slug is not null
            )
        )

    union all

    select
        stored_rows.segmentation,
        stored_rows.as_of,
        stored_rows.row_kind,
        stored_rows.customers,
        stored_rows.customer_id,
        stored_rows.segment_slug,
        stored_rows.model_version,
        {{ select_details("stored_rows", without=["model_version"]) }}
    from stored_rows
    inner join placed_days
        on stored_rows.segmentation = placed_days.segmentation
    where
        (stored_rows.as_of = placed_days.next_day and stored_rows.row_kind = 'day')
        or (
            placed_days.is_appended
            and stored_rows.as_of = placed_days.previous_day
            and stored_rows.row_kind in ('day', 'change')
        )

)

select
    cast({{ text_literal(dataset()) }} as varchar) as dataset,
    cast({{ text_literal(variant()) }} as varchar) as variant,
    cast(segmentation as varchar) as segmentation,
    cast(as_of as date) as as_of,
    cast(row_kind as varchar) as row_kind,
    cast(customers as bigint) as customers,
    cast(customer_id as varchar) as customer_id,
    cast(segment_slug as varchar) as segment_slug,
    cast(segment_id as integer) as segment_id,
    cast(segment_name as varchar) as segment_name,
    cast(runner_up_slug as varchar) as runner_up_slug,
    cast(reason_1 as varchar) as reason_1,
    cast(reason_2 as varchar) as reason_2,
    cast(reason_3 as varchar) as reason_3,
    cast(model_version as varchar) as model_version,
    cast(revenue as decimal(38, 2)) as revenue,
    cast(length_days as integer) as length_days,
    cast(recency_days as integer) as recency_days,
    cast(frequency as bigint) as frequency,
    cast(overdue_ratio as double) as overdue_ratio,
    cast(purchase_state as varchar) as purchase_state
from rewritten_rows
order by
    segmentation,
    as_of,
    row_kind,
    customer_id
