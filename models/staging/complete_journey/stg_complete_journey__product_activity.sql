{{ config(enabled=is_dataset("complete_journey")) }}

-- depends_on: {{ ref("stg_complete_journey__customers") }}
-- One after another: the first reader of a source creates its view; two at once would collide.

{%- set time_zone = var("complete_journey_time_zone") %}

{% call staged_rows("product_activity") %}
with

transactions as (

    select
        household_id,
        product_id,
        transaction_timestamp,
        sales_value,
        retail_disc,
        coupon_disc,
        coupon_match_disc
    from {{ source("complete_journey", "transactions") }}

),

products as (

    select
        product_id,
        department
    from {{ source("complete_journey", "products") }}

),

-- The lines of a basket have one time: a time zone's calendar is looked up once for all of them.
days_of_times as (

    select
        transaction_timestamp,
        cast({{ local_time("transaction_timestamp", time_zone) }} as date) as bought_on
    from (select distinct transaction_timestamp from transactions) as times

),

put_on_days as (

    select
        transactions.household_id,
        coalesce(products.department, 'unknown') as department,
        days_of_times.bought_on,
        cast(transactions.sales_value as decimal(18, 2)) as revenue,
        cast(transactions.retail_disc as decimal(18, 2))
        + cast(transactions.coupon_disc as decimal(18, 2))
        + cast(transactions.coupon_match_disc as decimal(18, 2)) as discount
    from transactions
    left join days_of_times
        on transactions.transaction_timestamp = days_of_times.transaction_timestamp
    left join products
        on transactions.product_id = products.product_id

)

select
    cast(household_id as varchar) as customer_id,
    cast(department as varchar) as product_category,
    bought_on,
    cast(sum(revenue) as decimal(18, 2)) as revenue,
    cast(sum(discount) as decimal(18, 2)) as discount,
    cast(null as bigint) as source_row,
    cast(null as varchar) as unreadable
from put_on_days
group by
    household_id,
    department,
    bought_on
{% endcall %}
