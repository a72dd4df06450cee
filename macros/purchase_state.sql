{# Where a customer stands in the own rhythm of purchases. #}

{#
  The first that is true; a comparison with what is not known is not. The arguments are CTEs or tables
  with the columns of int_customer_lrfm and int_customer_rhythm, and of late_returns.
#}
{% macro purchase_state(lrfm, rhythm, late_returns) -%}
case
    when {{ lrfm }}.customer_id is null then null
    when {{ lrfm }}.frequency = 0 then 'lost'
    when {{ rhythm }}.tenure_days < 30 then 'new'
    when
        {{ rhythm }}.purchase_days = 1
        and {{ rhythm }}.overdue_ratio <= 2
        and {{ lrfm }}.recency_days <= 90
        then 'first purchase'
    when {{ rhythm }}.purchase_days = 1 then 'one purchase'
    when {{ rhythm }}.overdue_ratio > {{ late_returns }}.late_ratio then 'late'
    when {{ rhythm }}.overdue_ratio > 2 then 'overdue'
    when {{ rhythm }}.overdue_ratio is not null then 'on time'
end
{%- endmacro %}

{# Nine in ten customers who came back were at most so late. Four gaps where nobody came back. #}
{% macro late_returns(rhythm) -%}
select coalesce(percentile_cont(0.9) within group (order by last_return_ratio), 4) as late_ratio
from {{ rhythm }}
{%- endmacro %}

{#
  The purchase state of each customer of `days`, a CTE with the columns of int_purchase_days, on a
  day, a SQL expression. Later days count neither for the customer nor for the thresholds of the
  shop.
#}
{% macro purchase_states_on(day, days) -%}
with

days_so_far as (

    {{ counted_purchase_days(day, days) | indent(4) }}

),

rhythm as (

    {{ customer_rhythm("days_so_far") | indent(4) }}

),

measured_returns as (

    {{ late_returns("rhythm") | indent(4) }}

),

lrfm as (

    select
        customer_id,
        recency_days,
        -- A state only depends on whether the window has a purchase.
        case when recency_days < {{ lrfm_window_days() }} then 1 else 0 end as frequency
    from days_so_far

)

select
    {{ day }} as known_on,
    lrfm.customer_id,
    {{ purchase_state("lrfm", "rhythm", "measured_returns") | indent(4) }} as purchase_state
from lrfm
inner join rhythm
    on lrfm.customer_id = rhythm.customer_id
cross join measured_returns
{%- endmacro %}
