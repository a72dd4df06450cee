{%- set tables = [
    "customers",
    "orders",
    "customer_activity",
    "campaign_activity",
    "product_activity",
] -%}

with

counted_rows as (

    {% for table in tables -%}
        select
            '{{ table }}' as source_table,
            count(*) as rows_read,
            count(case when rejected_because is null then 1 end) as rows_accepted,
            count(
                case when rejected_because <> '{{ suppressed_mark() }}' then 1 end
            ) as rows_rejected,
            count(
                case when rejected_because = '{{ suppressed_mark() }}' then 1 end
            ) as rows_suppressed
        from {{ ref("int_checked_" ~ table) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor -%}

)

select
    cast(source_table as varchar) as source_table,
    cast(rows_read as bigint) as rows_read,
    cast(rows_accepted as bigint) as rows_accepted,
    cast(rows_rejected as bigint) as rows_rejected,
    cast(rows_suppressed as bigint) as rows_suppressed
from counted_rows
order by source_table
