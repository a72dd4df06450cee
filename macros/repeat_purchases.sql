{#
  What models of lifetime value count of a customer as of a day. Several purchases of a day are one
  purchase day; the first one makes somebody a customer, the others are repeat purchases.
#}

{# The most days with which an accuracy is judged, newest first: three years of quarters. #}
{% macro most_backtests() -%}
    {{- return(12) -}}
{%- endmacro %}

{# The days that a forecast is judged by, and that paces of purchases and revenue are given for. #}
{% macro forecast_period_days() -%}
    {{- return(90) -}}
{%- endmacro %}

{# The days ahead that customers are forecast for, as python/segmentation/lifetime_value/options.py has them. #}
{% macro forecast_horizons() -%}
    {{- return([30, 90, 180, 365]) -}}
{%- endmacro %}

{# Customers of a back-test: those with the smallest hash of their id. #}
{% macro most_backtested_customers() -%}
    {{- return(50000) -}}
{%- endmacro %}

{# The ids of these customers, from all who bought up to as_of. #}
{% macro backtested_customers() -%}
with

bought_customers as (

    -- The row of the first purchase day: there is one of each customer.
    select customer_id
    from {{ ref("int_purchase_days") }}
    where gap_days is null

)

select customer_id
from bought_customers
order by
    md5(customer_id) asc,
    customer_id asc
limit {{ most_backtested_customers() }}
{%- endmacro %}

{#
  The ends of quarters that lie a forecast period or more before as_of, newest first, as Python dates:
  a forecast of each of them can be compared with its outcome.
#}
{% macro quarter_ends_before_as_of() -%}
    {%- set last = as_of_day() - modules.datetime.timedelta(days=forecast_period_days()) -%}
    {%- set found = [] -%}
    {%- for years_ago in range(most_backtests() // 4 + 2) -%}
        {%- for month, day in [(12, 31), (9, 30), (6, 30), (3, 31)] -%}
            {%- set quarter_end = modules.datetime.date(last.year - years_ago, month, day) -%}
            {%- if quarter_end <= last and found | length < most_backtests() -%}
                {%- do found.append(quarter_end) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}

{#
  The days on which each customer bought, and what each order brought or took back: sums of these rows
  are those of a customer. `customers` is a CTE of ids to which it is limited; all of them unless it is
  named.
#}
{% macro customer_days(customers=none) -%}
with

purchase_days as (

    select
        customer_id,
        purchased_on,
        gap_days,
        is_spend_known
    from {{ ref("int_purchase_days") }}
    {%- if customers %}
    where customer_id in (select customer_id from {{ customers }})
    {%- endif %}

),

first_days as (

    select
        customer_id,
        purchased_on as first_purchase_on
    from {{ ref("int_purchase_days") }}
    where gap_days is null

),

orders as (

    select
        customer_id,
        cast(ordered_at as date) as ordered_on,
        revenue
    from {{ ref("int_checked_orders") }}
    where
        rejected_because is null
        and cast(ordered_at as date) <= {{ as_of() }}
        {%- if customers %}
            and customer_id in (select customer_id from {{ customers }})
        {%- endif %}

)

select
    customer_id,
    purchased_on as ordered_on,
    1 as purchase_days,
    case when gap_days is not null and is_spend_known then 1 else 0 end as repeat_days_of_known_spend,
    cast(null as decimal(18, 2)) as spend,
    cast(null as decimal(18, 2)) as repeat_spend,
    cast(null as decimal(18, 2)) as refunded
from purchase_days

union all

-- Who only gave things back has no first day.
select
    orders.customer_id,
    orders.ordered_on,
    0 as purchase_days,
    0 as repeat_days_of_known_spend,
    case when orders.revenue >= 0 then orders.revenue end as spend,
    case
        when orders.revenue >= 0 and orders.ordered_on > first_days.first_purchase_on
            then orders.revenue
    end as repeat_spend,
    case when orders.revenue < 0 then -orders.revenue end as refunded
from orders
inner join first_days
    on orders.customer_id = first_days.customer_id
{%- endmacro %}

{#
  Of customers with a purchase up to each day of `forecast_days`, a CTE with the column forecast_on:
  what they bought until then. `days` is a CTE made by customer_days.

  Refunds count against all purchases of a customer alike: spends are lowered by the share of the spend
  that was given back up to the day. Paces are of a forecast period; refunds count on their day there.
#}
{% macro counted_repeat_purchases(days, forecast_days) -%}
with

days_so_far as (

    select
        days.*,
        forecast_days.forecast_on,
        coalesce(days.spend, 0) - coalesce(days.refunded, 0) as revenue,
        {{ dbt.datediff("days.ordered_on", "forecast_days.forecast_on", "day") }} as days_ago  -- noqa: LT05
    from {{ days }} as days
    inner join {{ forecast_days }} as forecast_days
        on days.ordered_on <= forecast_days.forecast_on

),

summed_customers as (

    select
        forecast_on,
        customer_id,
        min(case when purchase_days = 1 then ordered_on end) as first_purchase_on,
        max(case when purchase_days = 1 then ordered_on end) as last_purchase_on,
        sum(purchase_days) - 1 as repeat_purchases,
        sum(spend) as spend,
        sum(refunded) as refunded,
        sum(repeat_spend) as repeat_spend,
        sum(repeat_days_of_known_spend) as repeat_days_of_known_spend,
        sum(case when days_ago < 30 then purchase_days else 0 end) as purchases_30_days,
        sum(case when days_ago < 90 then purchase_days else 0 end) as purchases_90_days,
        sum(
            case when days_ago < {{ lrfm_window_days() }} then purchase_days else 0 end
        ) as purchases_in_window,
        sum(case when days_ago < 30 then revenue else 0 end) as revenue_30_days,
        sum(case when days_ago < 90 then revenue else 0 end) as revenue_90_days,
        sum(
            case when days_ago < {{ lrfm_window_days() }} then revenue else 0 end
        ) as revenue_in_window
    from days_so_far
    group by
        forecast_on,
        customer_id
    -- A refund before the first purchase makes nobody a customer.
    having max(purchase_days) = 1

),

dated_customers as (

    select
        *,
        {{ dbt.datediff("first_purchase_on", "forecast_on", "day") }} as age_days,  -- noqa: LT05
        {{ dbt.datediff("first_purchase_on", "last_purchase_on", "day") }} as last_repeat_days  -- noqa: LT05
    from summed_customers

)

select
    forecast_on,
    customer_id,
    first_purchase_on,
    last_purchase_on,
    repeat_purchases,
    last_repeat_days,
    age_days,
    case
        when repeat_days_of_known_spend > 0
            then
                cast(repeat_spend as double) / repeat_days_of_known_spend
                * greatest(1 - coalesce(cast(refunded as double) / nullif(cast(spend as double), 0), 0), 0)
    end as mean_repeat_spend,
    purchases_30_days,
    purchases_90_days,
    purchases_in_window,
    greatest(revenue_30_days, 0) as revenue_30_days,
    greatest(revenue_90_days, 0) as revenue_90_days,
    greatest(revenue_in_window, 0) as revenue_in_window,
    -- A newer customer's purchases are of fewer days than the window, but of a period at least.
    least(
        greatest(age_days + 1, {{ forecast_period_days() }}), {{ lrfm_window_days() }}
    ) as days_in_window
from dated_customers
{%- endmacro %}
