with

changes as (

    select *
    from {{ ref("segment_changes") }}
    where
        dataset = {{ text_literal(dataset()) }}
        and variant = {{ text_literal(variant()) }}

),

observed_days as (

    select
        segmentation,
        as_of,
        model_version,
        model_fitted_as_of,
        lag(model_version) over (
            partition by segmentation
            order by as_of asc
        ) as model_before,
        min(as_of) over (partition by segmentation) as first_day,
        max(as_of) over (partition by segmentation) as last_day
    from {{ ref("segment_observed_days") }}
    where
        dataset = {{ text_literal(dataset()) }}
        and variant = {{ text_literal(variant()) }}

),

chained_changes as (

    select
        segmentation,
        customer_id,
        as_of,
        segment_slug,
        segment_id,
        segment_name,
        runner_up_slug,
        reason_1,
        reason_2,
        reason_3,
        model_version,
        purchase_state,
        {% for column, name, unit, decimals in compared_values() %}
            {{ column }},
            lag({{ column }}) over customer_changes as {{ column }}_before,
        {% endfor %}
        lag(purchase_state) over customer_changes as purchase_state_before,
        lag(as_of) over customer_changes as previous_from,
        lag(segment_slug) over customer_changes as segment_slug_before,
        lag(segment_id) over customer_changes as segment_id_before,
        lag(model_version) over customer_changes as model_version_before,
        lag(segment_name) over customer_changes as previous_segment_name,
        lead(as_of) over customer_changes as valid_to
    from changes
    window customer_changes as (
        partition by
            segmentation,
            customer_id
        order by as_of asc
    )

),

marked_changes as (

    select
        *,
        {{ is_renamed() }} as is_renamed
    from chained_changes

),

dated_changes as (

    select
        marked_changes.*,
        observed_days.last_day,
        case
            when marked_changes.model_version is not null
                then observed_days.model_fitted_as_of > marked_changes.as_of
        end as model_fitted_later,
        case
            when marked_changes.segment_slug is null then 'left'
            when marked_changes.is_renamed then 'renamed'
            when marked_changes.segment_slug_before is not null then 'moved'
            when marked_changes.previous_from is not null then 'returned'
            when marked_changes.as_of = observed_days.first_day then 'first observed'
            else 'joined'
        end as entry,
        case
            when
                marked_changes.segment_slug is not null
                and marked_changes.segment_slug_before is not null
                then
                    coalesce(observed_days.model_version, '')
                    <> coalesce(observed_days.model_before, '')
        end as is_new_model
    from marked_changes
    inner join observed_days
        on
            marked_changes.segmentation = observed_days.segmentation
            and marked_changes.as_of = observed_days.as_of

),

-- Of the segmentation value alone: others keep no values that could have moved anybody. Changes
-- have long texts: values are compared within a row, so that no rows wait in memory for others.
measured_values as (

    select
        *,
        {% for column, name, unit, decimals in compared_values() %}
            case
                when
                    segmentation = 'value'
                    and entry = 'moved'
                    then {{ size_of_change(column ~ "_before", column) | indent(8) }}
            end as {{ column }}_size{% if not loop.last %},{% endif %}
        {% endfor %}
    from dated_changes

),

ranked_values as (

    select
        *,
        {% for column, name, unit, decimals in compared_values() %}
            {{ place_of_change(column) }} as {{ column }}_place{% if not loop.last %},{% endif %}
        {% endfor %}
    from measured_values

),

worded_values as (

    select
        *,
        case
            when
                entry = 'moved'
                and purchase_state <> purchase_state_before
                then concat('state ', purchase_state_before, ' → ', purchase_state)
        end as state_change,
        {% for place, change in [(1, "largest_change"), (2, "second_change")] %}
            case
                {% for column, name, unit, decimals in compared_values() %}
                    when {{ column }}_place = {{ place }}
                        then {{ change_in_words(column ~ "_before", column, name, unit, decimals) }}
                {% endfor %}
            end as {{ change }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from ranked_values

)

select
    cast(segmentation as varchar) as segmentation,
    cast(customer_id as varchar) as customer_id,
    cast(segment_slug as varchar) as segment_slug,
    cast(segment_name as varchar) as segment_name,
    cast(as_of as date) as valid_from,
    cast(valid_to as date) as valid_to,
    valid_to is null as is_current,
    cast({{ dbt.datediff("as_of", "coalesce(valid_to, last_day)", "day") }} as integer) as days,  -- noqa: LT05
    cast(entry as varchar) as entry,
    cast(segment_slug_before as varchar) as previous_segment_slug,
    cast(previous_segment_name as varchar) as previous_segment_name,
    cast(nullif(concat_ws('; ', state_change, largest_change, second_change), '') as varchar)
        as moved_by,
    cast(is_new_model as boolean) as is_new_model,
    cast(runner_up_slug as varchar) as runner_up_slug,
    cast(reason_1 as varchar) as reason_1,
    cast(reason_2 as varchar) as reason_2,
    cast(reason_3 as varchar) as reason_3,
    cast(model_version as varchar) as model_version,
    cast(model_fitted_later as boolean) as model_fitted_later,
    cast(last_day as date) as last_observed_on
from worded_values
order by
    segmentation,
    customer_id,
    valid_from
