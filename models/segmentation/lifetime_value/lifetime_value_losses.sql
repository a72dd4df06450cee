with

losses_by_rhythm as (

    select
        customer_id,
        run_rate,
        expected_loss
    from {{ ref("int_customer_expected_loss") }}

),

-- Without an expected loss where earlier forecasts were not good enough to rank customers.
losses_by_forecast as (

    select
        customer_id,
        run_rate,
        expected_loss
    from {{ ref("lifetime_value_forecast") }}
    where expected_loss is not null

)

select
    cast(losses_by_rhythm.customer_id as varchar) as customer_id,
    cast(
        coalesce(losses_by_forecast.run_rate, losses_by_rhythm.run_rate) as decimal(38, 2)
    ) as run_rate,
    cast(
        coalesce(
            losses_by_forecast.expected_loss, losses_by_rhythm.expected_loss
        ) as decimal(38, 2)
    ) as expected_loss,
    cast(
        case
            when losses_by_forecast.expected_loss is not null then 'forecast'
            when losses_by_rhythm.expected_loss is not null then 'rhythm'
        end as varchar
    ) as expected_loss_by
from losses_by_rhythm
left join losses_by_forecast
    on losses_by_rhythm.customer_id = losses_by_forecast.customer_id
