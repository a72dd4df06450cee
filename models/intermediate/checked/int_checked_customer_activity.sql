with

read_rows as (

    select *
    from {{ contract_table("customer_activity") }}

),

{{ without_suppressed("activity", "read_rows", "customer_activity") }},

customers as (

    select customer_id
    from {{ ref("int_checked_customers") }}
    where rejected_because is null

),

judged_alone as (

    select
        activity.*,
        case
            {{ say_that_it_is_suppressed("activity") }}
            when activity.unreadable is not null
                then concat('cannot be read: ', activity.unreadable)
            when {{ is_blank("activity.customer_id") }}
                then 'no customer_id'
            when activity.purchases < 0 or activity.items < 0 then 'a negative count'
            {{- say_what_is_too_large("customer_activity", "activity") }}
            when activity.last_purchase_on is null then 'no last_purchase_on'
            when activity.purchases is null then 'no purchases'
            when activity.revenue is null then 'no revenue'
            when
                activity.first_purchase_on < cast('1900-01-01' as date)
                or activity.last_purchase_on < cast('1900-01-01' as date)
                then 'a purchase before 1900'
            when activity.last_purchase_on > {{ latest_day() }}
                then
                    concat(
                        'last_purchase_on ',
                        cast(activity.last_purchase_on as varchar),
                        ' lies in the future'
                    )
            when activity.first_purchase_on > activity.last_purchase_on
                then 'first_purchase_on lies after last_purchase_on'
            {{- say_who_is_not_accepted("activity") }}
        end as wrong_alone
    from activity
    left join customers
        on activity.customer_id = customers.customer_id

),

-- Of several good rows with one id the first of the file is kept, else the first in text order.
{{ judged_repeats(
    "customer_id",
    order_by=["source_row asc nulls last", row_text(contract_columns("customer_activity"))],
) }}

select
    cast(customer_id as varchar) as customer_id,
    cast(first_purchase_on as date) as first_purchase_on,
    cast(last_purchase_on as date) as last_purchase_on,
    cast(purchases as bigint) as purchases,
    cast(items as bigint) as items,
    cast(revenue as decimal(18, 2)) as revenue,
    cast(source_row as bigint) as source_row,
    cast(rejected_because as varchar) as rejected_because,
    {{ contents_of_rejected("customer_activity") }} as contents
from judged
