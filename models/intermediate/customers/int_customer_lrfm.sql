with

activity as (

    select
        customer_id,
        first_purchase_on,
        last_purchase_on,
        purchases,
        revenue
    from {{ ref("int_customer_activity") }}

),

measured as (

    select
        customer_id,
        first_purchase_on,
        last_purchase_on,
        {{ dbt.datediff("first_purchase_on", "last_purchase_on", "day") }} as length_days,  -- noqa: LT05
        {{ dbt.datediff("last_purchase_on", as_of(), "day") }} as recency_days,  -- noqa: LT05
        purchases as frequency,
        revenue as monetary
    from activity

)

select
    cast(customer_id as varchar) as customer_id,
    cast(first_purchase_on as date) as first_purchase_on,
    cast(last_purchase_on as date) as last_purchase_on,
    cast(length_days as integer) as length_days,
    cast(recency_days as integer) as recency_days,
    cast(frequency as bigint) as frequency,
    cast(monetary as decimal(38, 2)) as monetary
from measured
