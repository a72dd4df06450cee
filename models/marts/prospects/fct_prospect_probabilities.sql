with

assignments as (

    select
        customer_id,
        probabilities,
        model_version
    from {{ ref("prospects_assignments") }}

),

segments as (

    select
        segment_id,
        segment_slug,
        segment_name
    from {{ ref("all_segments") }}
    where segmentation = 'prospects'

),

listed_probabilities as (

    select
        assignments.customer_id,
        segments.segment_slug,
        segments.segment_name,
        {{ list_element("assignments.probabilities", "segments.segment_id + 1") }} as probability,
        assignments.model_version
    from assignments
    cross join segments

)

select
    cast(customer_id as varchar) as customer_id,
    cast(segment_slug as varchar) as segment_slug,
    cast(segment_name as varchar) as segment_name,
    cast(probability as double) as probability,
    cast(model_version as varchar) as model_version
from listed_probabilities
order by
    customer_id,
    segment_slug
