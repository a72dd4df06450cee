{# The columns of dim_customers that have a distribution and correlations worth looking at. #}
{% macro correlated_numbers() -%}
    {{- return([
        "length_days",
        "recency_days",
        "frequency",
        "monetary",
        "discount_share",
        "campaigns_received",
        "responses",
        "prior_responses",
        "visits",
        "conversion_rate",
        "age",
        "income",
        "household_size",
        "children",
        "work_experience_years",
    ]) -}}
{%- endmacro %}

{#
  A statistic that no exact sum gives (a correlation, a standard deviation), at six significant
  digits: what is left of it does not depend on the order in which threads finish. Not a number
  becomes null.
#}
{% macro six_digits(expression) -%}
    {{- return(adapter.dispatch("six_digits", "segmentation")(expression)) -}}
{%- endmacro %}

{% macro default__six_digits(expression) -%}
    case when not isnan({{ expression }}) then cast(format_string('%.5e', {{ expression }}) as double) end
{%- endmacro %}

{% macro duckdb__six_digits(expression) -%}
    case when isfinite({{ expression }}) then cast(format('{:.5e}', {{ expression }}) as double) end
{%- endmacro %}
