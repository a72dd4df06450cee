with

{% for segmentation, states in {
    "value": "int_value_states",
    "profile": "int_profile_states",
    "prospects": "int_prospect_states",
}.items() %}
    {{ segmentation }}_states as (

        select
            '{{ segmentation }}' as segmentation,
            customer_id,
            unassigned_because
        from {{ ref(states) }}

    ),
{% endfor %}
{% for segmentation in clusterings() %}
    {{ segmentation }}_assignments as (

        select
            '{{ segmentation }}' as segmentation,
            customer_id,
            segment_id,
            distance,
            cast(null as double) as probability,
            runner_up_id,
            margin,
            reason_1,
            reason_2,
            reason_3,
            model_version
        from {{ ref(segmentation ~ "_assignments") }}

    ),
{% endfor %}
prospects_assignments as (

    select
        'prospects' as segmentation,
        customer_id,
        segment_id,
        cast(null as double) as distance,
        probability,
        runner_up_id,
        margin,
        coalesce(reason_1, 'like the typical person on everything') as reason_1,
        reason_2,
        reason_3,
        model_version
    from {{ ref("prospects_assignments") }}

),

segments as (

    select
        segmentation,
        segment_id,
        segment_slug,
        segment_name
    from {{ ref("all_segments") }}

),

expected_losses as (

    select
        customer_id,
        expected_loss
    from {{ ref("int_customer_expected_loss") }}

),

-- Everybody is listed in every segmentation.
unioned_states as (

    {% for segmentation in segmentations() %}
        select * from {{ segmentation }}_states
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

unioned_assignments as (

    {% for segmentation in segmentations() %}
        select * from {{ segmentation }}_assignments
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

-- A row that lies in no dense group is in the named segment "noise"; who could not be assigned is
-- in "unassigned", and the reason says why.
named_segments as (

    select
        states.segmentation,
        states.customer_id,
        assignments.segment_id,
        case
            when assignments.segment_id is null then 'unassigned'
            else coalesce(own.segment_slug, 'noise')
        end as segment_slug,
        case
            when assignments.segment_id is null then 'Unassigned'
            else coalesce(own.segment_name, 'Noise')
        end as segment_name,
        assignments.distance,
        assignments.probability,
        runner_up.segment_slug as runner_up_slug,
        assignments.margin,
        case
            when assignments.customer_id is null then states.unassigned_because
            else assignments.reason_1
        end as reason_1,
        assignments.reason_2,
        assignments.reason_3,
        assignments.model_version,
        expected_losses.expected_loss
    from unioned_states as states
    left join unioned_assignments as assignments
        on
            states.segmentation = assignments.segmentation
            and states.customer_id = assignments.customer_id
    left join segments as own
        on
            assignments.segmentation = own.segmentation
            and assignments.segment_id = own.segment_id
    left join segments as runner_up
        on
            assignments.segmentation = runner_up.segmentation
            and assignments.runner_up_id = runner_up.segment_id
    left join expected_losses
        on states.customer_id = expected_losses.customer_id

)

select
    cast(segmentation as varchar) as segmentation,
    cast(customer_id as varchar) as customer_id,
    cast(segment_id as integer) as segment_id,
    cast(segment_slug as varchar) as segment_slug,
    cast(segment_name as varchar) as segment_name,
    cast(distance as double) as distance,
    cast(probability as double) as probability,
    cast(runner_up_slug as varchar) as runner_up_slug,
    cast(margin as double) as margin,
    cast(reason_1 as varchar) as reason_1,
    cast(reason_2 as varchar) as reason_2,
    cast(reason_3 as varchar) as reason_3,
    cast(model_version as varchar) as model_version,
    {{ as_of() }} as as_of,
    cast(expected_loss as decimal(38, 2)) as expected_loss
from named_segments
order by
    segmentation,
    customer_id
