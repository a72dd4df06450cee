-- Broken: a row of a file was lost or counted twice before the contract.
with

source_rows as (

    select
        source_table,
        source_rows,
        rows_read
    from {{ ref("rpt_source_rows") }}

)

select
    source_table,
    sum(source_rows) as counted_rows,
    max(rows_read) as rows_read
from source_rows
group by source_table
having sum(source_rows) <> max(rows_read)
