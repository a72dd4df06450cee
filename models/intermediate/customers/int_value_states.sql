with

customers as (

    select customer_id
    from {{ ref("int_customers") }}

),

lrfm as (

    select customer_id
    from {{ ref("int_customer_lrfm") }}

),

-- Rejected rows are purchases too: they were read.
purchases_read as (

    select
        (select count(*) from {{ ref("int_checked_orders") }})
        + (select count(*) from {{ ref("int_checked_customer_activity") }}) as purchases

),

named_states as (

    select
        customers.customer_id,
        purchases_read.purchases,
        case when lrfm.customer_id is null then 'no purchase' else 'purchased' end as value_state
    from customers
    cross join purchases_read
    left join lrfm
        on customers.customer_id = lrfm.customer_id

)

select
    cast(customer_id as varchar) as customer_id,
    cast(value_state as varchar) as value_state,
    cast(
        case
            when value_state = 'purchased' then null
            when purchases = 0 then 'the data set has no purchases'
            else 'no purchase up to {{ as_of_day() }}'
        end as varchar
    ) as unassigned_because
from named_states
