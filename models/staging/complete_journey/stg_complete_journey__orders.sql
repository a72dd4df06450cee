{{ config(enabled=is_dataset("complete_journey")) }}

{% call staged_rows("orders") %}
with

transactions as (

    select
        household_id,
        basket_id,
        transaction_timestamp,
        quantity,
        sales_value,
        retail_disc,
        coupon_disc,
        coupon_match_disc
    from {{ source("complete_journey", "transactions") }}

),

-- Money is turned into decimals line by line: a sum of decimals is the same in any order.
summed_to_baskets as (

    select
        household_id,
        basket_id,
        min(transaction_timestamp) as ordered_at_utc,
        sum(quantity) as items,
        sum(cast(sales_value as decimal(18, 2))) as revenue,
        sum(
            cast(retail_disc as decimal(18, 2))
            + cast(coupon_disc as decimal(18, 2))
            + cast(coupon_match_disc as decimal(18, 2))
        ) as discount
    from transactions
    group by
        household_id,
        basket_id

)

select
    cast(household_id as varchar) as customer_id,
    cast(basket_id as varchar) as order_id,
    {{ local_time("ordered_at_utc", var("complete_journey_time_zone")) }} as ordered_at,
    cast(items as bigint) as items,
    cast(revenue as decimal(18, 2)) as revenue,
    cast(discount as decimal(18, 2)) as discount,
    cast(null as bigint) as source_row,
    cast(null as varchar) as unreadable
from summed_to_baskets
{% endcall %}
