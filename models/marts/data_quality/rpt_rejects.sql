with

rejects as (

    select
        source_table,
        source_row,
        record_id,
        customer_id,
        rejected_because,
        contents
    from {{ ref("int_rejects") }}

),

-- Equal rows stand as often as they were read.
numbered_rejects as (

    select
        *,
        row_number() over (
            partition by source_table
            order by source_row asc nulls last, contents asc, rejected_because asc
        ) as reject_number
    from rejects

)

select
    cast(source_table as varchar) as source_table,
    cast(reject_number as bigint) as reject_number,
    cast(source_row as bigint) as source_row,
    cast(record_id as varchar) as record_id,
    cast(customer_id as varchar) as customer_id,
    cast(rejected_because as varchar) as rejected_because,
    cast(contents as varchar) as contents
from numbered_rejects
order by
    source_table,
    reject_number
