with

customer_days as (

    {{ customer_days() | indent(4) }}

),

forecast_days as (

    select {{ as_of() }} as forecast_on

),

counted_purchases as (

    {{ counted_repeat_purchases("customer_days", "forecast_days") | indent(4) }}

)

select
    cast(customer_id as varchar) as customer_id,
    cast(first_purchase_on as date) as first_purchase_on,
    cast(last_purchase_on as date) as last_purchase_on,
    cast(repeat_purchases as bigint) as repeat_purchases,
    cast(last_repeat_days as double) / 7 as last_repeat_weeks,
    cast(age_days as double) / 7 as age_weeks,
    cast(mean_repeat_spend as double) as mean_repeat_spend,
    cast(purchases_30_days as bigint) as purchases_30_days,
    cast(purchases_90_days as bigint) as purchases_90_days,
    cast(purchases_in_window as bigint) as purchases_in_window,
    cast(revenue_30_days as decimal(38, 2)) as revenue_30_days,
    cast(revenue_90_days as decimal(38, 2)) as revenue_90_days,
    cast(revenue_in_window as decimal(38, 2)) as revenue_in_window,
    cast(days_in_window as integer) as days_in_window
from counted_purchases
