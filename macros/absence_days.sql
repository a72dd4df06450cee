{# How long a customer stays away, in days: see docs/columns. #}
{% macro absence_days(recency_days, usual_gap_days) -%}
    case
        when {{ recency_days }} < 2 * {{ usual_gap_days }} then 2 * {{ usual_gap_days }}
        else {{ recency_days }}
    end
{%- endmacro %}
