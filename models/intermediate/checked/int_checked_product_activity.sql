with

read_rows as (

    select *
    from {{ contract_table("product_activity") }}

),

{{ without_suppressed("activity", "read_rows", "product_activity") }},

customers as (

    select customer_id
    from {{ ref("int_checked_customers") }}
    where rejected_because is null

),

-- Several rows of one customer, category and day are several purchases: none is a repeat.
judged as (

    select
        activity.*,
        case
            {{ say_that_it_is_suppressed("activity") }}
            when activity.unreadable is not null
                then concat('cannot be read: ', activity.unreadable)
            when {{ is_blank("activity.customer_id") }}
                then 'no customer_id'
            when activity.bought_on > {{ latest_day() }}
                then
                    concat(
                        'bought_on ', cast(activity.bought_on as varchar), ' lies in the future'
                    )
            when activity.bought_on < cast('1900-01-01' as date)
                then concat('impossible bought_on ', cast(activity.bought_on as varchar))
            {{- say_what_is_too_large("product_activity", "activity") }}
            {{- say_who_is_not_accepted("activity") }}
        end as rejected_because
    from activity
    left join customers
        on activity.customer_id = customers.customer_id

)

select
    cast(customer_id as varchar) as customer_id,
    cast(product_category as varchar) as product_category,
    cast(bought_on as date) as bought_on,
    cast(revenue as decimal(18, 2)) as revenue,
    cast(discount as decimal(18, 2)) as discount,
    cast(source_row as bigint) as source_row,
    cast(rejected_because as varchar) as rejected_because,
    {{ contents_of_rejected("product_activity") }} as contents
from judged
