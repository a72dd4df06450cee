with

orders as (

    select *
    from {{ contract_table("orders") }}

),

customers as (

    select customer_id
    from {{ ref("int_checked_customers") }}
    where rejected_because is null

),

judged_alone as (

    select
        orders.*,
        case
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
            when customers.customer_id is null
                then
                    concat(
                        'customer ''', orders.customer_id, ''' is not among the accepted customers'
                    )
        end as wrong_alone
    from orders
    left join customers
        on orders.customer_id = customers.customer_id

),

-- Orders are many: only those whose id is there more than once are put in order.
repeated_ids as (

    select order_id
    from judged_alone
    where wrong_alone is null
    group by order_id
    having count(*) > 1

),

found_repeats as (

    select
        judged_alone.*,
        repeated_ids.order_id is not null and judged_alone.wrong_alone is null as is_repeated
    from judged_alone
    left join repeated_ids
        on judged_alone.order_id = repeated_ids.order_id

),

-- Of several good rows with one id the first of the file is kept, else the earliest order.
counted_repeats as (

    select
        *,
        1 as occurrence
    from found_repeats
    where not is_repeated

    union all

    select
        *,
        row_number() over (
            partition by order_id
            order by
                source_row asc nulls last,
                ordered_at asc,
                customer_id asc,
                revenue asc nulls last,
                items asc nulls last,
                discount asc nulls last
        ) as occurrence
    from found_repeats
    where is_repeated

),

judged as (

    select
        *,
        case
            when wrong_alone is not null then wrong_alone
            when occurrence > 1 then 'order_id stands in an earlier row'
        end as rejected_because
    from counted_repeats

)

select
    cast(customer_id as varchar) as customer_id,
    cast(order_id as varchar) as order_id,
    cast(ordered_at as timestamp) as ordered_at,
    cast(items as bigint) as items,
    cast(revenue as decimal(18, 2)) as revenue,
    cast(discount as decimal(18, 2)) as discount,
    cast(source_row as bigint) as source_row,
    cast(rejected_because as varchar) as rejected_because,
    cast(
        case
            when rejected_because is not null then {{ row_text(contract_columns("orders")) }}
        end as varchar
    ) as contents
from judged
