with

fit_decisions as (

    select *
    from {{ fit_decisions() }}

)

select
    cast(run_number as integer) as run_number,
    cast(dataset as varchar) as dataset,
    cast(variant as varchar) as variant,
    cast(as_of as date) as as_of,
    cast(segmentation as varchar) as segmentation,
    cast(decision as varchar) as decision,
    cast(reason as varchar) as reason,
    cast(latest_version as varchar) as latest_version,
    cast(became as varchar) as became,
    cast(champion_version as varchar) as champion_version
from fit_decisions
order by
    run_number,
    segmentation
