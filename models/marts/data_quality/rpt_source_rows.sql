with

rows_read as (

    select *
    from {{ own_rows_read() }}

),

rejected_rows as (

    select
        source_table,
        rejected_because,
        count(*) as source_rows
    from {{ own_rejected_rows() }}
    group by
        source_table,
        rejected_because

),

-- Tables of which the rows were not counted have no total to belong to.
outcomes as (

    select
        source_table,
        'accepted' as outcome,
        rows_accepted as source_rows,
        rows_read,
        true as is_accepted
    from rows_read
    union all
    select
        rejected_rows.source_table,
        rejected_rows.rejected_because as outcome,
        rejected_rows.source_rows,
        rows_read.rows_read,
        false as is_accepted
    from rejected_rows
    inner join rows_read
        on rejected_rows.source_table = rows_read.source_table

),

ranked_outcomes as (

    select
        *,
        row_number() over (
            partition by source_table
            order by is_accepted desc, source_rows desc, outcome asc
        ) as outcome_rank
    from outcomes

)

select
    cast(source_table as varchar) as source_table,
    cast(outcome_rank as integer) as outcome_rank,
    cast(is_accepted as boolean) as is_accepted,
    cast(outcome as varchar) as outcome,
    cast(source_rows as bigint) as source_rows,
    cast(rows_read as bigint) as rows_read
from ranked_outcomes
order by
    source_table,
    outcome_rank
