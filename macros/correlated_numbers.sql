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
