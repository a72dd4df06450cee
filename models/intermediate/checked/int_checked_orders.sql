with

read_rows as (

    select *
    from {{ contract_table("orders") }}

),

{{ without_suppressed("orders", "read_rows", "orders") }},

customers as (

    select customer_id
    from {{ ref("int_checked_customers") }}
    where rejected_because is null

),

judged_alone as (

    select
        orders.*,
        case
            {{ say_that_it_is_suppressed("orders") }}
            when orders.unreadable is not null then concat('cannot be read: ', orders.unreadable)
            when {{ is_blank("orders.order_id") }} then 'no order_id'
            when {{ is_blank("orders.customer_id") }} then 'no customer_id'
            when orders.ordered_at is null then 'no ordered_at'
            when cast(orders.ordered_at as date) > {{ latest_day() }}
                then
                    concat(
                        'ordered_at ', cast(orders.ordered_at as varchar), ' lies in the future'
                    )
            when cast(orders.ordered_at as date) < cast('1900-01-01' as date)
                then concat('impossible ordered_at ', cast(orders.ordered_at as varchar))
            when orders.items < 0 and orders.revenue >= 0
                then 'negative items without money given back'
            {{- say_what_is_too_large("orders", "orders") }}
            {{- say_who_is_not_accepted("orders") }}
        end as wrong_alone
    from orders
    left join customers
        on orders.customer_id = customers.customer_id

),

-- Of several good rows with one id the first of the file is kept, else the earliest order.
{{ judged_repeats(
    "order_id",
    order_by=[
        "source_row asc nulls last",
        "ordered_at asc",
        "customer_id asc",
        "revenue asc nulls last",
        "items asc nulls last",
        "discount asc nulls last",
    ],
) }}

select
    cast(customer_id as varchar) as customer_id,
    cast(order_id as varchar) as order_id,
    cast(ordered_at as timestamp) as ordered_at,
    cast(items as bigint) as items,
    cast(revenue as decimal(18, 2)) as revenue,
    cast(discount as decimal(18, 2)) as discount,
    cast(source_row as bigint) as source_row,
    cast(rejected_because as varchar) as rejected_because,
    {{ contents_of_rejected("orders") }} as contents
from judged
