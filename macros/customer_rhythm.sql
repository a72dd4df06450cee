{#
  The rhythm of purchases: how many days a customer usually lets pass between two purchase days, and
  how the days since the last one compare with that.
#}

{# How many typical gaps of the shop count beside a customer's own gaps. #}
{% macro prior_gaps() -%}
    {{- return(2) -}}
{%- endmacro %}

{#
  The geometric mean of a customer's own gaps and of the typical ones beside them. To six digits after
  the point: as many as the nine of a logarithm make certain.
#}
{% macro usual_gap_days(log_gaps, gaps) -%}
    round(
            exp(
                (cast({{ log_gaps }} as double) + {{ prior_gaps() }} * averaged_means.typical_log_gap)
                / ({{ gaps }} + {{ prior_gaps() }})
            ),
            6
        )
{%- endmacro %}

{#
  Purchase days up to a day, counted for each customer who has one: purchase_days, tenure_days,
  recency_days, the number of gaps between purchase days, the sum of their logarithms, and the last gap
  with its logarithm. `day` is a SQL expression. Rows are those of int_purchase_days, which ends at
  as_of, unless a CTE with its columns is named: there the day may be a column too, the same in all
  rows of a customer.
#}
{% macro counted_purchase_days(day, purchase_days=none) -%}
select
    customer_id,
    count(*) as purchase_days,
    {{ dbt.datediff("min(purchased_on)", "max(" ~ day ~ ")" if purchase_days else day, "day") }} as tenure_days,  -- noqa: LT05
    {{ dbt.datediff("max(purchased_on)", "max(" ~ day ~ ")" if purchase_days else day, "day") }} as recency_days,  -- noqa: LT05
    count(log_gap) as gaps,
    coalesce(sum(log_gap), 0) as log_gaps,
    max_by(gap_days, purchased_on) as last_gap_days,
    max_by(log_gap, purchased_on) as last_log_gap
from {{ purchase_days or ref("int_purchase_days") }}
where purchased_on <= {{ day }}
group by customer_id
{%- endmacro %}

{#
  The rhythm of each row of `counted`, a CTE with the columns of counted_purchase_days. The typical gap
  is that of these rows, unless a CTE with one row, typical_log_gap, is named. Sums of
  logarithms are of decimals and so exact: the order in which threads finish does not matter.
#}
{% macro customer_rhythm(counted, typical_gap=none) -%}
with

{% if typical_gap -%}
averaged_means as (

    select typical_log_gap
    from {{ typical_gap }}

),
{%- else -%}
customer_means as (

    select cast(cast(log_gaps as double) / gaps as decimal(18, 9)) as mean_log_gap
    from {{ counted }}
    where gaps > 0

),

-- Customers count alike, however often they buy. Where nobody came back, a gap is a quarter of the
-- window.
averaged_means as (

    select
        case
            when count(*) > 0 then cast(sum(mean_log_gap) as double) / count(*)
            else ln({{ lrfm_window_days() }} / cast(4 as double))
        end as typical_log_gap
    from customer_means

),
{%- endif %}

measured_gaps as (

    select
        counted.*,
        averaged_means.typical_log_gap,
        {{ usual_gap_days("counted.log_gaps", "counted.gaps") }} as usual_gap_days,
        {{ usual_gap_days("counted.log_gaps - counted.last_log_gap", "counted.gaps - 1") }}
            as usual_gap_days_before
    from {{ counted }} as counted
    cross join averaged_means

)

select
    customer_id,
    purchase_days,
    tenure_days,
    typical_log_gap,
    usual_gap_days,
    recency_days / usual_gap_days as overdue_ratio,
    last_gap_days / usual_gap_days_before as last_return_ratio
from measured_gaps
{%- endmacro %}
