with

sampled_customers as (

    {{ backtested_customers() | indent(4) }}

),

customer_days as (

    {{ customer_days("sampled_customers") | indent(4) }}

),

forecast_days as (

    {% for quarter_end in quarter_ends_before_as_of() %}
        select cast('{{ quarter_end }}' as date) as forecast_on
        {% if not loop.last %}union all{% endif %}
    {% else %}
        select {{ as_of() }} as forecast_on
        where 1 = 0
    {% endfor %}

),

counted_purchases as (

    {{ counted_repeat_purchases("customer_days", "forecast_days") | indent(4) }}

),

later_days as (

    select
        customer_days.customer_id,
        customer_days.purchase_days,
        customer_days.spend,
        customer_days.refunded,
        forecast_days.forecast_on
    from customer_days
    inner join forecast_days
        on
            customer_days.ordered_on > forecast_days.forecast_on
            and {{ dbt.datediff("forecast_days.forecast_on", "customer_days.ordered_on", "day") }} <= {{ forecast_period_days() }}  -- noqa: LT05

),

summed_to_what_came as (

    select
        forecast_on,
        customer_id,
        sum(purchase_days) as actual_purchases,
        sum(coalesce(spend, 0) - refunded) as actual_revenue
    from later_days
    group by
        forecast_on,
        customer_id

),

states as (

    select
        known_on,
        customer_id,
        purchase_state
    from {{ ref("int_value_forecast_states") }}

),

joined_customers as (

    select
        counted_purchases.*,
        states.purchase_state,
        coalesce(what_came.actual_purchases, 0) as actual_purchases,
        greatest(coalesce(what_came.actual_revenue, 0), 0) as actual_revenue
    from counted_purchases
    left join summed_to_what_came as what_came
        on
            counted_purchases.customer_id = what_came.customer_id
            and counted_purchases.forecast_on = what_came.forecast_on
    left join states
        on
            counted_purchases.customer_id = states.customer_id
            and counted_purchases.forecast_on = states.known_on

)

select
    cast(forecast_on as date) as forecast_on,
    cast(customer_id as varchar) as customer_id,
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
    cast(days_in_window as integer) as days_in_window,
    cast(purchase_state as varchar) as purchase_state,
    cast(actual_purchases as bigint) as actual_purchases,
    cast(actual_revenue as decimal(38, 2)) as actual_revenue
from joined_customers
