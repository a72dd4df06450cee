with

build_runs as (

    select *
    from {{ build_runs() }}

),

judged_runs as (

    select
        *,
        case
            when ended_at is null then 'not ended'
            when nodes_failed + nodes_skipped > 0 then 'failed'
            when is_empty then 'emptied'
            when command = 'backfill' then 'backfill'
            when models_built < models then 'selection'
            else 'complete'
        end as outcome,
        max(run_number) over () as latest_run_number
    from build_runs

),

-- A backfill replaces the marts of the history whole: the others are those of the run before.
builds_before as (

    select
        *,
        last_value(case when outcome <> 'backfill' then outcome end ignore nulls) over (
            order by run_number asc
            rows between unbounded preceding and current row
        ) as outcome_of_build
    from judged_runs

)

select
    cast(run_number as integer) as run_number,
    cast(run_id as varchar) as run_id,
    run_number = latest_run_number as is_latest,
    coalesce(outcome_of_build = 'complete', false) as is_complete,
    cast(outcome as varchar) as outcome,
    cast(started_at as timestamp) as started_at,
    cast(ended_at as timestamp) as ended_at,
    cast(command as varchar) as command,
    cast({{ text_literal(project_name) }} as varchar) as project_name,
    cast(dataset as varchar) as dataset,
    cast(variant as varchar) as variant,
    cast(as_of as date) as as_of,
    cast(refit as boolean) as refit,
    cast(models as integer) as models,
    cast(models_selected as integer) as models_selected,
    cast(models_built as integer) as models_built,
    cast(nodes_failed as integer) as nodes_failed,
    cast(nodes_skipped as integer) as nodes_skipped
from builds_before
order by run_number
