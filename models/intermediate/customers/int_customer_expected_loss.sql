with

activity as (

    select customer_id
    from {{ ref("int_customer_activity") }}

),

losses as (

    {{ expected_losses(days_ago=0) | indent(4) }}

),

-- Without an expected loss where earlier forecasts were not good enough to rank customers.
forecasts as (

    select
        customer_id,
        run_rate,
        expected_loss
    from {{ ref("lifetime_value_forecast") }}
    where expected_loss is not null

)

select
    cast(activity.customer_id as varchar) as customer_id,
    cast(coalesce(forecasts.run_rate, losses.run_rate) as decimal(38, 2)) as run_rate,
    cast(losses.lateness_band as integer) as lateness_band,
    cast(losses.days_band as integer) as days_band,
    cast(losses.loss_share as double) as loss_share,
    cast(
        coalesce(forecasts.expected_loss, losses.expected_loss) as decimal(38, 2)
    ) as expected_loss,
    cast(
        case
            when forecasts.expected_loss is not null then 'forecast'
            when losses.expected_loss is not null then 'rhythm'
        end as varchar
    ) as expected_loss_by,
    cast(losses.learned_from_customers as bigint) as learned_from_customers
from activity
left join losses
    on activity.customer_id = losses.customer_id
left join forecasts
    on activity.customer_id = forecasts.customer_id
