with

forecasts as (

    select
        customer_id,
        probability_active,
        expected_purchases_30_days,
        lower_purchases_30_days,
        upper_purchases_30_days,
        expected_purchases_90_days,
        lower_purchases_90_days,
        upper_purchases_90_days,
        expected_purchases_180_days,
        lower_purchases_180_days,
        upper_purchases_180_days,
        expected_purchases_365_days,
        lower_purchases_365_days,
        upper_purchases_365_days,
        expected_revenue_30_days,
        lower_revenue_30_days,
        upper_revenue_30_days,
        expected_revenue_90_days,
        lower_revenue_90_days,
        upper_revenue_90_days,
        expected_revenue_180_days,
        lower_revenue_180_days,
        upper_revenue_180_days,
        expected_revenue_365_days,
        lower_revenue_365_days,
        upper_revenue_365_days,
        lifetime_value,
        expected_next_purchase_on,
        is_new,
        reason_1,
        reason_2,
        reason_3,
        forecast_by,
        model_version
    from {{ ref("lifetime_value_forecast") }}

),

purchases as (

    select
        customer_id,
        purchases_90_days,
        revenue_90_days
    from {{ ref("int_customer_repeat_purchases") }}

)

select
    cast(forecasts.customer_id as varchar) as customer_id,
    {{ as_of() }} as as_of,
    cast(forecasts.probability_active as double) as probability_active,
    cast(forecasts.expected_purchases_30_days as double) as expected_purchases_30_days,
    cast(forecasts.lower_purchases_30_days as double) as lower_purchases_30_days,
    cast(forecasts.upper_purchases_30_days as double) as upper_purchases_30_days,
    cast(forecasts.expected_purchases_90_days as double) as expected_purchases_90_days,
    cast(forecasts.lower_purchases_90_days as double) as lower_purchases_90_days,
    cast(forecasts.upper_purchases_90_days as double) as upper_purchases_90_days,
    cast(forecasts.expected_purchases_180_days as double) as expected_purchases_180_days,
    cast(forecasts.lower_purchases_180_days as double) as lower_purchases_180_days,
    cast(forecasts.upper_purchases_180_days as double) as upper_purchases_180_days,
    cast(forecasts.expected_purchases_365_days as double) as expected_purchases_365_days,
    cast(forecasts.lower_purchases_365_days as double) as lower_purchases_365_days,
    cast(forecasts.upper_purchases_365_days as double) as upper_purchases_365_days,
    cast(forecasts.expected_revenue_30_days as decimal(38, 2)) as expected_revenue_30_days,
    cast(forecasts.lower_revenue_30_days as decimal(38, 2)) as lower_revenue_30_days,
    cast(forecasts.upper_revenue_30_days as decimal(38, 2)) as upper_revenue_30_days,
    cast(forecasts.expected_revenue_90_days as decimal(38, 2)) as expected_revenue_90_days,
    cast(forecasts.lower_revenue_90_days as decimal(38, 2)) as lower_revenue_90_days,
    cast(forecasts.upper_revenue_90_days as decimal(38, 2)) as upper_revenue_90_days,
    cast(forecasts.expected_revenue_180_days as decimal(38, 2)) as expected_revenue_180_days,
    cast(forecasts.lower_revenue_180_days as decimal(38, 2)) as lower_revenue_180_days,
    cast(forecasts.upper_revenue_180_days as decimal(38, 2)) as upper_revenue_180_days,
    cast(forecasts.expected_revenue_365_days as decimal(38, 2)) as expected_revenue_365_days,
    cast(forecasts.lower_revenue_365_days as decimal(38, 2)) as lower_revenue_365_days,
    cast(forecasts.upper_revenue_365_days as decimal(38, 2)) as upper_revenue_365_days,
    cast(forecasts.lifetime_value as decimal(38, 2)) as lifetime_value,
    cast(forecasts.expected_next_purchase_on as date) as expected_next_purchase_on,
    cast(purchases.purchases_90_days as bigint) as purchases_last_90_days,
    cast(purchases.revenue_90_days as decimal(38, 2)) as revenue_last_90_days,
    cast(forecasts.is_new as boolean) as is_new,
    cast(forecasts.reason_1 as varchar) as reason_1,
    cast(forecasts.reason_2 as varchar) as reason_2,
    cast(forecasts.reason_3 as varchar) as reason_3,
    cast(forecasts.forecast_by as varchar) as forecast_by,
    cast(forecasts.model_version as varchar) as model_version
from forecasts
left join purchases
    on forecasts.customer_id = purchases.customer_id
order by forecasts.customer_id
