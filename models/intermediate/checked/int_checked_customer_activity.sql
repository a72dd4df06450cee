with

activity as (

    select *
    from {{ contract_table("customer_activity") }}

),

customers as (

    select customer_id
    from {{ ref("int_checked_customers") }}
    where rejected_because is null

),

judged_alone as (

    select
        activity.*,
        {{ row_text(contract_columns("customer_activity"), "activity") }} as contents,
        case
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
            when customers.customer_id is null
                then
                    concat(
                        'customer ''',
                        activity.customer_id,
                        ''' is not among the accepted customers'
                    )
        end as wrong_alone
    from activity
    left join customers
        on activity.customer_id = customers.customer_id

),

-- Of several good rows with one id the first of the file is kept, else the first in text order.
counted_repeats as (

    select
        *,
        row_number() over (
            partition by customer_id, wrong_alone is null
            order by source_row asc nulls last, contents asc
        ) as occurrence
    from judged_alone

),

judged as (

    select
        *,
        case
            when wrong_alone is not null then wrong_alone
            when occurrence > 1 then 'customer_id stands in an earlier row'
        end as rejected_because
    from counted_repeats

)

select
    cast(customer_id as varchar) as customer_id,
    cast(first_purchase_on as date) as first_purchase_on,
    cast(last_purchase_on as date) as last_purchase_on,
    cast(purchases as bigint) as purchases,
    cast(items as bigint) as items,
    cast(revenue as decimal(18, 2)) as revenue,
    cast(source_row as bigint) as source_row,
    cast(rejected_because as varchar) as rejected_because,
    cast(case when rejected_because is not null then contents end as varchar) as contents
from judged
