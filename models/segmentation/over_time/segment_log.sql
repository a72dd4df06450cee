with

-- Assignments and stored rows have long texts. What reads them is read once, so that it streams;
-- what is compared is a CTE of its own, without texts, which may stay in memory.
assignments as (

    select *
    from {{ ref("all_assignments") }}
    where segmentation in {{ in_texts(observed_segmentations()) }}

),

assigned_models as (

    select
        segmentation,
        model_version
    from {{ ref("all_assignments") }}
    where segmentation in {{ in_texts(observed_segmentations()) }}

),

assigned_customers as (

    select
        segmentation,
        customer_id
    from {{ ref("all_assignments") }}
    where segmentation in {{ in_texts(observed_segmentations()) }}

),

assigned_segments as (

    select
        segmentation,
        customer_id,
        segment_slug
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

last_returns as (

    select last_return_ratio
    from {{ ref("int_customer_rhythm") }}

),

refunds_without_purchase as (

    select
        customer_id,
        revenue
    from {{ ref("int_refunds_without_purchase") }}

),

stored_days as (

    select
        segmentation,
        as_of,
        customers,
        model_version
    from {{ this }}
    where
        dataset = {{ text_literal(dataset()) }}
        and variant = {{ text_literal(variant()) }}
        and row_kind = 'day'

),

stored_segments as (

    select
        segmentation,
        as_of,
        row_kind,
        customer_id,
        segment_slug
    from {{ this }}
    where
        dataset = {{ text_literal(dataset()) }}
        and variant = {{ text_literal(variant()) }}
        and row_kind in ('change', 'unchanged')

),

-- Rows of days are left in: they have no customer and join with nobody, and with one condition
-- more an engine would guess that there are few rows, and keep these when it joins them.
stored_details as (

    select
        segmentation,
        as_of,
        customer_id,
        segment_slug,
        {{ select_details("kept") }}
    from {{ this }} as kept
    where
        dataset = {{ text_literal(dataset()) }}
        and variant = {{ text_literal(variant()) }}

),

stored_changes as (

    select
        segmentation,
        as_of,
        customer_id,
        segment_slug,
        {{ select_details("kept") }}
    from {{ this }} as kept
    where
        dataset = {{ text_literal(dataset()) }}
        and variant = {{ text_literal(variant()) }}
        and row_kind = 'change'

),

measured_returns as (

    {{ late_returns("last_returns") | indent(4) }}

),

-- Counted one by one: an engine then knows that there are few of them, and keeps these in memory
-- when it joins them, not the customers.
counted_segmentations as (

    {% for segmentation in segmentations() %}
        select
            {{ text_literal(segmentation) }} as segmentation,
            count(*) as customers,
            max(model_version) as model_version
        from assigned_models
        where segmentation = {{ text_literal(segmentation) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

days_beside as (

    {% for segmentation in segmentations() %}
        select
            {{ text_literal(segmentation) }} as segmentation,
            max(case when as_of < {{ as_of() }} then as_of end) as previous_day,
            min(case when as_of > {{ as_of() }} then as_of end) as next_day,
            coalesce(max(as_of) <= {{ as_of() }}, true) as is_latest,
            coalesce(max(as_of) < {{ as_of() }}, true) as is_appended,
            max(as_of) as last_stored_day
        from stored_days
        where segmentation = {{ text_literal(segmentation) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

models_of_next_day as (

    {% for segmentation in segmentations() %}
        select
            {{ text_literal(segmentation) }} as segmentation,
            max(stored_days.model_version) as model_version
        from stored_days
        inner join days_beside
            on
                stored_days.segmentation = days_beside.segmentation
                and stored_days.as_of = days_beside.next_day
        where stored_days.segmentation = {{ text_literal(segmentation) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

-- The observed days beside this one. is_latest: no later day is stored; is_appended: nor is this
-- one.
placed_days as (

    select
        counted_segmentations.segmentation,
        counted_segmentations.customers,
        counted_segmentations.model_version,
        {{ as_of() }} as as_of,
        days_beside.previous_day,
        days_beside.next_day,
        models_of_next_day.model_version as next_model_version,
        days_beside.is_latest,
        days_beside.is_appended,
        days_beside.last_stored_day
    from counted_segmentations
    inner join days_beside
        on counted_segmentations.segmentation = days_beside.segmentation
    inner join models_of_next_day
        on counted_segmentations.segmentation = models_of_next_day.segmentation
    where counted_segmentations.customers > 0

),

ranked_before as (

    select
        segmentation,
        customer_id,
        segment_slug,
        row_number() over (
            partition by
                segmentation,
                customer_id
            order by as_of desc
        ) as newest_first
    from stored_segments
    where
        row_kind = 'change'
        and as_of < {{ as_of() }}

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
        stored_segments.segmentation,
        stored_segments.customer_id,
        stored_segments.segment_slug,
        stored_segments.as_of,
        row_number() over (
            partition by
                stored_segments.segmentation,
                stored_segments.customer_id
            order by stored_segments.as_of desc
        ) as newest_first
    from stored_segments
    inner join placed_days
        on
            stored_segments.segmentation = placed_days.segmentation
            and stored_segments.as_of <= placed_days.next_day

),

-- The segment of every customer on the observed day after, and the day that it is stored of.
segments_after as (

    select
        segmentation,
        customer_id,
        segment_slug,
        as_of
    from ranked_after
    where newest_first = 1

),

-- What is kept of those who are observed.
described_customers as (

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

-- This day itself, over the day before.
compared_with_before as (

    select
        described_customers.segmentation,
        described_customers.customer_id,
        described_customers.segment_slug,
        {{ select_details("described_customers") }},
        coalesce(described_customers.segment_slug <> segments_before.segment_slug, true)
            as is_change
    from described_customers
    left join segments_before
        on
            described_customers.segmentation = segments_before.segmentation
            and described_customers.customer_id = segments_before.customer_id

    union all

    select
        segments_before.segmentation,
        segments_before.customer_id,
        null as segment_slug,
        {{ select_details() }},
        true as is_change
    from segments_before
    where
        segments_before.segment_slug is not null
        and not exists (
            select 1
            from assigned_customers
            where
                assigned_customers.segmentation = segments_before.segmentation
                and assigned_customers.customer_id = segments_before.customer_id
        )

),

segments_until_next_day as (

    select
        segmentation,
        customer_id,
        segment_slug
    from assigned_segments
    where
        segmentation in (
            select placed_days.segmentation
            from placed_days
            where placed_days.next_day is not null
        )

),

-- The day after, over this one: there is no row where there is no such day.
compared_segments as (

    select
        coalesce(later.segmentation, today.segmentation) as segmentation,
        coalesce(later.customer_id, today.customer_id) as customer_id,
        later.as_of,
        coalesce(later.segment_slug <> today.segment_slug, true)
        and coalesce(later.segment_slug, today.segment_slug) is not null as is_change
    from segments_after as later
    full outer join segments_until_next_day as today
        on
            later.segmentation = today.segmentation
            and later.customer_id = today.customer_id

),

-- What is stored of the day after itself is kept: of those who changed; of the last of all days, of
-- everybody. Of others the segment and its name are known, and the model of that day.
compared_with_today as (

    select
        stored_details.segmentation,
        stored_details.customer_id,
        stored_details.segment_slug,
        stored_details.segment_name,
        case
            when stored_details.as_of = placed_days.next_day then stored_details.model_version
            when stored_details.segment_slug <> 'unassigned' then placed_days.next_model_version
        end as model_version,
        {{ select_details(
            "stored_details",
            known_if="stored_details.as_of = placed_days.next_day",
            without=["segment_name", "model_version"],
        ) }},
        compared_segments.is_change
    from stored_details
    inner join compared_segments
        on
            stored_details.segmentation = compared_segments.segmentation
            and stored_details.customer_id = compared_segments.customer_id
            and stored_details.as_of = compared_segments.as_of
    inner join placed_days
        on stored_details.segmentation = placed_days.segmentation

    union all

    select
        segmentation,
        customer_id,
        null as segment_slug,
        null as segment_name,
        null as model_version,
        {{ select_details(without=["segment_name", "model_version"]) }},
        is_change
    from compared_segments
    where as_of is null

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
    from placed_days

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
        stored_days.segmentation,
        stored_days.as_of,
        'day' as row_kind,
        stored_days.customers,
        cast(null as varchar) as customer_id,
        cast(null as varchar) as segment_slug,
        stored_days.model_version,
        {{ select_details(without=["model_version"]) }}
    from stored_days
    inner join placed_days
        on stored_days.segmentation = placed_days.segmentation
    where
        stored_days.as_of = placed_days.next_day
        or (placed_days.is_appended and stored_days.as_of = placed_days.previous_day)

    union all

    select
        stored_changes.segmentation,
        stored_changes.as_of,
        'change' as row_kind,
        null as customers,
        stored_changes.customer_id,
        stored_changes.segment_slug,
        stored_changes.model_version,
        {{ select_details("stored_changes", without=["model_version"]) }}
    from stored_changes
    inner join placed_days
        on
            stored_changes.segmentation = placed_days.segmentation
            and stored_changes.as_of = placed_days.previous_day
    where placed_days.is_appended

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
