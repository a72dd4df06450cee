-- Broken: a row of the data set was lost or counted twice on its way to being accepted, rejected or
-- suppressed.
{%- set tables = [
    "customers",
    "orders",
    "customer_activity",
    "campaign_activity",
    "product_activity",
] %}

with

read_rows as (

    {% for table in tables -%}
        select
            '{{ table }}' as source_table,
            count(*) as rows_read
        from {{ contract_table(table) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor -%}

),

rejected_rows as (

    select
        source_table,
        count(*) as rows_rejected
    from {{ ref("rpt_rejects") }}
    group by source_table

),

accepted_rows as (

    select
        source_table,
        rows_accepted,
        rows_suppressed
    from {{ ref("rpt_rows_read").render() }}

)

select
    read_rows.source_table,
    read_rows.rows_read,
    accepted_rows.rows_accepted,
    rejected_rows.rows_rejected,
    accepted_rows.rows_suppressed
from read_rows
left join accepted_rows
    on read_rows.source_table = accepted_rows.source_table
left join rejected_rows
    on read_rows.source_table = rejected_rows.source_table
where
    accepted_rows.rows_accepted is null
    or accepted_rows.rows_accepted
    + accepted_rows.rows_suppressed
    + coalesce(rejected_rows.rows_rejected, 0)
    <> read_rows.rows_read
