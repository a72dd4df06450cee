with

assignments as (

    select *
    from {{ ref("all_assignments") }}

),

expected_losses as (

    select
        customer_id,
        expected_loss
    from {{ ref("lifetime_value_losses") }}

),

-- Assignments have long texts: the join does not keep them in memory, only the sort does, which can
-- write to disk.
joined_losses as (

    select
        assignments.*,
        expected_losses.expected_loss
    from assignments
    left join expected_losses
        on assignments.customer_id = expected_losses.customer_id

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
from joined_losses
order by
    segmentation,
    customer_id
