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
        from {{ in_any_file(ref(states)) }}

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
        from {{ in_any_file(ref(segmentation ~ "_assignments")) }}

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
    from {{ in_any_file(ref("prospects_assignments")) }}

),

-- Assignments have long texts. They are read once, so that they stream: what is compared with them
-- has the ids alone.
{% for segmentation in segmentations() %}
    {{ segmentation }}_assigned as (

        select customer_id
        from {{ in_any_file(ref(segmentation ~ "_assignments")) }}

    ),
{% endfor %}
segments as (

    select
        segmentation,
        segment_id,
        segment_slug,
        segment_name
    from {{ in_any_file(ref("all_segments")) }}

),

-- Customers without an assignment have the reason.
{% for segmentation in segmentations() %}
    {{ segmentation }}_unassigned as (

        select
            states.segmentation,
            states.customer_id,
            cast(null as integer) as segment_id,
            cast(null as double) as distance,
            cast(null as double) as probability,
            cast(null as integer) as runner_up_id,
            cast(null as double) as margin,
            states.unassigned_because as reason_1,
            cast(null as varchar) as reason_2,
            cast(null as varchar) as reason_3,
            cast(null as varchar) as model_version
        from {{ segmentation }}_states as states
        where
            not exists (
                select 1
                from {{ segmentation }}_assigned as assigned
                where assigned.customer_id = states.customer_id
            )

    ),
{% endfor %}
-- Everybody is listed in every segmentation.
listed_customers as (

    {% for segmentation in segmentations() %}
        select * from {{ segmentation }}_assignments
        union all
        select * from {{ segmentation }}_unassigned
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

-- A row that lies in no dense group is in the named segment "noise"; who could not be assigned is
-- in "unassigned", and the reason says why.
named_segments as (

    select
        customers.segmentation,
        customers.customer_id,
        customers.segment_id,
        case
            when customers.segment_id is null then 'unassigned'
            else coalesce(own.segment_slug, 'noise')
        end as segment_slug,
        case
            when customers.segment_id is null then 'Unassigned'
            else coalesce(own.segment_name, 'Noise')
        end as segment_name,
        customers.distance,
        customers.probability,
        runner_up.segment_slug as runner_up_slug,
        customers.margin,
        customers.reason_1,
        customers.reason_2,
        customers.reason_3,
        customers.model_version
    from listed_customers as customers
    left join segments as own
        on
            customers.segmentation = own.segmentation
            and customers.segment_id = own.segment_id
    left join segments as runner_up
        on
            customers.segmentation = runner_up.segmentation
            and customers.runner_up_id = runner_up.segment_id

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
    cast(model_version as varchar) as model_version
from named_segments
