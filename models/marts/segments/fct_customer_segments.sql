with

customers as (

    select customer_id
    from {{ ref("int_customers") }}

),

{% for segmentation in clusterings() %}
    {{ segmentation }}_assignments as (

        select *
        from {{ ref(segmentation ~ "_assignments") }}

    ),
{% endfor %}
prospects_assignments as (

    select *
    from {{ ref("prospects_assignments") }}

),

prospect_states as (

    select
        customer_id,
        prospect_state,
        known_segment,
        first_purchase_on,
        left_out_because
    from {{ ref("int_prospect_states") }}

),

segments as (

    select
        segmentation,
        segment_id,
        segment_slug,
        segment_name
    from {{ ref("all_segments") }}

),

purchases_read as (

    select sum(rows_read) as rows_read
    from {{ ref("rpt_rows_read") }}
    where source_table in ('orders', 'customer_activity')

),

-- Everybody is listed in every segmentation: who could not be assigned is in the named segment
-- "unassigned", and the reason says why.
listed_customers as (

    {% for segmentation in clusterings() %}
        select
            '{{ segmentation }}' as segmentation,
            customers.customer_id,
            assignments.segment_id,
            assignments.distance,
            cast(null as double) as probability,
            assignments.runner_up_id,
            assignments.margin,
            case
                when assignments.customer_id is not null then assignments.reason_1
                {% if segmentation == "value" %}
                    when purchases_read.rows_read = 0 then 'the data set has no purchases'
                    else 'no purchase up to {{ as_of_day() }}'
                {% else %}
                    else 'nothing is known about the person or household'
                {% endif %}
            end as reason_1,
            assignments.reason_2,
            assignments.reason_3,
            assignments.model_version
        from customers
        cross join purchases_read
        left join {{ segmentation }}_assignments as assignments
            on customers.customer_id = assignments.customer_id
        union all
    {% endfor %}
    select
        'prospects' as segmentation,
        customers.customer_id,
        assignments.segment_id,
        cast(null as double) as distance,
        assignments.probability,
        assignments.runner_up_id,
        assignments.margin,
        case
            when assignments.customer_id is not null
                then coalesce(assignments.reason_1, 'like the typical person on everything')
            when prospect_states.prospect_state = 'labelled'
                then concat('no prospect: the segment ', prospect_states.known_segment, ' is known')
            when prospect_states.prospect_state = 'established'
                then
                    concat(
                        'no prospect: a customer since ',
                        cast(prospect_states.first_purchase_on as varchar)
                    )
            when prospect_states.prospect_state = 'prospect'
                then 'nobody to learn from: no classifier could be fitted'
            when
                purchases_read.rows_read = 0 and prospect_states.prospect_state = 'no purchase'
                then 'the data set has no purchases'
            else coalesce(prospect_states.left_out_because, 'no prospect')
        end as reason_1,
        assignments.reason_2,
        assignments.reason_3,
        assignments.model_version
    from customers
    cross join purchases_read
    left join prospect_states
        on customers.customer_id = prospect_states.customer_id
    left join prospects_assignments as assignments
        on customers.customer_id = assignments.customer_id

),

-- A row that lies in no dense group is in the named segment "noise".
named_segments as (

    select
        listed_customers.segmentation,
        listed_customers.customer_id,
        listed_customers.segment_id,
        case
            when listed_customers.segment_id is null then 'unassigned'
            else coalesce(own.segment_slug, 'noise')
        end as segment_slug,
        case
            when listed_customers.segment_id is null then 'Unassigned'
            else coalesce(own.segment_name, 'Noise')
        end as segment_name,
        listed_customers.distance,
        listed_customers.probability,
        runner_up.segment_slug as runner_up_slug,
        listed_customers.margin,
        listed_customers.reason_1,
        listed_customers.reason_2,
        listed_customers.reason_3,
        listed_customers.model_version
    from listed_customers
    left join segments as own
        on
            listed_customers.segmentation = own.segmentation
            and listed_customers.segment_id = own.segment_id
    left join segments as runner_up
        on
            listed_customers.segmentation = runner_up.segmentation
            and listed_customers.runner_up_id = runner_up.segment_id

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
    {{ as_of() }} as as_of
from named_segments
order by
    segmentation,
    customer_id
