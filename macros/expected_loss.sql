{#
  What customers are expected to spend less in the next forecast period than they did so far, by their
  rhythm: their run rate times the share of it that customers like them lost in the period before. It is
  used where forecasts of lifetime value are not good enough to rank customers. A day is named by the days
  from it to as_of, so that a forecast can be made as of an earlier day and be compared with its outcome.
#}

{# With fewer customers to learn from, each is expected to lose half of the run rate. #}
{% macro fewest_customers_to_learn_from() -%}
    {{- return(100) -}}
{%- endmacro %}

{# How many customers of average run rate, who lost the overall share, stand beside those of a cell. #}
{% macro prior_customers() -%}
    {{- return(5) -}}
{%- endmacro %}

{#
  Customers with a purchase up to the day: purchase days, what a period brings at the pace of the
  window, and the cell of lateness and purchase days that they are in. Activity given ready made has
  no part in it.
#}
{% macro run_rates(days_ago) -%}
{%- set day = days_before_as_of(days_ago) -%}
with

counted_days as (

    {{ counted_purchase_days(day) | indent(4) }}

),

rhythm as (

    {{ customer_rhythm("counted_days") | indent(4) }}

),

-- How late nine in ten returns were at most; 4 where nobody came back.
measured_returns as (

    select
        coalesce(
            percentile_cont(0.9) within group (order by last_return_ratio asc),
            4
        ) as late_ratio
    from rhythm

),

spent_in_window as (

    select
        customer_id,
        sum(revenue) as monetary
    from {{ ref("int_checked_orders") }}
    where
        rejected_because is null
        and cast(ordered_at as date) >= {{ days_before_as_of(days_ago + lrfm_window_days() - 1) }}
        and cast(ordered_at as date) <= {{ day }}
    group by customer_id

),

joined_spend as (

    select
        rhythm.customer_id,
        rhythm.purchase_days,
        rhythm.overdue_ratio / measured_returns.late_ratio as lateness,
        greatest(coalesce(spent_in_window.monetary, 0), 0) as monetary,
        -- A newer customer's spend is of fewer days than the window, but of a period at least.
        least(
            greatest(rhythm.tenure_days, {{ forecast_period_days() }}), {{ lrfm_window_days() }}
        ) as days_of_spend
    from rhythm
    cross join measured_returns
    left join spent_in_window
        on rhythm.customer_id = spent_in_window.customer_id

)

select
    customer_id,
    cast(monetary * {{ forecast_period_days() }} / days_of_spend as decimal(38, 6)) as run_rate,
    case
        when lateness < 0.15 then 0
        when lateness < 0.3 then 1
        when lateness < 0.6 then 2
        when lateness < 1 then 3
        when lateness < 2 then 4
        else 5
    end as lateness_band,
    case
        when purchase_days < 2 then 0
        when purchase_days < 4 then 1
        when purchase_days < 8 then 2
        else 3
    end as days_band
from joined_spend
{%- endmacro %}

{#
  Of each row of `rates`, a CTE made by run_rates of the same day, what the customer lost in the period
  after it: the run rate less what was spent, where that was less than half of it.
#}
{% macro actual_losses(rates, days_ago) -%}
with

spent_after as (

    select
        customer_id,
        greatest(sum(revenue), 0) as revenue
    from {{ ref("int_checked_orders") }}
    where
        rejected_because is null
        and cast(ordered_at as date) > {{ days_before_as_of(days_ago) }}
        and cast(ordered_at as date) <= {{ days_before_as_of(days_ago - forecast_period_days()) }}
    group by customer_id

),

compared_spend as (

    select
        rates.*,
        cast(coalesce(spent_after.revenue, 0) as decimal(38, 6)) as spend_after
    from {{ rates }} as rates
    left join spent_after
        on rates.customer_id = spent_after.customer_id

)

select
    customer_id,
    run_rate,
    lateness_band,
    days_band,
    case when 2 * spend_after < run_rate then run_rate - spend_after else 0 end as lost
from compared_spend
{%- endmacro %}

{#
  The expected loss of each customer with a purchase up to the day, learned from what customers lost in
  the period that ended on it.
#}
{% macro expected_losses(days_ago) -%}
{%- set learned_days_ago = days_ago + forecast_period_days() -%}
with

rates as (

    {{ run_rates(days_ago) | indent(4) }}

),

earlier_rates as (

    {{ run_rates(learned_days_ago) | indent(4) }}

),

earlier_losses as (

    {{ actual_losses("earlier_rates", learned_days_ago) | indent(4) }}

),

-- Run rates and losses are decimals: their sums are exact.
summed_to_all as (

    select
        count(*) as customers,
        cast(sum(run_rate) as double) / count(*) as mean_run_rate,
        cast(sum(lost) as double) / nullif(cast(sum(run_rate) as double), 0) as loss_share
    from earlier_losses

),

summed_to_cells as (

    select
        lateness_band,
        days_band,
        cast(sum(run_rate) as double) as run_rate,
        cast(sum(lost) as double) as lost
    from earlier_losses
    group by
        lateness_band,
        days_band

),

-- A small cell is drawn towards the share that all customers lost.
shared_losses as (

    select
        cells.lateness_band,
        cells.days_band,
        (cells.lost + {{ prior_customers() }} * everyone.mean_run_rate * everyone.loss_share)
        / (cells.run_rate + {{ prior_customers() }} * everyone.mean_run_rate) as loss_share
    from summed_to_cells as cells
    cross join summed_to_all as everyone

),

joined_shares as (

    select
        rates.customer_id,
        rates.run_rate,
        rates.lateness_band,
        rates.days_band,
        everyone.customers as learned_from_customers,
        case
            when everyone.customers < {{ fewest_customers_to_learn_from() }} then 0.5
            else coalesce(cells.loss_share, everyone.loss_share, 0.5)
        end as loss_share
    from rates
    cross join summed_to_all as everyone
    left join shared_losses as cells
        on
            rates.lateness_band = cells.lateness_band
            and rates.days_band = cells.days_band

)

select
    customer_id,
    run_rate,
    lateness_band,
    days_band,
    learned_from_customers,
    cast(loss_share as double) as loss_share,
    cast(cast(run_rate as double) * loss_share as decimal(38, 2)) as expected_loss
from joined_shares
{%- endmacro %}
