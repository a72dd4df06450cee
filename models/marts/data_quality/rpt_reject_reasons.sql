with

rejects as (

    select
        source_table,
        rejected_because
    from {{ ref("rpt_rejects") }}

),

-- Reasons that differ in the value alone, which stands in quotes or is a number or a date, are one.
masked_reasons as (

    select
        source_table,
        rejected_because,
        {{ replace_matches(
            replace_matches("rejected_because", "''.*''", "..."),
            "-?[0-9]([0-9:., +e-]*[0-9])?",
            "..."
        ) }} as masked_reason
    from rejects

),

counted_reasons as (

    select
        source_table,
        case
            when count(distinct rejected_because) = 1 then min(rejected_because)
            else masked_reason
        end as reason,
        count(*) as rows_rejected,
        min(rejected_because) as example
    from masked_reasons
    group by
        source_table,
        masked_reason

),

ranked_reasons as (

    select
        *,
        row_number() over (
            partition by source_table
            order by rows_rejected desc, reason asc, example asc
        ) as reason_rank
    from counted_reasons

)

select
    cast(source_table as varchar) as source_table,
    cast(reason_rank as integer) as reason_rank,
    cast(reason as varchar) as reason,
    cast(rows_rejected as bigint) as rows_rejected,
    cast(example as varchar) as example
from ranked_reasons
order by
    source_table,
    reason_rank
