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

-- Days from the day of the forecast: 0 and below is before, above is after.
dated_days as (

    select
        customer_days.customer_id,
        customer_days.purchase_days,
        forecast_days.forecast_on,
        coalesce(customer_days.spend, 0) - coalesce(customer_days.refunded, 0) as revenue,
        {{ dbt.datediff("forecast_days.forecast_on", "customer_days.ordered_on", "day") }} as days_since  -- noqa: LT05
    from customer_days
    cross join forecast_days

),

summed_days as (

    select
        forecast_on,
        customer_id,
        {% for days in forecast_horizons() %}
            {% for column, measure in {"purchase_days": "purchases", "revenue": "revenue"}.items() %}
                sum(
                    case when days_since between {{ 1 - days }} and 0 then {{ column }} else 0 end
                ) as {{ measure }}_{{ days }}_days,
                sum(
                    case when days_since between 1 and {{ days }} then {{ column }} else 0 end
                ) as actual_{{ measure }}_{{ days }}_days{% if not loop.last %},{% endif %}
            {% endfor %}{% if not loop.last %},{% endif %}
        {% endfor %}
    from dated_days
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
        {% for days in [180, 365] %}
            summed_days.purchases_{{ days }}_days,
            greatest(summed_days.revenue_{{ days }}_days, 0) as revenue_{{ days }}_days,
        {% endfor %}
        {% for days in forecast_horizons() %}
            -- Null where these days have not passed.
            case
                when {{ dbt.dateadd("day", days, "counted_purchases.forecast_on") }} <= {{ as_of() }}
                    then summed_days.actual_purchases_{{ days }}_days
            end as actual_purchases_{{ days }}_days,
            case
                when {{ dbt.dateadd("day", days, "counted_purchases.forecast_on") }} <= {{ as_of() }}
                    then greatest(summed_days.actual_revenue_{{ days }}_days, 0)
            end as actual_revenue_{{ days }}_days{% if not loop.last %},{% endif %}
        {% endfor %}
    from counted_purchases
    inner join summed_days
        on
            counted_purchases.customer_id = summed_days.customer_id
            and counted_purchases.forecast_on = summed_days.forecast_on
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
    {% for days in [180, 365] %}
        cast(purchases_{{ days }}_days as bigint) as purchases_{{ days }}_days,
        cast(revenue_{{ days }}_days as decimal(38, 2)) as revenue_{{ days }}_days,
    {% endfor %}
    {% for days in forecast_horizons() %}
        cast(actual_purchases_{{ days }}_days as bigint) as actual_purchases_{{ days }}_days,
        cast(actual_revenue_{{ days }}_days as decimal(38, 2)) as actual_revenue_{{ days }}_days
        {%- if not loop.last %},{% endif %}
    {% endfor %}
from joined_customers
