{%- set most_customers = 1000 -%}

with

losses as (

    select
        customer_id,
        run_rate,
        expected_loss,
        expected_loss_by
    from {{ ref("lifetime_value_losses") }}
    where expected_loss > 0

),

forecasts as (

    select
        customer_id,
        probability_active,
        expected_revenue_90_days,
        lifetime_value,
        expected_next_purchase_on,
        reason_1,
        reason_2,
        reason_3
    from {{ ref("fct_customer_value_forecast") }}

),

purchases as (

    select
        customer_id,
        repeat_purchases,
        first_purchase_on,
        last_purchase_on
    from {{ ref("int_customer_repeat_purchases") }}

),

value_segments as (

    select
        customer_id,
        segment_slug,
        segment_name
    from {{ ref("fct_customer_segments") }}
    where segmentation = 'value'

),

-- Of equal losses the customer who brings more comes first, then the smaller id.
ranked_losses as (

    select
        *,
        row_number() over (
            order by
                expected_loss desc,
                run_rate desc,
                customer_id asc
        ) as risk_rank,
        sum(expected_loss) over () as loss_of_all,
        sum(expected_loss) over (
            order by
                expected_loss desc,
                run_rate desc,
                customer_id asc
            rows between unbounded preceding and current row
        ) as loss_so_far
    from losses

)

select
    cast(ranked_losses.risk_rank as integer) as risk_rank,
    cast(ranked_losses.customer_id as varchar) as customer_id,
    cast(value_segments.segment_slug as varchar) as segment_slug,
    cast(value_segments.segment_name as varchar) as segment_name,
    cast(ranked_losses.expected_loss as decimal(38, 2)) as expected_loss,
    cast(ranked_losses.expected_loss_by as varchar) as expected_loss_by,
    cast(ranked_losses.run_rate as decimal(38, 2)) as run_rate,
    cast(forecasts.expected_revenue_90_days as decimal(38, 2)) as expected_revenue_90_days,
    cast(ranked_losses.loss_so_far as double)
    / cast(ranked_losses.loss_of_all as double) as share_of_all_losses,
    cast(forecasts.probability_active as double) as probability_active,
    cast(forecasts.lifetime_value as decimal(38, 2)) as lifetime_value,
    cast(purchases.repeat_purchases as bigint) as repeat_purchases,
    cast(purchases.first_purchase_on as date) as first_purchase_on,
    cast(purchases.last_purchase_on as date) as last_purchase_on,
    cast(forecasts.expected_next_purchase_on as date) as expected_next_purchase_on,
    cast(forecasts.reason_1 as varchar) as reason_1,
    cast(forecasts.reason_2 as varchar) as reason_2,
    cast(forecasts.reason_3 as varchar) as reason_3,
    {{ as_of() }} as as_of
from ranked_losses
left join forecasts
    on ranked_losses.customer_id = forecasts.customer_id
left join purchases
    on ranked_losses.customer_id = purchases.customer_id
left join value_segments
    on ranked_losses.customer_id = value_segments.customer_id
where ranked_losses.risk_rank <= {{ most_customers }}
order by ranked_losses.risk_rank
