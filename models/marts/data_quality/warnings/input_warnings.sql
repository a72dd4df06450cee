{{ config(materialized="ephemeral", contract={"enforced": false}) }}

with

rows_read as (

    select
        source_table,
        rows_read,
        rows_rejected
    from {{ ref("rpt_rows_read") }}

),

reject_reasons as (

    select
        source_table,
        reason,
        rows_rejected
    from {{ ref("rpt_reject_reasons") }}
    where reason_rank = 1

),

last_purchases as (

    select max(last_purchase_on) as last_purchase_on
    from {{ ref("int_customer_activity") }}

),

dated_purchases as (

    select
        last_purchase_on,
        {{ dbt.datediff(
            "last_purchase_on", as_of(), "day"
        ) }} as days_before_as_of
    from last_purchases

),

unknown_values as (

    select
        source_column,
        value,
        customers,
        row_number() over (
            partition by source_column
            order by customers desc, value asc
        ) as most_frequent_first
    from {{ ref("rpt_unknown_values") }}

),

-- Rows that were rejected.
rejected_rows as (

    select
        1 as topic_rank,
        'rejected rows' as topic,
        rows_read.source_table as subject,
        rows_read.rows_rejected as affected,
        concat(
            {{ as_percentage("rows_read.rows_rejected / cast(rows_read.rows_read as double)") }},
            ' of the rows of ',
            rows_read.source_table,
            ' were rejected (',
            {{ with_commas("rows_read.rows_rejected") }},
            ' of ',
            {{ with_commas("rows_read.rows_read") }},
            '), most often because: ',
            reject_reasons.reason,
            ' (',
            {{ with_commas("reject_reasons.rows_rejected") }},
            ').'
        ) as message,
        'Look at rpt_rejects, and mend the source; max_rejected_share says how many are fine.'
            as what_to_do
    from rows_read
    inner join reject_reasons
        on rows_read.source_table = reject_reasons.source_table
    where rows_read.rows_rejected > {{ max_rejected_share() }} * rows_read.rows_read

),

-- A day long after the data end: recency then says how old the data are, not the customers.
late_days as (

    select
        2 as topic_rank,
        'as_of' as topic,
        'purchases' as subject,
        days_before_as_of as affected,
        concat(
            'The last purchase is of ',
            cast(last_purchase_on as varchar),
            ', ',
            {{ with_commas("days_before_as_of") }},
            ' days before as_of (',
            cast({{ as_of() }} as varchar),
            '): all customers look as if they had left.'
        ) as message,
        concat(
            'Build as of that day: --vars ''as_of: ', cast(last_purchase_on as varchar), '''.'
        ) as what_to_do
    from dated_purchases
    where days_before_as_of > 90

),

-- Values that were kept as they are.
values_to_translate as (

    select
        7 as topic_rank,
        'unknown values' as topic,
        source_column as subject,
        sum(customers) as affected,
        concat(
            'Column ',
            source_column,
            ' has values that the seed source_values does not know: ',
            {{ with_commas("count(*)") }},
            ', most often ''',
            max(case when most_frequent_first = 1 then value end),
            '''.'
        ) as message,
        'Add a row to the seed for each that rpt_unknown_values lists.' as what_to_do
    from unknown_values
    group by source_column

)

select
    topic_rank,
    topic,
    subject,
    affected,
    message,
    what_to_do
from rejected_rows

union all

select
    topic_rank,
    topic,
    subject,
    affected,
    message,
    what_to_do
from late_days

union all

select
    topic_rank,
    topic,
    subject,
    affected,
    message,
    what_to_do
from values_to_translate
