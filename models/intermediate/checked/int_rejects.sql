with

customers as (

    select
        'customers' as source_table,
        source_row,
        customer_id as record_id,
        customer_id,
        rejected_because,
        contents
    from {{ ref("int_checked_customers") }}
    where rejected_because <> '{{ suppressed_mark() }}'

),

orders as (

    select
        'orders' as source_table,
        source_row,
        order_id as record_id,
        customer_id,
        rejected_because,
        contents
    from {{ ref("int_checked_orders") }}
    where rejected_because <> '{{ suppressed_mark() }}'

),

customer_activity as (

    select
        'customer_activity' as source_table,
        source_row,
        customer_id as record_id,
        customer_id,
        rejected_because,
        contents
    from {{ ref("int_checked_customer_activity") }}
    where rejected_because <> '{{ suppressed_mark() }}'

),

campaign_activity as (

    select
        'campaign_activity' as source_table,
        source_row,
        customer_id as record_id,
        customer_id,
        rejected_because,
        contents
    from {{ ref("int_checked_campaign_activity") }}
    where rejected_because <> '{{ suppressed_mark() }}'

),

product_activity as (

    select
        'product_activity' as source_table,
        source_row,
        customer_id as record_id,
        customer_id,
        rejected_because,
        contents
    from {{ ref("int_checked_product_activity") }}
    where rejected_because <> '{{ suppressed_mark() }}'

),

unioned_rejects as (

    select * from customers
    union all
    select * from orders
    union all
    select * from customer_activity
    union all
    select * from campaign_activity
    union all
    select * from product_activity

)

select
    cast(source_table as varchar) as source_table,
    cast(source_row as bigint) as source_row,
    cast(record_id as varchar) as record_id,
    cast(customer_id as varchar) as customer_id,
    cast(rejected_because as varchar) as rejected_because,
    cast(contents as varchar) as contents
from unioned_rejects
