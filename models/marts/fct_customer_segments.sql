with

customers as (

    select customer_id
    from {{ ref("int_customers") }}

),

value_assignments as (

    select *
    from {{ ref("value_assignments") }}

),

value_segments as (

    select
        segment_id,
        segment_slug,
        segment_name
    from {{ ref("value_segments") }}

),

purchases_read as (

    select sum(rows_read) as rows_read
    from {{ ref("rpt_rows_read") }}
    where source_table in ('orders', 'customer_activity')

),

-- Everybody is listed: who could not be assigned is in the named segment "unassigned".
named_value_segments as (

    select
        'value' as segmentation,
        customers.customer_id,
        value_assignments.segment_id,
        coalesce(own.segment_slug, 'unassigned') as segment_slug,
        coalesce(own.segment_name, 'Unassigned') as segment_name,
        value_assignments.distance,
        runner_up.segment_slug as runner_up_slug,
        value_assignments.margin,
        case
            when value_assignments.customer_id is not null then value_assignments.reason_1
            when purchases_read.rows_read = 0 then 'the data set has no purchases'
            else 'no purchase up to {{ as_of_day() }}'
        end as reason_1,
        value_assignments.reason_2,
        value_assignments.reason_3,
        value_assignments.model_version
    from customers
    cross join purchases_read
    left join value_assignments
        on customers.customer_id = value_assignments.customer_id
    left join value_segments as own
        on value_assignments.segment_id = own.segment_id
    left join value_segments as runner_up
        on value_assignments.runner_up_id = runner_up.segment_id

)

select
    cast(segmentation as varchar) as segmentation,
    cast(customer_id as varchar) as customer_id,
    cast(segment_id as integer) as segment_id,
    cast(segment_slug as varchar) as segment_slug,
    cast(segment_name as varchar) as segment_name,
    cast(distance as double) as distance,
    cast(null as double) as probability,
    cast(runner_up_slug as varchar) as runner_up_slug,
    cast(margin as double) as margin,
    cast(reason_1 as varchar) as reason_1,
    cast(reason_2 as varchar) as reason_2,
    cast(reason_3 as varchar) as reason_3,
    cast(model_version as varchar) as model_version,
    {{ as_of() }} as as_of
from named_value_segments
order by
    segmentation,
    customer_id
