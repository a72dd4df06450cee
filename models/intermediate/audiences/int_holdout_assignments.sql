with

assignments as (

    select *
    from {{ ref("stg_audiences__assignments") }}

),

-- A build as of an earlier day ignores later assignments.
filtered_to_this_build as (

    select *
    from assignments
    where
        dataset = {{ text_literal(dataset()) }}
        and assigned_on <= {{ as_of() }}
        and audience is not null
        and customer_id is not null
        and assignment_group in ('treated', 'held out')

),

-- The first assignment stands. Of one day, the one that holds the customer out: who may have been
-- treated against it makes the difference smaller, never larger.
numbered_assignments as (

    select
        *,
        row_number() over (
            partition by audience, customer_id
            order by
                assigned_on asc,
                assignment_group asc,
                seed asc nulls last,
                holdout_share asc nulls last,
                segmentation asc nulls last,
                segment_slug asc nulls last,
                responses_before asc nulls last
        ) as assignment_number
    from filtered_to_this_build

)

select
    cast(audience as varchar) as audience,
    cast(customer_id as varchar) as customer_id,
    cast(assignment_group as varchar) as assignment_group,
    cast(assigned_on as date) as assigned_on,
    cast(segmentation as varchar) as segmentation,
    cast(segment_slug as varchar) as segment_slug,
    cast(seed as varchar) as seed,
    cast(holdout_share as double) as holdout_share,
    cast(bucket as double) as bucket,
    cast(responses_before as bigint) as responses_before
from numbered_assignments
where assignment_number = 1
